-- What is installed, compared with what a release brings: `datastore-db migrate` replaces what differs, and nothing
-- else. Read from the catalogue as it is stored: no definition is printed, because that would lock the tables that it
-- names.

create or replace function datastore.catalogue_objects() returns table (kind text, name text, digest text)
language sql stable set search_path = pg_catalog, pg_temp
begin atomic
  with ours as (
    select oid, nspname from pg_namespace where nspname in ('datastore', 'jsonschema')
  ),
  routine as (
    select pg_proc.oid::regprocedure::text as name, description, pg_proc.*
    from pg_proc
    join ours on ours.oid = pronamespace
    left join pg_description on objoid = pg_proc.oid and classoid = 'pg_proc'::regclass
  ),
  relation as (
    select pg_class.oid::regclass::text as name, pg_class.* from pg_class join ours on ours.oid = relnamespace
    where relkind in ('r', 'p', 'v', 'S')
  )
  select 'function', routine.name,
         md5(concat_ws('|', prolang, prorettype, proretset, proargnames, proargmodes, proargdefaults,
             prosecdef, proleakproof, proisstrict,
                       provolatile, proparallel, procost, prorows, proconfig, prosrc, prosqlbody,
                       proowner::regrole, description))
  from routine
  union all
  select 'view', relation.name,
         md5(concat_ws('|', ev_action, relation.reloptions, relowner::regrole,
             obj_description(relation.oid, 'pg_class')))
  from relation join pg_rewrite on ev_class = relation.oid
  where relkind = 'v'
  union all
  select 'trigger', tgname || ' on ' || relation.name,
         md5(concat_ws('|', tgfoid::regproc, tgtype, tgenabled, tgattr, encode(tgargs, 'hex'),
             tgqual, tgoldtable, tgnewtable, tgconstraint))
  from pg_trigger join relation on relation.oid = tgrelid
  where not tgisinternal
  union all
  select 'policy', polname || ' on ' || relation.name,
         md5(concat_ws('|', polcmd, polpermissive, polroles::regrole[], polqual, polwithcheck))
  from pg_policy join relation on relation.oid = polrelid
  union all
  select 'privileges', relation.name,
         md5(concat_ws('|', relacl, relowner::regrole, relrowsecurity, relforcerowsecurity,
                       (select string_agg(attname || ' ' || attacl::text, ' ' order by attnum) from pg_attribute
                        where attrelid = relation.oid and attacl is not null)))
  from relation
  union all
  select 'privileges', routine.name, md5(concat_ws('|', proacl, proowner::regrole)) from routine
  union all
  select 'privileges', 'schema ' || nspname, md5(concat_ws('|', pg_namespace.nspacl, pg_namespace.nspowner::regrole))
  from pg_namespace join ours using (oid, nspname)
  union all
  -- A role that is made later, or handed to the migrating login, is one to grant things to.
  select 'roles', 'datastore',
         md5(concat_ws('|', prefix, (select string_agg(rolname, ' ' order by rolname) from pg_roles
                                     where rolname in (prefix || '_owner', prefix || '_worker',
                                       prefix || '_app', prefix || '_reader')),
                       case when datastore.may_become((prefix || '_owner')::name)
                              and exists (select from pg_namespace join ours using (oid)
                                where nspowner::regrole::text <> quote_ident(prefix || '_owner'))
                            then 'to be handed over' end))
  from (select coalesce(nullif(current_setting('datastore.role_prefix', true), ''),
      datastore.role_prefix()) as prefix) as names;
end;
comment on function datastore.catalogue_objects() is
  'The functions, views, triggers, policies and privileges that there are, and which roles, each with an MD5 of '
  'what the catalogue says of it. It locks no table.';

create or replace function datastore.due_parts(parts jsonb) returns table (part text, reason text)
language sql stable set search_path = pg_catalog, pg_temp
begin atomic
  with release as (
    select given.part, given.digest, given.place
    from rows from (jsonb_to_recordset(parts) as (part text, digest text)) with ordinality as given(part, digest, place)
  ),
  found as materialized (select * from datastore.catalogue_objects()),
  differing as (
    select known.kind, known.name, known.part, case when found.name is null then 'is gone' else 'was changed' end as how
    from datastore.installed_object as known
    left join found using (kind, name)
    where found.digest is distinct from known.digest
      -- What no part makes cannot be put back by one.
      and (known.part is not null or known.kind not in ('function', 'view'))
  ),
  due as (
    select release.part, case when known.part is null then 'new' else 'changed' end as reason
    from release left join datastore.installed_part as known using (part)
    where known.digest is distinct from release.digest
    union all
    select coalesce(differing.part, 'access/protection.sql'),
           differing.kind || ' ' || differing.name || ' ' || differing.how
    from differing
    union all
    select 'access/protection.sql', 'a role is missing'
    where not (datastore.role_is_there('owner') and datastore.role_is_there('worker')
      and datastore.role_is_there('app') and datastore.role_is_there('reader'))
    union all
    -- A migration that ended half-way left it without them.
    select 'access/protection.sql', format('%s has no privileges yet', min(found.name))
    from found left join datastore.installed_object as known using (kind, name)
    where found.kind = 'privileges' and known.name is null
    having count(*) > 0
  )
  select release.part, min(due.reason)
  -- Roles, and what protects the database by them, belong together.
  from release join due on due.part = release.part
    or due.part in ('access/roles.sql', 'access/protection.sql')
       and release.part in ('access/roles.sql', 'access/protection.sql')
  group by release.part, release.place
  order by release.place;
