-- The rows that each role and user sees and changes. What belongs to a container carries container_id, and gets the
-- same policies, from tenants.sql; a table that needs others has them in the file policies.sql of its subject. A
-- policy is made where it is missing: to change one, drop it in a migration.
--
-- The own container is compared first, so that nothing is looked up for users in their own container.

create or replace function datastore.make_policy(
  on_table regclass, name text, command text, part text, using_text text, check_text text
) returns void
language plpgsql volatile as $$
declare
  role text := datastore.role_name(part);
  known_role text := (
    select rolname from pg_catalog.pg_policy join pg_catalog.pg_roles on pg_roles.oid = any (polroles)
    where polrelid = on_table and polname = name);
begin
  if not (select relrowsecurity from pg_catalog.pg_class where oid = on_table) then
    execute format('alter table %s enable row level security', on_table);
  end if;
  if known_role = role or not datastore.role_is_there(part) then
    return;
  end if;
  execute format('drop policy if exists %I on %s', name, on_table);
  execute format('create policy %I on %s for %s to %I', name, on_table, command, role)
    || coalesce(' using (' || using_text || ')', '') || coalesce(' with check (' || check_text || ')', '');
end
$$;
comment on function datastore.make_policy(regclass, text, text, text, text, text) is
  'Makes a row-level policy for a database role (owner, worker, app or reader) where it is missing.';

create or replace function datastore.policy_condition(name text) returns text
language sql immutable parallel safe
return (
  select case name
    when 'own' then own
    when 'home' then home
    when 'shared' then shared
    when 'seen' then own || ' or ' || shared
    when 'judged' then home || ' or ' || format(at_level, 'judge')
    when 'changed' then home || ' or ' || format(at_level, 'change')
    when 'read_or_changed' then
      home || ' or ' || format(at_level, 'change') || ' or permission = ''read'' and ' || shared
    when 'my_groups' then 'group_id in (select datastore.acting_groups(false))'
    when 'owned_groups' then 'group_id in (select datastore.acting_groups(true))'
    when 'myself' then 'user_id = (select datastore.acting_user())'
    when 'administers' then '(select datastore.acting_site_role()) = ''administrator'''
  end
  from (
    select 'container_id in (select datastore.shared_containers(datastore.needed_level(%L)))' as at_level,
           'container_id = (select datastore.acting_container())' as own,
           -- The writer is looked up, and not believed
           'container_id = (select datastore.acting_home())' as home
  ) as of_container
  cross join lateral (select format(at_level, 'see') as shared) as of_shared
);
comment on function datastore.policy_condition(text) is
'A condition of row-level policies.

name: of a container own, shared, seen (own or shared), home (own, from its table), judged or changed
  (home, or shared at the level that is needed), read_or_changed (of keys and links, by their permission); of a group
  my_groups or owned_groups; of a user myself; administers';

do $$
declare
  own text := datastore.policy_condition('own');
  home text := datastore.policy_condition('home');
  seen text := datastore.policy_condition('seen');
  changed text := datastore.policy_condition('changed');
  my_groups text := datastore.policy_condition('my_groups');
  administers text := datastore.policy_condition('administers');
begin
  -- Containers: their owners share them, with groups that they are in themselves
  perform datastore.make_policy('datastore.container_share', 'app_reads', 'select', 'app',
    own || ' or ' || my_groups, null);
  perform datastore.make_policy('datastore.container_share', 'app_inserts', 'insert', 'app', null,
    home || ' and ' || my_groups);
  perform datastore.make_policy('datastore.container_share', 'app_updates', 'update', 'app',
    home, home || ' and ' || my_groups);
  perform datastore.make_policy('datastore.container_publication', 'app_reads', 'select', 'app', seen, null);
  perform datastore.make_policy('datastore.container_publication', 'app_inserts', 'insert', 'app', null, home);
  perform datastore.make_policy('datastore.personal_data_share', 'app_reads', 'select', 'app', seen, null);
  perform datastore.make_policy('datastore.personal_data_share', 'app_inserts', 'insert', 'app', null, home);

  -- The history is for those who may change what it tells about; triggers write it
  perform datastore.make_policy('datastore.history', 'app_reads', 'select', 'app', format(
    '%s or container_id is null and (%s or entity in (%L, %L) and entity_id in (select datastore.acting_groups(true)))',
    changed, administers, 'user_group', 'membership'), null);
end
$$;
