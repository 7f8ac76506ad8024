-- What sql/access/privileges.sql declares is granted, and everything else is revoked; only what differs is touched.

create or replace function datastore.kind_functions() returns table (function regprocedure)
language sql stable set search_path = pg_catalog, pg_temp
begin atomic
  select pg_proc.oid::regprocedure
  from pg_catalog.pg_proc
  where pg_proc.pronamespace = to_regnamespace('datastore') and not pg_proc.prosecdef
    and pg_proc.prorettype <> 'pg_catalog.trigger'::regtype and exists (
      select from datastore.document_schema as known
      where pg_proc.proname in (known.kind || '_rules', known.kind || '_misspellings', known.kind || '_system_keys')
         or pg_proc.proname = known.kind || '_v' || known.version
         or starts_with(pg_proc.proname, known.kind || '_v' || known.version || '_'));
end;
comment on function datastore.kind_functions() is
  'The functions that every kind of document has: its compiled checks, its rules, and what says which keys are '
  'spelled otherwise or filled by the datastore.';

create or replace function datastore.wanted_privileges()
returns table (role text, privilege text, kind text, object text, reason text)
language sql stable set search_path = pg_catalog, pg_temp
begin atomic
  with named as (
    select role.part, declared.privilege, declared.reason, item.text
    from datastore.declared_privileges() as declared
    cross join lateral string_to_table(declared.roles, ' ') as role(part)
    -- Names stand apart by spaces; a list of columns belongs to the table before it.
    cross join lateral (
      select match[1] as text from regexp_matches(declared.objects, '(schema \w+|\w+\([^)]*\)|\w+)', 'g') as match
    ) as item
  )
  select datastore.role_name(named.part), named.privilege, 'schema', substr(named.text, 8), named.reason
  from named where named.privilege = 'usage'
  union all
  select datastore.role_name(named.part), named.privilege, 'function', pg_proc.oid::regprocedure::text, named.reason
  from named
  left join pg_catalog.pg_proc on pg_proc.proname = named.text and pg_proc.pronamespace = to_regnamespace('datastore')
    and pg_proc.prorettype <> 'pg_catalog.trigger'::regtype
  where named.privilege = 'execute'
  union all
  select datastore.role_name(part), 'execute', 'function', known.function::text,
         'constraints call the checks of a kind of document, and whoever hands one on may ask what is wrong with it'
  from unnest(array['app', 'worker', 'reader']) as part
  cross join datastore.kind_functions() as known
  union all
  select datastore.role_name(named.part), named.privilege, 'table', 'datastore.' || named.text, named.reason
  from named where named.privilege not in ('usage', 'execute') and named.text not like '%(%'
  union all
  select datastore.role_name(named.part), named.privilege, 'column',
         'datastore.' || split_part(named.text, '(', 1) || '.' || btrim(listed.name, E' \n)'), named.reason
  from named
  cross join lateral string_to_table(split_part(named.text, '(', 2), ',') as listed(name)
  where named.text like '%(%';
end;
comment on function datastore.wanted_privileges() is
  'datastore.declared_privileges() with the names of the database roles, one row for each object. kind: schema, '
  'function, table or column.';

