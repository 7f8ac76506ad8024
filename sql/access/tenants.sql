-- What holds for each table that belongs to a container, where the files of its subject declare nothing else: who sees
-- and changes its rows, and that the history tells of them. And the roles that see all rows of a table with policies.

do $$
declare
  seen text := datastore.policy_condition('seen');
  changed text := datastore.policy_condition('changed');
  tenant_table regclass;
begin
  for tenant_table in
    select attribute.attrelid
    from pg_catalog.pg_attribute as attribute
    join pg_catalog.pg_class on pg_class.oid = attribute.attrelid and pg_class.relkind in ('r', 'p')
    where attribute.attname = 'container_id' and not attribute.attisdropped
      and pg_class.relnamespace = 'datastore'::regnamespace
    union
    select polrelid from pg_catalog.pg_policy join pg_catalog.pg_class on pg_class.oid = polrelid
    where pg_class.relnamespace = 'datastore'::regnamespace
  loop
    if not exists (
      select from pg_catalog.pg_policy where polrelid = tenant_table and polname in ('app_reads', 'app_changes')) then
      perform datastore.make_policy(tenant_table, 'app_reads', 'select', 'app', seen, null);
      perform datastore.make_policy(tenant_table, 'app_inserts', 'insert', 'app', null, changed);
      perform datastore.make_policy(tenant_table, 'app_updates', 'update', 'app', changed, changed);
    end if;
    perform datastore.make_policy(tenant_table, 'worker_changes', 'all', 'worker', 'true', 'true');
    perform datastore.make_policy(tenant_table, 'reader_reads', 'select', 'reader', 'true', null);
  end loop;

  for tenant_table in select unaudited_tables from datastore.unaudited_tables() loop
    perform datastore.audit_table(tenant_table);
  end loop;
end
$$;
