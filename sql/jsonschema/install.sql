create schema if not exists jsonschema;
create or replace function jsonschema.errors(schema jsonb, instance jsonb) returns table(instance_path text, keyword text, message text)
language sql immutable as $$ select ''::text, 'type'::text, 'not an object'::text where jsonb_typeof(instance) <> 'object' $$;
