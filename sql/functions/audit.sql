-- What happened is written by triggers, whoever did it: a backend, a DBA, a cascade. They run as the owner, because nobody
-- else may write the history. Statement level: one insert for a batch of any size.

create or replace function datastore.audit_action(entity text, before jsonb, after jsonb) returns text
language sql immutable parallel safe
return case
  when before is null then case entity
    when 'container_share' then 'shared' when 'personal_data_share' then 'shared' when 'container_publication' then 'published' when 'membership' then case when after ->> 'accepted_at' is null then 'invited' else 'added' end when 'user_account' then 'registered'
    when 'container_key' then 'issued' when 'link' then 'handed out' else 'created' end
  when after is null then case entity
    when 'container_share' then 'unshared' when 'personal_data_share' then 'unshared' when 'container_publication' then 'unpublished' when 'membership' then 'removed' else 'deleted' end
  when entity = 'picture' and after ->> 'state' = 'replaced' and before ->> 'state' <> 'replaced' then 'replaced'
  when entity = 'inference' and (before ->> 'verified_at' is null) <> (after ->> 'verified_at' is null) then
    case when after ->> 'verified_at' is null then 'reopened' else 'verified' end
  when entity = 'container_key' and before ->> 'revoked_at' is null and after ->> 'revoked_at' is not null then 'revoked'
  when entity = 'container_key' and before ->> 'removed_at' is null and after ->> 'removed_at' is not null then 'removed'
  when entity = 'container_key' and before ->> 'retires_at' is null and after ->> 'retires_at' is not null then 'retired'
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
    -- Reads compare it, so another one says that other bytes are served.
    insert into datastore.history (container_id, entity, entity_id, action, acted_by, before, after)
    select was.container_id, 'picture', was.picture_id, 'changed', datastore.acting_user(),
           jsonb_build_object('etag', was.etag), jsonb_build_object('etag', now_is.etag)
    from old_rows as was
    join new_rows as now_is using (picture_id, container_id)
    where was.state <> 'pending' and was.etag <> now_is.etag;
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
  on conflict (entity_id, container_id) do update set claimed = excluded.claimed
  where known.claimed <> excluded.claimed;
end;
comment on function datastore.remember_claims(text, jsonb) is
  'Keeps what clients claimed, unless it was their last word already: an array of {container_id, entity_id, claimed}.';

-- What a row says of itself (its blob, who changed it, when) is written by triggers, whatever the caller says.

create or replace function datastore.name_blob() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  new.blob_name := new.picture_set_id || '/' || new.picture_id || datastore.extension_of(new.image_data ->> 'format');
  new.image_data := new.image_data || jsonb_build_object('source', (
    select container.name from datastore.container where container.container_id = new.container_id) || '/' || new.blob_name);
  return new;
end
$$;
comment on function datastore.name_blob() is 'Trigger: the place of a picture''s blob, made of the ids of its set and itself.';

create or replace function datastore.name_picture_set() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  new.name := new.picture_set_id::text;
  return new;
end
$$;
comment on function datastore.name_picture_set() is 'Trigger: a picture set without a name is named by its id.';

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

create or replace function datastore.stamp_edited() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  new.edited_at := now();
  new.edited_by := datastore.acting_user();
  return new;
end
$$;
comment on function datastore.stamp_edited() is 'Trigger: who changed a row last, and when.';

create or replace function datastore.stamp_said() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  new.said_at := now();
  new.said_by := datastore.acting_user();
  return new;
end
$$;
comment on function datastore.stamp_said() is 'Trigger: an acting user gives verdicts in their own name.';

create or replace function datastore.stamp_added() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  new.added_at := now();
  new.added_by := datastore.acting_user();
  return new;
end
$$;
comment on function datastore.stamp_added() is 'Trigger: an acting user adds guesses in their own name.';

create or replace function datastore.stamp_verified() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if new.verified_at is null then
    new.verified_by := null;
  elsif old.verified_at is null then
    if exists (
      select from datastore.box
      left join datastore.verdict on verdict.box_id = box.box_id and verdict.container_id = box.container_id and verdict.is_current
      where box.inference_id = new.inference_id and box.container_id = new.container_id and verdict.outcome is null) then
      raise insufficient_privilege using
        message = format('inference %s has boxes without a verdict, and is verified when each has one', new.inference_id);
    end if;
    new.verified_at := now();
    new.verified_by := datastore.acting_user();
  else
    new.verified_at := old.verified_at;
    new.verified_by := old.verified_by;
  end if;
  return new;
