-- What the first migration makes: what constraints call, and the tables.
\ir jsonschema/install.sql
\ir installation/schema.sql
\ir people/acting_user.sql
\ir documents/install.sql
\ir access/levels.sql
\ir people/tables.sql
\ir storage/tables.sql
\ir access/tables.sql
\ir seeds/tables.sql
\ir pictures/tables.sql
\ir pipelines/tables.sql
\ir inferences/tables.sql
\ir evaluation/tables.sql
\ir installation/tables.sql
