-- The id of this database. Its containers in storage carry its id, and a copy of it must not touch them.

create or replace function datastore.own_instance() returns uuid
language plpgsql volatile as $$
declare
  here_oid oid := (select pg_database.oid from pg_catalog.pg_database
    where pg_database.datname = pg_catalog.current_database());
  here_server bigint;
  found_id uuid;
begin
  if pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'execute') then
    here_server := (select control.system_identifier from pg_catalog.pg_control_system() as control);
  end if;
  select instance.instance_id into found_id
  from datastore.instance
  -- A role that may not read the server's id believes the row.
  where instance.database_oid = here_oid and (instance.system_identifier = here_server) is not false;
  if not found then
    -- It was never asked before, or the row came here with a dump.
    insert into datastore.instance as known (system_identifier, database_oid) values (here_server, here_oid)
    on conflict (is_the_only_one) do update
    set instance_id = excluded.instance_id, copied_from = known.instance_id, created_at = now(),
        system_identifier = excluded.system_identifier, database_oid = excluded.database_oid
    where known.database_oid <> excluded.database_oid
      or (known.system_identifier = excluded.system_identifier) is false;
    select instance.instance_id into found_id from datastore.instance;
  end if;
  return found_id;
end
$$;
comment on function datastore.own_instance() is
'The id of this database, which its containers in storage carry. A database that was restored from a dump, or
copied as a template, sees that it is not where its row was written, and gets a new one. Raises nothing.';

create or replace function datastore.new_instance() returns uuid
language plpgsql volatile as $$
declare
  was uuid := datastore.own_instance();
begin
  update datastore.instance set instance_id = gen_random_uuid(), copied_from = was, created_at = now();
  return (select instance.instance_id from datastore.instance);
end
$$;
comment on function datastore.new_instance() is
'Makes this database another instance: for a copy that cannot see that it is one, such as a server that was
restored from a snapshot. It touches no container in storage until it takes it over. Raises nothing.';