end
$$;
comment on function datastore.stamp_verified() is 'Trigger: an acting user verifies inferences in their own name, once each box has a verdict.';

create or replace function datastore.stamp_revoked() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  new.revoked_at := now();
  new.revoked_by := datastore.acting_user();
  return new;
end
$$;
comment on function datastore.stamp_revoked() is 'Trigger: who revoked a key, and when.';

create or replace function datastore.stamp_claimed() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  new.claimed_at := now();
  return new;
end
$$;
comment on function datastore.stamp_claimed() is 'Trigger: when a client claimed something.';

create or replace function datastore.stamp_chosen() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  new.chosen_at := now();
  return new;
end
$$;
comment on function datastore.stamp_chosen() is 'Trigger: when a user chose a pipeline.';

-- What is stored stays what it is.

create or replace function datastore.keep_stored() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise insufficient_privilege using
    message = format('picture %s is stored: its bytes, and what was found in them, no longer change', old.picture_id),
    hint = 'Upload other bytes under its path with replace => true.';
end
$$;
comment on function datastore.keep_stored() is 'Trigger: refuses to change what describes the bytes of a stored picture, or to take its state back.';

create or replace function datastore.audit_new_boxes() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if exists (
    select from new_rows as added
    join datastore.inference on inference.inference_id = added.inference_id and inference.container_id = added.container_id
    where not added.is_manual and inference.created_at <> now()) then
    raise insufficient_privilege using message = 'what a model said of a picture comes with its inference, and is not added later';
  end if;
  -- Importing catches it, and takes them out.
  if exists (
    select from new_rows as added
    where added.document ?| datastore.inference_system_keys('box') or added.guesses @? '$[*].is_expert') then
    raise sqlstate 'DS000' using message = 'a box has keys that the datastore fills: what experts said of it, …';
  end if;
  insert into datastore.history (container_id, entity, entity_id, action, acted_by, after)
  select added.container_id, 'box', added.box_id, 'drawn', datastore.acting_user(),
         jsonb_build_object('inference_id', added.inference_id, 'position', added.position)
  from new_rows as added
  where added.is_manual;
  return null;
end
$$;
comment on function datastore.audit_new_boxes() is
  'Trigger: refuses boxes of a model that come later than their inference, and boxes with keys that the datastore fills; writes to the history which boxes an expert drew.';

create or replace function datastore.keep_inference_ids() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
-- A connection keeps its plan: one made while the table was empty would read all of it for each new row.
set enable_seqscan = off
as $$
begin
  if exists (
    select from new_rows as added
    cross join lateral (
      -- The ids of boxes and guesses are made of its first 24 characters.
      select from datastore.inference as other
      where (other.container_id, other.inference_id) <> (added.container_id, added.inference_id)
        and other.inference_id between (left(added.inference_id::text, 24) || '000000000000')::uuid
                                   and (left(added.inference_id::text, 24) || 'ffffffffffff')::uuid
      -- Keeps the order: for each new row a look at the index.
      limit 1
    ) as twin) then
    raise unique_violation using message = 'another inference has this id, or one of which the ids of boxes are the same';
  end if;
  if exists (select from new_rows as added where added.document ?| datastore.inference_system_keys('inference')) then
    raise insufficient_privilege using message = 'an inference has keys that the datastore fills: its id, who verified it, …';
  end if;
  return null;
