-- What an earlier version may have left: "create or replace" changes neither the arguments of a function nor a type,
-- and would leave the old one beside the new one. What is public stays. Nothing outside depends on what is internal:
-- compiled functions call only what has a version in its name (_is_email_1), and that stays for as long as the schema
-- does.
do $$
declare
  internal record;
begin
  for internal in
    select 1 as turn, 'function' as kind, oid::regprocedure::text as name
    from pg_catalog.pg_proc
    where pronamespace = 'jsonschema'::regnamespace and starts_with(proname, '_') and proname !~ '_[0-9]+$'
    union all
    select 2, 'type', oid::regtype::text
    from pg_catalog.pg_type
    where typnamespace = 'jsonschema'::regnamespace and starts_with(typname, '_') and typtype = 'c'
    order by turn
  loop
    execute format('drop %s %s', internal.kind, internal.name);
  end loop;
end
$$;
