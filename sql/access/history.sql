-- What happened is written by triggers, whoever did it: a backend, a DBA, a cascade. They run as the owner, because
-- nobody else may write the history. Statement level: one insert for a batch of any size.

create or replace function datastore.audit_action(entity text, before jsonb, after jsonb) returns text
language sql immutable parallel safe
return case
  when before is null then case entity
    when 'container_share' then 'shared'
    when 'personal_data_share' then 'shared'
    when 'container_publication' then 'published'
    when 'membership' then case when after ->> 'accepted_at' is null then 'invited' else 'added' end
    when 'user_account' then 'registered'
    when 'container_key' then 'issued'
    when 'link' then 'handed out'
    else 'created' end
  when after is null then case entity
    when 'container_share' then 'unshared'
    when 'personal_data_share' then 'unshared'
    when 'container_publication' then 'unpublished'
    when 'membership' then 'removed'
    else 'deleted' end
  when entity = 'picture' and after ->> 'state' = 'replaced' and before ->> 'state' <> 'replaced' then 'replaced'
  when entity = 'inference' and (before ->> 'verified_at' is null) <> (after ->> 'verified_at' is null) then
    case when after ->> 'verified_at' is null then 'reopened' else 'verified' end
  when entity = 'container_key' and before ->> 'revoked_at' is null
    and after ->> 'revoked_at' is not null then 'revoked'
  when entity = 'container_key' and before ->> 'removed_at' is null
    and after ->> 'removed_at' is not null then 'removed'
  when entity = 'container_key' and before ->> 'retires_at' is null
    and after ->> 'retires_at' is not null then 'retired'
  when entity = 'container' and before ->> 'claimed_at' is distinct from after ->> 'claimed_at' then 'claimed'
  when entity = 'container' and before ->> 'ready_at' is null and after ->> 'ready_at' is not null then 'made'
  when entity = 'membership' and before ->> 'accepted_at' is null and after ->> 'accepted_at' is not null then 'joined'
  when entity = 'seed' and before -> 'merged_into' <> after -> 'merged_into' then 'merged'
  when entity = 'seed' and before -> 'status' <> after -> 'status' then 'accepted'
  when entity = 'pipeline' and (before ->> 'retired_at' is null) <> (after ->> 'retired_at' is null) then
    case when after ->> 'retired_at' is null then 'brought back' else 'retired' end
  else 'changed'
end;
comment on function datastore.audit_action(text, jsonb, jsonb) is
  'What it is called when a row of this table was inserted (before is NULL), updated or deleted (after is NULL): '
  'shared, registered, verified, …';

create or replace function datastore.only_keys(object jsonb, keys text[]) returns jsonb
language sql immutable parallel safe
return (select coalesce(jsonb_object_agg(key, object -> key), '{}') from unnest(keys) as key where object ? key);
comment on function datastore.only_keys(jsonb, text[]) is 'The members of an object that have these keys.';

create or replace function datastore.audit() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  id_key text := tg_argv[0];
  row_keys text[] := tg_argv[1];
  told_keys text[] := tg_argv[2];
begin
  if tg_op = 'INSERT' then
    insert into datastore.history (container_id, entity, entity_id, action, acted_by, after)
    select (it.row ->> 'container_id')::uuid, tg_table_name, (it.row ->> id_key)::uuid,
           -- A key for a person is made in storage by a process for which nobody acts.
           datastore.audit_action(tg_table_name, null, it.row),
           coalesce(datastore.acting_user(), (it.row ->> 'issued_by')::uuid),
           datastore.only_keys(it.row, told_keys)
    from (select to_jsonb(new_rows) as row from new_rows) as it;
  elsif tg_op = 'DELETE' then
    insert into datastore.history (container_id, entity, entity_id, action, acted_by, before)
    select (it.row ->> 'container_id')::uuid, tg_table_name, (it.row ->> id_key)::uuid,
           datastore.audit_action(tg_table_name, it.row, null), datastore.acting_user(),
           datastore.only_keys(it.row, told_keys)
    from (select to_jsonb(old_rows) as row from old_rows) as it;
  else
    insert into datastore.history (container_id, entity, entity_id, action, acted_by, before, after)
    select (now_is.row ->> 'container_id')::uuid, tg_table_name, (now_is.row ->> id_key)::uuid,
           datastore.audit_action(tg_table_name, was.row, now_is.row), datastore.acting_user(), was.told, now_is.told
    from (select it.row, datastore.only_keys(it.row, row_keys) as keys, datastore.only_keys(it.row, told_keys) as told
          from (select to_jsonb(old_rows) as row from old_rows) as it) as was
    join (select it.row, datastore.only_keys(it.row, row_keys) as keys, datastore.only_keys(it.row, told_keys) as told
          from (select to_jsonb(new_rows) as row from new_rows) as it) as now_is on now_is.keys = was.keys
    where was.told <> now_is.told;
  end if;
  return null;
end
$$;
comment on function datastore.audit() is
  'Trigger: writes to the history what was done to rows of a small table. Arguments: the key of its id, its primary '
  'key, and the columns that are told.';

-- Which tables are told of, and what of their rows. Never what is sealed. Pictures, picture sets and claims have
-- triggers of their own.

do $$
declare
  told record;
  operation record;
