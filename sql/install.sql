-- The database as it is today, for an empty database: psql -v ON_ERROR_STOP=1 -f sql/install.sql
-- A database that lives is brought here by migrations/, through `datastore-db migrate`.
\set ON_ERROR_STOP on
begin;
\ir base.sql
\ir repeatable.sql
commit;