end;
comment on function datastore.due_parts(jsonb) is
  'What a release has to replace, and why: those of its parts that differ from what is installed. parts: an array '
  'of {part, digest}, in their order. It locks no table but installed_part and installed_object, for reading.';

create or replace function datastore.privileges_are_due() returns boolean
language sql stable set search_path = pg_catalog, pg_temp
begin atomic
  select exists (
    select from datastore.catalogue_objects() as found
    left join datastore.installed_object as known using (kind, name)
    where found.kind = 'privileges' and known.digest is distinct from found.digest);
end;
comment on function datastore.privileges_are_due() is
  'Is there, after parts were applied, what is new, and so has its maker as owner and nothing granted?';

create or replace function datastore.record_parts(parts jsonb, applied text[]) returns void
language sql volatile set search_path = pg_catalog, pg_temp
begin atomic
  delete from datastore.installed_part as known
  where known.part = any (applied) or not exists (
    select from jsonb_to_recordset(parts) as given(part text) where given.part = known.part);
  insert into datastore.installed_part (part, digest)
  select given.part, given.digest
  from jsonb_to_recordset(parts) as given(part text, digest text)
  where given.part = any (applied);

  delete from datastore.installed_object;
  insert into datastore.installed_object (kind, name, part, digest)
  with made as (
    select member.name, min(given.part) as part
    from jsonb_to_recordset(parts) as given(part text, makes jsonb)
    cross join jsonb_array_elements_text(given.makes) as member(name)
    group by member.name
  )
  select found.kind, found.name, made.part, found.digest
  from datastore.catalogue_objects() as found
  left join pg_trigger on found.kind = 'trigger' and not tgisinternal
    and found.name = tgname || ' on ' || tgrelid::regclass
  -- A trigger comes with the function that it calls, or with the declaration of what the history tells. Of functions of
  -- one name one part makes all.
  left join made on made.name = case found.kind
    when 'function' then 'function ' || split_part(found.name, '(', 1)
    when 'view' then 'view ' || found.name
    when 'trigger' then case tgfoid::regproc::text
      when 'datastore.audit' then 'audit of ' || tgrelid::regclass else 'function ' || tgfoid::regproc end end;
end;
comment on function datastore.record_parts(jsonb, text[]) is
  'Remembers what is installed, after parts were applied. parts: all of the release, {part, digest, makes}, where '
  'makes names what a part creates: "function datastore.act_as". applied: those that were applied now.';

create or replace function datastore.lock_triggers(parts text[]) returns void
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  names text := (
    select string_agg(distinct tgrelid::regclass::text, ', ' order by tgrelid::regclass::text)
    from pg_trigger
    join pg_class on pg_class.oid = tgrelid
    left join datastore.installed_object as known on known.kind = 'trigger'
      and known.name = tgname || ' on ' || tgrelid::regclass
    where relnamespace = 'datastore'::regnamespace and not tgisinternal
      and (known.part = any (parts) or known.name is null));
begin
  if names is not null then
    execute 'lock table ' || names || ' in share row exclusive mode';
  end if;
end
$$;
comment on function datastore.lock_triggers(text[]) is
  'Takes the locks that replacing these parts needs for their triggers, all at once: with a statement_timeout below '
  'the server''s deadlock_timeout, waiting for them ends before it can be taken for a deadlock.';

create or replace function datastore.drop_changed_policies() returns void
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  changed record;
begin
  for changed in
    select polname, polrelid::regclass as on_table
    from pg_policy
    where polname ~ '^(app|worker|reader)_' and polrelid::regclass::text in (
      select split_part(known.name, ' on ', 2)
      from datastore.installed_object as known
      left join datastore.catalogue_objects() as found using (kind, name)
      where known.kind = 'policy' and found.digest is distinct from known.digest)
  loop
    execute format('drop policy %I on %s', changed.polname, changed.on_table);
  end loop;
end
$$;
comment on function datastore.drop_changed_policies() is
  'Drops the policies of app, worker and reader on tables where one was changed or dropped by hand: '
  'sql/access/policies.sql makes them anew.';
