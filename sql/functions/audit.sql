-- What happened is written by triggers, whoever did it: a backend, a DBA, a cascade. They run as the owner, because nobody
-- else may write the history. Statement level: one insert for a batch of any size.

create or replace function datastore.audit_action(entity text, before jsonb, after jsonb) returns text
language sql immutable parallel safe
return case
  when before is null then case entity
    when 'container_share' then 'shared' when 'container_publication' then 'published' when 'membership' then 'added' when 'user_account' then 'registered'
    when 'container_key' then 'issued' when 'link' then 'handed out' else 'created' end
  when after is null then case entity
    when 'container_share' then 'unshared' when 'container_publication' then 'unpublished' when 'membership' then 'removed' else 'deleted' end
  when entity = 'picture' and after ->> 'state' = 'replaced' and before ->> 'state' <> 'replaced' then 'replaced'
  when entity = 'inference' and (before ->> 'verified_at' is null) <> (after ->> 'verified_at' is null) then
    case when after ->> 'verified_at' is null then 'reopened' else 'verified' end
  when entity = 'container_key' and before ->> 'revoked_at' is null and after ->> 'revoked_at' is not null then 'revoked'
  when entity = 'container_key' and before ->> 'removed_at' is null and after ->> 'removed_at' is not null then 'removed'
  when entity = 'container_key' and before ->> 'retires_at' is null and after ->> 'retires_at' is not null then 'retired'
  when entity = 'container' and before ->> 'claimed_at' is distinct from after ->> 'claimed_at' then 'claimed'
  when entity = 'container' and before ->> 'ready_at' is null and after ->> 'ready_at' is not null then 'made'
  when entity = 'seed' and before -> 'merged_into' <> after -> 'merged_into' then 'merged'
  when entity = 'seed' and before -> 'status' <> after -> 'status' then 'accepted'
  when entity = 'pipeline' and (before ->> 'retired_at' is null) <> (after ->> 'retired_at' is null) then
    case when after ->> 'retired_at' is null then 'brought back' else 'retired' end
  else 'changed'
end;
comment on function datastore.audit_action(text, jsonb, jsonb) is
  'What it is called when a row of this table was inserted (before is NULL), updated or deleted (after is NULL): shared, registered, verified, …';

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
           datastore.audit_action(tg_table_name, null, it.row), coalesce(datastore.acting_user(), (it.row ->> 'issued_by')::uuid),
           datastore.only_keys(it.row, told_keys)
    from (select to_jsonb(new_rows) as row from new_rows) as it;
  elsif tg_op = 'DELETE' then
    insert into datastore.history (container_id, entity, entity_id, action, acted_by, before)
    select (it.row ->> 'container_id')::uuid, tg_table_name, (it.row ->> id_key)::uuid,
           datastore.audit_action(tg_table_name, it.row, null), datastore.acting_user(), datastore.only_keys(it.row, told_keys)
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
  'Trigger: writes to the history what was done to rows of a small table. Arguments: the key of its id, its primary key, and the columns that are told.';

-- Pictures and picture sets come in thousands, and what the history keeps of them is what the client had said.

create or replace function datastore.audit_pictures() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    insert into datastore.history (container_id, entity, entity_id, action, acted_by)
    select container_id, 'picture', picture_id, 'created', datastore.acting_user() from new_rows;
    return null;
  end if;
  if tg_op = 'UPDATE' then
    insert into datastore.history (container_id, entity, entity_id, action, acted_by, before)
    select was.container_id, 'picture', was.picture_id,
           case when now_is.state = was.state then 'changed' else 'replaced' end, datastore.acting_user(), was.document
    from old_rows as was
    join new_rows as now_is using (picture_id, container_id)
    where (was.document, was.kept) is distinct from (now_is.document, now_is.kept)
       or now_is.state = 'replaced' and was.state <> 'replaced';
    return null;
  end if;
  insert into datastore.blob_deletion (container_id, blob_name)
  select was.container_id, was.blob_name from old_rows as was;
  insert into datastore.history (container_id, entity, entity_id, action, acted_by, before)
  select container_id, 'picture', picture_id, 'deleted', datastore.acting_user(), document from old_rows;
  return null;
