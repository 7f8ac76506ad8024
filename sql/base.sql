-- What the first migration makes: what constraints call, and the tables.
\ir jsonschema/install.sql
\ir tables/install.sql