create or replace function datastore.granted_privileges()
returns table (role text, privilege text, kind text, object text)
language sql stable set search_path = pg_catalog, pg_temp
begin atomic
  with granted as (
    select 'schema' as kind, nspname::text as object, acl.grantee, acl.privilege_type
    from pg_catalog.pg_namespace
    cross join lateral aclexplode(coalesce(nspacl, acldefault('n', nspowner))) as acl
    where nspname in ('datastore', 'jsonschema') and acl.grantee <> nspowner
    union all
    select 'function', pg_proc.oid::regprocedure::text, acl.grantee, acl.privilege_type
    from pg_catalog.pg_proc
    cross join lateral aclexplode(coalesce(proacl, acldefault('f', proowner))) as acl
    where pronamespace = to_regnamespace('datastore') and acl.grantee <> proowner
    union all
    select 'table', pg_class.oid::regclass::text, acl.grantee, acl.privilege_type
    from pg_catalog.pg_class
    cross join lateral aclexplode(coalesce(relacl,
        acldefault(case relkind when 'S' then 's' else 'r' end::"char", relowner))) as acl
    where relnamespace = to_regnamespace('datastore') and relkind in ('r', 'p', 'v', 'm', 'S', 'f')
      and acl.grantee <> relowner
    union all
    select 'column', attrelid::regclass::text || '.' || attname, acl.grantee, acl.privilege_type
    from pg_catalog.pg_attribute
    join pg_catalog.pg_class on pg_class.oid = attrelid and relnamespace = to_regnamespace('datastore')
    cross join lateral aclexplode(attacl) as acl
    where acl.grantee <> relowner
  )
  select case granted.grantee when 0 then 'public' else pg_get_userbyid(granted.grantee)::text end,
         lower(granted.privilege_type), granted.kind, granted.object
  from granted;
end;
comment on function datastore.granted_privileges() is
  'What roles other than the owner may use in the schema datastore, from the catalogue. Types are not in it: '
  'PostgreSQL lets everybody name one.';

create or replace function datastore.privilege_differences()
returns table (statement text, problem text)
language sql stable set search_path = pg_catalog, pg_temp
begin atomic
  with wanted as (
    select wanted.role, wanted.privilege, wanted.kind, wanted.object from datastore.wanted_privileges() as wanted
  ), difference as (
    (select 'grant' as verb, missing.*
      from (select * from wanted except select * from datastore.granted_privileges()) as missing)
    union all
    (select 'revoke', excess.* from (select * from datastore.granted_privileges() except select * from wanted) as excess
     -- What another role was given by hand, such as a monitor of the server, is its owner's business.
     where excess.role in ('public', datastore.role_name('app'), datastore.role_name('worker'),
       datastore.role_name('reader'))
       and not (excess.kind = 'schema' and excess.object = 'jsonschema' and excess.role = 'public'))
  )
  select format('%s %s %s %s %s %s', difference.verb, difference.privilege || case difference.kind when 'column'
                  then format(' (%I)', split_part(difference.object, '.', 3)) else '' end,
                'on', case difference.kind when 'column' then 'table' else difference.kind end,
                case difference.kind when 'column' then split_part(difference.object, '.', 1)
                  || '.' || split_part(difference.object, '.', 2)
                  else difference.object end,
                case difference.verb when 'grant' then 'to ' else 'from ' end
                  || case difference.role when 'public' then 'public' else quote_ident(difference.role) end),
         format('%s on %s: %s %s', difference.privilege, difference.object,
                case difference.verb when 'grant' then 'declared, and not granted to'
                  else 'not declared, and granted to' end, difference.role)
  from difference
  order by difference.verb desc, difference.object, difference.role;
end;
comment on function datastore.privilege_differences() is
  'How the privileges of the roles differ from what is declared, and the statements that mend it. No row where '
  'nothing differs.';

do $$
declare
  statement text;
  undeclared text;
begin
  if not (datastore.role_is_there('app') and datastore.role_is_there('worker')
    and datastore.role_is_there('reader')) then
    return;  -- sql/access/roles.sql said so
  end if;
  select string_agg(wanted.privilege || ' for ' || wanted.reason, '; ') into undeclared
  from datastore.wanted_privileges() as wanted where wanted.object is null;
  if undeclared is not null then
    raise exception 'sql/access/privileges.sql names a function that does not exist: %', undeclared;
  end if;
  for statement in select difference.statement from datastore.privilege_differences() as difference loop
    execute statement;
  end loop;
  -- A temporary table of the caller's own is the place for casts, triggers and operators of their own.
  if (select pg_has_role(datdba, 'usage') from pg_catalog.pg_database where datname = current_database())
     and has_database_privilege('public', current_database(), 'temporary') then
    execute format('revoke temporary on database %I from public', current_database());
  end if;
end
$$;
