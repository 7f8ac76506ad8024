-- JSON Schema, draft 2020-12, in plain SQL: check a document, explain what is wrong with it, compile the check.
--
--     psql -f sql/jsonschema/install.sql
--
-- works in an empty database, from any directory, as any role that may create a schema; running it again brings the
-- functions up to date. Names that begin with an underscore are for the functions of this schema only.

\set ON_ERROR_STOP on
set client_min_messages = warning;

create schema if not exists jsonschema;

comment on schema jsonschema is
  'JSON Schema draft 2020-12: is_valid, errors and compile. Names beginning with an underscore are internal.';

-- a check constraint runs as whoever writes, so everybody must be able to call what it calls
grant usage on schema jsonschema to public;

\ir clean.sql
\ir keywords.sql
\ir text.sql
\ir uri.sql
\ir unicode.sql
\ir pattern_classes.sql
\ir pattern_parts.sql
\ir pattern.sql
\ir formats.v1.sql
\ir formats.sql
\ir program.sql
\ir assertions.sql
\ir findings.sql
\ir applicators.sql
\ir errors.sql
\ir code.sql
\ir checks.sql
\ir expression.sql
\ir statements.sql
\ir compile.sql

reset client_min_messages;