end
$$;
comment on function datastore.audit_pictures() is
  'Trigger: writes to the history what was done to pictures, and puts the blobs of deleted ones into the outbox.';

create or replace function datastore.audit_picture_sets() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    insert into datastore.history (container_id, entity, entity_id, action, acted_by)
    select container_id, 'picture_set', picture_set_id, 'created', datastore.acting_user() from new_rows;
  elsif tg_op = 'UPDATE' then
    insert into datastore.history (container_id, entity, entity_id, action, acted_by, before)
    select was.container_id, 'picture_set', was.picture_set_id, 'changed', datastore.acting_user(),
           was.document || jsonb_build_object('name', was.name)
    from old_rows as was
    join new_rows as now_is using (picture_set_id, container_id)
    where (was.name, was.document, was.kept) is distinct from (now_is.name, now_is.document, now_is.kept);
  else
    insert into datastore.history (container_id, entity, entity_id, action, acted_by, before)
    select container_id, 'picture_set', picture_set_id, 'deleted', datastore.acting_user(), document || jsonb_build_object('name', name)
    from old_rows;
  end if;
  return null;
end
$$;
comment on function datastore.audit_picture_sets() is 'Trigger: writes to the history what was done to picture sets.';

create or replace function datastore.audit_claims() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into datastore.history (container_id, entity, entity_id, action, acted_by, claimed)
  select container_id, entity, entity_id, 'claimed', datastore.acting_user(), claimed from new_rows;
  return null;
end
$$;
comment on function datastore.audit_claims() is 'Trigger: writes to the history what clients claimed.';

create or replace function datastore.remember_claims(entity text, claims jsonb) returns void
language sql volatile
begin atomic
  insert into datastore.claim as known (container_id, entity, entity_id, claimed)
  select distinct on (said.entity_id) said.container_id, remember_claims.entity, said.entity_id, said.claimed
  from rows from (jsonb_to_recordset(claims) as (container_id uuid, entity_id uuid, claimed jsonb))
    with ordinality as said(container_id, entity_id, claimed, place)
  where said.claimed is not null
  order by said.entity_id, said.place desc
  on conflict (entity_id, container_id) do update set claimed = excluded.claimed, claimed_at = now()
  where known.claimed <> excluded.claimed;
end;
comment on function datastore.remember_claims(text, jsonb) is
  'Keeps what clients claimed, unless it was their last word already: an array of {container_id, entity_id, claimed}.';

-- Who changed a row last stands in the row as well, for its audit_trail: whatever the caller says.

create or replace function datastore.stamp_new() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  new.created_at := now();
  new.created_by := datastore.acting_user();
  new.edited_at := now();
  new.edited_by := datastore.acting_user();
  new.last_change := tg_table_name || ' created';
  return new;
end
$$;
comment on function datastore.stamp_new() is 'Trigger: who made a row, and when.';

create or replace function datastore.stamp_changed() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  new.created_at := old.created_at;
  new.created_by := old.created_by;
  new.edited_at := now();
  new.edited_by := datastore.acting_user();
  new.last_change := tg_argv[0];
  return new;
end
$$;
comment on function datastore.stamp_changed() is 'Trigger: who changed a row last, and when. Argument: what audit_trail.change_log says.';

create or replace function datastore.queue_all_blob_deletions() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  -- The containers may be truncated as well.
  insert into datastore.blob_deletion (container_id, gone_container, blob_name)
  select picture.container_id, container.name, picture.blob_name
  from datastore.picture join datastore.container on container.container_id = picture.container_id;
  return null;
end
$$;
comment on function datastore.queue_all_blob_deletions() is 'Trigger: puts the blobs of all pictures into the outbox, before a TRUNCATE.';