begin
  for told in
    select *
    from (values
      ('inference', 'inference_id', '{inference_id}', '{picture_id,verified_at,verified_by}'),
      ('picture_label', 'picture_id', '{picture_id,seed_id,origin}', '{seed_id,origin,labelled_by,labelled_at}'),
      ('box', 'box_id', '{box_id}', '{inference_id,position,is_manual,document,guesses}'),
      ('expert_guess', 'box_id', '{object_id}', '{object_id,label,added_by,added_at}'),
      ('verdict', 'box_id', '{verdict_id}',
        '{verdict_id,inference_id,said,said_by,said_at,outcome,object_id,label,corners}'),
      ('user_account', 'user_id', '{user_id}', '{email,site_role}'),
      ('container', 'container_id', '{container_id}', '{name,user_id,ready_at,endpoint,claimed_at}'),
      ('container_share', 'container_id', '{container_id,group_id}', '{group_id,role}'),
      ('container_publication', 'container_id', '{container_id}', '{}'),
      ('personal_data_share', 'container_id', '{container_id}', '{}'),
      ('picture_derivative', 'picture_id', '{derivative_id,container_id}', '{kind,state,size,sha256,reason}'),
      ('picture_personal_data', 'picture_id', '{picture_id,container_id}', '{noted_at}'),
      ('container_key', 'key_id', '{key_id}',
        '{permission,policy_name,is_handed_out,expires_at,retires_at,revoked_at,removed_at,kek_id}'),
      ('link', 'picture_id', '{link_id}', '{link_id,permission,expires_at}'),
      ('instance', 'instance_id', '{is_the_only_one}', '{instance_id,copied_from}'),
      ('user_group', 'group_id', '{group_id}', '{name}'),
      ('membership', 'group_id', '{group_id,user_id}', '{user_id,role,accepted_at}'),
      ('seed', 'seed_id', '{seed_id}', '{name,status,merged_into}'),
      ('pipeline', 'pipeline_id', '{pipeline_id}', '{name,version,is_default,retired_at}'),
      ('model_version', 'model_version_id', '{model_version_id}', '{model_id,version,active}'),
      ('model_secret', 'model_version_id', '{model_version_id,field}', '{field,kek_id}')
    ) as listed(name, id_key, row_keys, told_keys)
  loop
    for operation in
      -- These are told by what makes them, an inference or a picture's document, and a verdict tells itself.
      select * from (values
          ('insert', 'new table as new_rows'),
          ('update', 'old table as old_rows new table as new_rows'),
          ('delete', 'old table as old_rows'))
        as listed(name, referencing)
      where not (listed.name = 'insert' and told.name in ('picture_label', 'box', 'expert_guess', 'verdict'))
    loop
      execute format('create or replace trigger audit_%s after %s on datastore.%I referencing '
                     '%s for each statement execute function datastore.audit(%s)',
        operation.name, operation.name, told.name, operation.referencing,
        format('%L, %L, %L', told.id_key, told.row_keys, told.told_keys));
    end loop;
  end loop;
end
$$;

create or replace trigger audit_delete
  after delete on datastore.claim referencing old table as old_rows
  for each statement execute function datastore.audit('entity_id', '{entity_id}', '{entity,claimed}');

create or replace function datastore.rebuild_audit(
  entity_id uuid default null, container_id uuid default null, since timestamptz default null,
  how_many integer default 100
) returns jsonb
language plpgsql stable as $$
declare
  told_ids bigint[];
  is_administrator boolean := datastore.acting_site_role() is not distinct from 'administrator';
begin
  if datastore.acting_user() is null or rebuild_audit.entity_id is not null
     or rebuild_audit.container_id is not null then
    told_ids := array(
      select history.history_id
      from datastore.history
      where (rebuild_audit.entity_id is null or history.entity_id = rebuild_audit.entity_id)
        and (rebuild_audit.container_id is null or history.container_id = rebuild_audit.container_id)
        and (rebuild_audit.since is null or history.acted_at >= rebuild_audit.since)
      order by history.history_id desc
      limit how_many);
  else
    -- Row-level security would find the same, in all that ever happened to anybody.
    told_ids := array(
      select history.history_id
      from datastore.history
      where (history.container_id = any (array(select datastore.acting_container()
          union all select datastore.shared_containers(datastore.needed_level('change'))))
             or history.entity_id = any (array(select datastore.acting_groups(true)))
             or is_administrator and history.container_id is null)
        and (rebuild_audit.since is null or history.acted_at >= rebuild_audit.since)
      order by history.history_id desc
      limit how_many);
  end if;
  return (
    select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
      'at', to_char(told.acted_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
      'action', told.action, 'entity', told.entity, 'entity_id', told.entity_id, 'container_id', told.container_id,
      'by', told.acted_by, 'email', user_account.email, 'database_user', told.acted_as))
      || case when told.before is not null then jsonb_build_object('before', told.before) else '{}' end
      || case when told.after is not null then jsonb_build_object('after', told.after) else '{}' end
      || case when told.claimed is not null then jsonb_build_object('claimed', told.claimed) else '{}' end
      order by told.history_id desc), '[]')
    from datastore.history as told
    left join datastore.user_account on user_account.user_id = told.acted_by
    where told.history_id = any (told_ids));
end
$$;
comment on function datastore.rebuild_audit(uuid, uuid, timestamptz, integer) is
'Who did what, the newest first, in the containers and groups that the acting user may change.

An administrator is told moreover of what belongs to no container.

entity_id: only about this picture, picture set, inference, group, …
how_many: at most
Answer: `[{at, action, entity, entity_id, container_id, by: user id, email, database_user, before, after,
  claimed}]`; what there is not is absent';
