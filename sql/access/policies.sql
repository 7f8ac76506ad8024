-- Who sees and changes which rows. What belongs to a container carries container_id, and gets the same policies; a
-- table that needs others has them above the loop. A policy is made where it is missing: to change one, drop it in a
-- migration.
--
-- The own container is compared first, so that nothing is looked up for those who stay at home.

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

do $$
declare
  own text := 'container_id = (select datastore.acting_container())';
  -- Who writes is looked up, and not believed
  home text := 'container_id = (select datastore.acting_home())';
  seen_shared text := 'container_id in (select datastore.shared_containers(datastore.needed_level(''see'')))';
  seen text := own || ' or ' || seen_shared;
  changed text := home || ' or container_id in (select '
                          'datastore.shared_containers(datastore.needed_level(''change'')))';
  judged text := home || ' or container_id in (select datastore.shared_containers(datastore.needed_level(''judge'')))';
  read_or_changed text := changed || ' or permission = ''read'' and ' || seen_shared;
  my_groups text := 'group_id in (select datastore.acting_groups(false))';
  owned_groups text := 'group_id in (select datastore.acting_groups(true))';
  -- Whose policy leaves those that the acting user sees
  shown text := 'container_id in (select shown.container_id from datastore.personal_data_share as shown)';
  myself text := 'user_id = (select datastore.acting_user())';
  administers text := '(select datastore.acting_site_role()) = ''administrator''';
  shared_table text;
  judged_table text;
  tenant_table regclass;
begin
  -- People
  perform datastore.make_policy('datastore.user_account', 'app_reads', 'select', 'app',
    'user_id in (select datastore.known_users())', null);
  perform datastore.make_policy('datastore.pipeline_choice', 'app_changes', 'all', 'app', myself, myself);

  -- Groups are written by functions that run as their owner; an invited user sees the group's name and their invitation
  perform datastore.make_policy('datastore.user_group', 'app_reads', 'select', 'app',
    my_groups || ' or group_id in (select datastore.acting_invitations())', null);
  perform datastore.make_policy('datastore.membership', 'app_reads', 'select', 'app',
    owned_groups || ' or accepted_at is not null and ' || my_groups || ' or ' || myself, null);

  -- Containers: their owners share them, with groups that they are in themselves
  perform datastore.make_policy('datastore.container', 'app_reads', 'select', 'app', seen, null);
  perform datastore.make_policy('datastore.container_share', 'app_reads', 'select',
    'app', own || ' or ' || my_groups, null);
  perform datastore.make_policy('datastore.container_share', 'app_inserts', 'insert', 'app', null,
    home || ' and ' || my_groups);
  perform datastore.make_policy('datastore.container_share', 'app_updates', 'update', 'app', home,
    home || ' and ' || my_groups);
  perform datastore.make_policy('datastore.container_publication', 'app_reads', 'select', 'app', seen, null);
  perform datastore.make_policy('datastore.container_publication', 'app_inserts', 'insert', 'app', null, home);

  -- Personal data is its owner's, until they say otherwise; who reads everything reads only what others may, too
  perform datastore.make_policy('datastore.personal_data_share', 'app_reads', 'select', 'app', seen, null);
  perform datastore.make_policy('datastore.personal_data_share', 'app_inserts', 'insert', 'app', null, home);
  perform datastore.make_policy('datastore.picture_personal_data', 'app_reads', 'select',
    'app', own || ' or ' || shown, null);
  perform datastore.make_policy('datastore.picture_personal_data', 'app_inserts', 'insert', 'app', null, changed);
  perform datastore.make_policy('datastore.picture_personal_data', 'reader_reads', 'select', 'reader', shown, null);

  -- Keys to write are for those who may write. Their owners issue and revoke them, and a revoked key stays revoked.
  perform datastore.make_policy('datastore.container_key', 'app_reads', 'select', 'app', read_or_changed, null);
  perform datastore.make_policy('datastore.container_key', 'app_updates', 'update', 'app',
    home || ' and revoked_at is null', home || ' and revoked_at is not null');
  -- Of links, those who only see the container see those that they were given themselves, while they see it
  perform datastore.make_policy('datastore.link', 'app_reads', 'select', 'app', format(
    '%s or issued_by = (select datastore.acting_user()) and %s', changed, seen_shared), null);
  perform datastore.make_policy('datastore.link', 'app_inserts', 'insert', 'app', null, read_or_changed);

  -- Experts judge at a level of their own, which may be less than that of those who change pictures
  foreach judged_table in array array['verdict', 'expert_guess', 'box', 'inference'] loop
    tenant_table := ('datastore.' || judged_table)::regclass;
    perform datastore.make_policy(tenant_table, 'app_reads', 'select', 'app', seen, null);
    perform datastore.make_policy(tenant_table, 'app_inserts', 'insert', 'app', null, case judged_table
      when 'inference' then changed else judged end);
    perform datastore.make_policy(tenant_table, 'app_updates', 'update', 'app', judged, judged);
  end loop;

  -- The history is for those who may change what it tells about; triggers write it
  perform datastore.make_policy('datastore.history', 'app_reads', 'select', 'app', format(
    '%s or container_id is null and (%s or entity in (%L, %L) and entity_id in (select datastore.acting_groups(true)))',
    changed, administers, 'user_group', 'membership'), null);

  -- What all containers share is read by everybody, and changed by administrators
  foreach shared_table in array array['model', 'model_version', 'model_secret', 'pipeline',
    'pipeline_model', 'pipelines_import'] loop
    perform datastore.make_policy(('datastore.' || shared_table)::regclass, 'app_reads', 'select', 'app', 'true', null);
    perform datastore.make_policy(('datastore.' || shared_table)::regclass, 'app_inserts',
      'insert', 'app', null, administers);
    perform datastore.make_policy(('datastore.' || shared_table)::regclass, 'app_updates',
      'update', 'app', administers, administers);
  end loop;

  -- Everything else that belongs to a container, and the roles that see all of them
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
    if not exists (select from pg_catalog.pg_policy
      where polrelid = tenant_table and polname in ('app_reads', 'app_changes')) then
      perform datastore.make_policy(tenant_table, 'app_reads', 'select', 'app', seen, null);
      perform datastore.make_policy(tenant_table, 'app_inserts', 'insert', 'app', null, changed);
      perform datastore.make_policy(tenant_table, 'app_updates', 'update', 'app', changed, changed);
    end if;
    perform datastore.make_policy(tenant_table, 'worker_changes', 'all', 'worker', 'true', 'true');
    perform datastore.make_policy(tenant_table, 'reader_reads', 'select', 'reader', 'true', null);
  end loop;
end
$$;
