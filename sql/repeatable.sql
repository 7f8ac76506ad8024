-- What `datastore-db migrate` applies on every run: it replaces itself.
\ir jsonschema/install.sql
\ir functions/errors.sql
\ir functions/object.sql
\ir functions/acting.sql
\ir functions/documents.sql
\ir functions/audit_trail.sql
\ir views/picture_document.sql
\ir views/picture_set_document.sql
\ir functions/seed.sql
\ir functions/history.sql
\ir functions/user.sql
\ir functions/picture_set.sql
\ir functions/picture.sql
\ir functions/storage.sql