-- Which tables are told of, and what of their rows. Never what is sealed.

do $$
declare
  told record;
  operation record;
begin
  for told in
    select *
    from (values
      ('picture', 'audit_pictures', null, null, null),
      ('picture_set', 'audit_picture_sets', null, null, null),
      ('inference', 'audit', 'inference_id', '{inference_id}', '{picture_id,verified_at,verified_by}'),
      ('user_account', 'audit', 'user_id', '{user_id}', '{email}'),
      ('container', 'audit', 'container_id', '{container_id}', '{name,user_id,ready_at,endpoint,claimed_at}'),
      ('container_share', 'audit', 'container_id', '{container_id,group_id}', '{group_id,role}'),
      ('container_publication', 'audit', 'container_id', '{container_id}', '{}'),
      ('container_key', 'audit', 'key_id', '{key_id}', '{permission,policy_name,is_handed_out,expires_at,retires_at,revoked_at,removed_at,kek_id}'),
      ('link', 'audit', 'picture_id', '{link_id}', '{link_id,permission,expires_at}'),
      ('instance', 'audit', 'instance_id', '{is_the_only_one}', '{instance_id,copied_from}'),
      ('user_group', 'audit', 'group_id', '{group_id}', '{name}'),
      ('membership', 'audit', 'group_id', '{group_id,user_id}', '{user_id,role}'),
      ('seed', 'audit', 'seed_id', '{seed_id}', '{name,status,merged_into}'),
      ('pipeline', 'audit', 'pipeline_id', '{pipeline_id}', '{name,version,is_default,retired_at}'),
      ('model_version', 'audit', 'model_version_id', '{model_version_id}', '{model_id,version,active}'),
      ('model_secret', 'audit', 'model_version_id', '{model_version_id,field}', '{field,kek_id}')
    ) as listed(name, function, id_key, row_keys, told_keys)
  loop
    for operation in
      select * from (values ('insert', 'new table as new_rows'), ('update', 'old table as old_rows new table as new_rows'), ('delete', 'old table as old_rows'))
        as listed(name, referencing)
    loop
      execute format('create or replace trigger audit_%s after %s on datastore.%I referencing %s for each statement execute function datastore.%I(%s)',
        operation.name, operation.name, told.name, operation.referencing, told.function,
        case when told.id_key is not null then format('%L, %L, %L', told.id_key, told.row_keys, told.told_keys) end);
    end loop;
  end loop;
end
$$;

create or replace trigger audit_insert
  after insert on datastore.claim referencing new table as new_rows
  for each statement execute function datastore.audit_claims();
create or replace trigger audit_update
  after update on datastore.claim referencing new table as new_rows
  for each statement execute function datastore.audit_claims();

-- Where nobody acts it is the owner who writes, such as pg_restore: rows are taken as they come.
create or replace trigger stamp_new
  before insert on datastore.picture for each row
  when (datastore.acting_user() is not null) execute function datastore.stamp_new();
create or replace trigger stamp_new
  before insert on datastore.picture_set for each row
  when (datastore.acting_user() is not null) execute function datastore.stamp_new();
create or replace trigger stamp_changed
  before update on datastore.picture for each row
  when ((old.document, old.kept) is distinct from (new.document, new.kept)) execute function datastore.stamp_changed('picture changed');
create or replace trigger stamp_replaced
  before update on datastore.picture for each row
  when (new.state = 'replaced' and old.state <> 'replaced') execute function datastore.stamp_changed('picture replaced');
create or replace trigger stamp_changed
  before update on datastore.picture_set for each row
  when ((old.name, old.document, old.kept) is distinct from (new.name, new.document, new.kept))
  execute function datastore.stamp_changed('picture_set changed');

create or replace trigger queue_all_blob_deletions
  before truncate on datastore.picture
  for each statement execute function datastore.queue_all_blob_deletions();