end
$$;
comment on function datastore.keep_inference_ids() is
  'Trigger: the part of an inference''s id of which those of its boxes are made is not used twice, nor do its documents have keys that the datastore fills. A unique index over the id alone would not do: partitions and clusters need the container in it.';

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
      ('picture_label', 'audit', 'picture_id', '{picture_id,seed_id,origin}', '{seed_id,origin,labelled_by,labelled_at}'),
      ('box', 'audit', 'box_id', '{box_id}', '{inference_id,position,is_manual,document,guesses}'),
      ('expert_guess', 'audit', 'box_id', '{object_id}', '{object_id,label,added_by,added_at}'),
      ('verdict', 'audit', 'box_id', '{verdict_id}', '{verdict_id,inference_id,said,said_by,said_at,outcome,object_id,label,corners}'),
      ('user_account', 'audit', 'user_id', '{user_id}', '{email,site_role}'),
      ('container', 'audit', 'container_id', '{container_id}', '{name,user_id,ready_at,endpoint,claimed_at}'),
      ('container_share', 'audit', 'container_id', '{container_id,group_id}', '{group_id,role}'),
      ('container_publication', 'audit', 'container_id', '{container_id}', '{}'),
      ('personal_data_share', 'audit', 'container_id', '{container_id}', '{}'),
      ('picture_derivative', 'audit', 'picture_id', '{derivative_id,container_id}', '{kind,state,size,sha256,reason}'),
      ('picture_personal_data', 'audit', 'picture_id', '{picture_id,container_id}', '{noted_at}'),
      ('container_key', 'audit', 'key_id', '{key_id}', '{permission,policy_name,is_handed_out,expires_at,retires_at,revoked_at,removed_at,kek_id}'),
      ('link', 'audit', 'picture_id', '{link_id}', '{link_id,permission,expires_at}'),
      ('instance', 'audit', 'instance_id', '{is_the_only_one}', '{instance_id,copied_from}'),
      ('user_group', 'audit', 'group_id', '{group_id}', '{name}'),
      ('membership', 'audit', 'group_id', '{group_id,user_id}', '{user_id,role,accepted_at}'),
      ('seed', 'audit', 'seed_id', '{seed_id}', '{name,status,merged_into}'),
      ('pipeline', 'audit', 'pipeline_id', '{pipeline_id}', '{name,version,is_default,retired_at}'),
      ('model_version', 'audit', 'model_version_id', '{model_version_id}', '{model_id,version,active}'),
      ('model_secret', 'audit', 'model_version_id', '{model_version_id,field}', '{field,kek_id}')
    ) as listed(name, function, id_key, row_keys, told_keys)
  loop
    for operation in
      -- These are told by what makes them, an inference or a picture's document, and a verdict tells itself.
      select * from (values ('insert', 'new table as new_rows'), ('update', 'old table as old_rows new table as new_rows'), ('delete', 'old table as old_rows'))
        as listed(name, referencing)
      where not (listed.name = 'insert' and told.name in ('picture_label', 'box', 'expert_guess', 'verdict'))
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
create or replace trigger audit_delete
  after delete on datastore.claim referencing old table as old_rows
  for each statement execute function datastore.audit('entity_id', '{entity_id}', '{entity,claimed}');

-- Without an acting user it is the owner who writes, such as pg_restore: rows are taken as they come.
create or replace trigger name_blob
  before insert on datastore.picture for each row
  when (new.blob_name is null) execute function datastore.name_blob();
create or replace trigger name_picture_set
  before insert on datastore.picture_set for each row
  when (new.name is null) execute function datastore.name_picture_set();
create or replace trigger keep_stored
  before update on datastore.picture for each row
  when (datastore.acting_user() is not null and old.state <> 'pending' and (
    new.state not in (old.state, 'replaced')
    or (old.blob_name, old.size, old.md5, old.metadata, old.image_data, old.tags, old.has_personal_data, old.quality_check)
       is distinct from
       (new.blob_name, new.size, new.md5, new.metadata, new.image_data, new.tags, new.has_personal_data, new.quality_check)))
  execute function datastore.keep_stored();
create or replace trigger audit_insert
  after insert on datastore.box referencing new table as new_rows
  for each statement execute function datastore.audit_new_boxes();
create or replace trigger keep_inference_ids
  after insert on datastore.inference referencing new table as new_rows
  for each statement execute function datastore.keep_inference_ids();
create or replace trigger stamp_said
  before insert on datastore.verdict for each row
  when (datastore.acting_user() is not null) execute function datastore.stamp_said();
create or replace trigger stamp_added
  before insert on datastore.expert_guess for each row
  when (datastore.acting_user() is not null) execute function datastore.stamp_added();
create or replace trigger stamp_verified
  before update on datastore.inference for each row
  when (datastore.acting_user() is not null and (old.verified_at, old.verified_by) is distinct from (new.verified_at, new.verified_by))
  execute function datastore.stamp_verified();
create or replace trigger stamp_revoked
  before update on datastore.container_key for each row
  when (new.revoked_at is distinct from old.revoked_at and new.revoked_at is not null) execute function datastore.stamp_revoked();
create or replace trigger stamp_claimed
  before update on datastore.claim for each row execute function datastore.stamp_claimed();
create or replace trigger stamp_chosen
  before update on datastore.pipeline_choice for each row execute function datastore.stamp_chosen();
create or replace trigger stamp_edited
  before update on datastore.pipeline for each row execute function datastore.stamp_edited();
create or replace trigger stamp_edited
  before update on datastore.model_version for each row execute function datastore.stamp_edited();
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
