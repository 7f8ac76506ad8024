-- Everything here belongs to the owner role, not to the installer: functions that run as their owner then run as a role
-- that can do nothing but this, and any member of it can migrate.

do $$
declare
  owner_role name := datastore.role_name('owner');
  statement text;
begin
  if datastore.may_become(owner_role) is not true then
    return;  -- sql/access/roles.sql said so
  end if;
  for statement in
    select format('alter schema %I owner to %I', nspname, owner_role)
    from pg_catalog.pg_namespace where nspname in ('datastore', 'jsonschema')
      and pg_get_userbyid(nspowner) <> owner_role
    union all
    select format('alter %s %s owner to %I', case relkind when 'v' then 'view' else 'table' end,
      pg_class.oid::regclass, owner_role)
    from pg_catalog.pg_class
    where relnamespace in (select oid from pg_catalog.pg_namespace where nspname in ('datastore', 'jsonschema'))
      and relkind in ('r', 'p', 'v') and pg_get_userbyid(relowner) <> owner_role
    union all
    select format('alter routine %s owner to %I', pg_proc.oid::regprocedure, owner_role)
    from pg_catalog.pg_proc
    where pronamespace in (select oid from pg_catalog.pg_namespace where nspname in ('datastore', 'jsonschema'))
      and pg_get_userbyid(proowner) <> owner_role
    union all
    select format('alter type %s owner to %I', pg_type.oid::regtype, owner_role)
    from pg_catalog.pg_type left join pg_catalog.pg_class on pg_class.oid = typrelid
    where (pg_class.relkind = 'c' or typtype = 'e')
      and typnamespace in (select oid from pg_catalog.pg_namespace where nspname in ('datastore', 'jsonschema'))
      and pg_get_userbyid(typowner) <> owner_role
  loop
    execute statement;
  end loop;
end
$$;
