-- What triggers write about pictures and picture sets, and what they refuse.

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
    select container_id, 'picture_set', picture_set_id, 'deleted', datastore.acting_user(),
           document || jsonb_build_object('name', name)
    from old_rows;
  end if;
  return null;
end
$$;
comment on function datastore.audit_picture_sets() is 'Trigger: writes to the history what was done to picture sets.';

-- What a row says of itself (its blob, who changed it, when) is written by triggers, whatever the caller says.

create or replace function datastore.name_blob() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  new.blob_name := new.picture_set_id || '/' || new.picture_id || datastore.extension_of(new.image_data ->> 'format');
  new.image_data := new.image_data || jsonb_build_object('source', (
    select container.name from datastore.container
    where container.container_id = new.container_id) || '/' || new.blob_name);
  return new;
end
$$;
comment on function datastore.name_blob() is
  'Trigger: the place of a picture''s blob, made of the ids of its set and itself.';

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
comment on function datastore.stamp_changed() is
  'Trigger: stamps the last user and time of a change. Argument: what audit_trail.change_log says.';

-- What is stored stays what it is.

create or replace function datastore.keep_stored() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise insufficient_privilege using
    message = format('picture %s is stored: its bytes, and what was found in them, no longer change', old.picture_id),
    hint = 'Upload other bytes under its path with replace => true.';
end
$$;
comment on function datastore.keep_stored() is
  'Trigger: refuses to change what describes the bytes of a stored picture, or to take its state back.';

-- Plain SQL of an acting user changes no more than the functions do. Without an acting user it is the owner who writes,
-- and rows are taken as they come.

create or replace function datastore.keep_replaced() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if old.state <> 'stored' or not exists (
    select from datastore.picture as other
    where other.picture_id = new.replaced_by and other.picture_id <> new.picture_id
      and other.container_id = new.container_id and other.picture_set_id = new.picture_set_id
      and other.relative_path = new.relative_path and other.state = 'pending') then
    raise insufficient_privilege using
      message = format(
        'picture %s is replaced by one that was announced under its path, and by no other', old.picture_id);
  end if;
  return new;
end
$$;
comment on function datastore.keep_replaced() is
  'Trigger: a stored picture makes way for one that was announced under its path, and stays replaced by that one.';

create or replace function datastore.keep_client_keys() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if datastore.acting_user() is not null and exists (
    select from new_rows as changed
    cross join lateral (select datastore.system_keys(tg_argv[0], changed.document) as keys offset 0) as filled
    where changed.document ?| array(select jsonb_object_keys(filled.keys))
       or changed.kept is distinct from (
            case when changed.kept is not null then datastore.kept_keys(changed.kept, filled.keys) end)) then
    raise insufficient_privilege using
      message = 'a document has keys that the datastore fills: who changed it and when, what is in the file, …';
  end if;
  return null;
end
$$;
comment on function datastore.keep_client_keys() is
  'Trigger: what a client says never stands in the place of what the datastore fills. Argument: the kind of document.';

create or replace trigger audit_insert
  after insert on datastore.picture referencing new table as new_rows
  for each statement execute function datastore.audit_pictures();
create or replace trigger audit_update
  after update on datastore.picture referencing old table as old_rows new table as new_rows
  for each statement execute function datastore.audit_pictures();
create or replace trigger audit_delete
  after delete on datastore.picture referencing old table as old_rows
  for each statement execute function datastore.audit_pictures();
create or replace trigger audit_insert
  after insert on datastore.picture_set referencing new table as new_rows
  for each statement execute function datastore.audit_picture_sets();
create or replace trigger audit_update
  after update on datastore.picture_set referencing old table as old_rows new table as new_rows
  for each statement execute function datastore.audit_picture_sets();
create or replace trigger audit_delete
  after delete on datastore.picture_set referencing old table as old_rows
  for each statement execute function datastore.audit_picture_sets();

-- Without an acting user the owner writes, such as pg_restore: rows are taken as they come.
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
    or (old.blob_name, old.size, old.md5, old.metadata, old.image_data, old.tags,
      old.has_personal_data, old.quality_check)
       is distinct from
       (new.blob_name, new.size, new.md5, new.metadata, new.image_data, new.tags,
         new.has_personal_data, new.quality_check)))
  execute function datastore.keep_stored();
create or replace trigger stamp_changed
  before update on datastore.picture for each row
  when ((old.document, old.kept) is distinct from (new.document, new.kept))
  execute function datastore.stamp_changed('picture changed');
create or replace trigger stamp_replaced
  before update on datastore.picture for each row
  when (new.state = 'replaced' and old.state <> 'replaced')
  execute function datastore.stamp_changed('picture replaced');
create or replace trigger stamp_changed
  before update on datastore.picture_set for each row
  when ((old.name, old.document, old.kept) is distinct from (new.name, new.document, new.kept))
  execute function datastore.stamp_changed('picture_set changed');
create or replace trigger keep_replaced
  before update on datastore.picture for each row
  when (datastore.acting_user() is not null
        and (old.replaced_by is distinct from new.replaced_by or new.state = 'replaced' and old.state <> 'replaced'))
  execute function datastore.keep_replaced();
create or replace trigger keep_client_keys_insert
  after insert on datastore.picture referencing new table as new_rows
  for each statement execute function datastore.keep_client_keys('picture');
create or replace trigger keep_client_keys_update
  after update on datastore.picture referencing new table as new_rows
  for each statement execute function datastore.keep_client_keys('picture');
create or replace trigger keep_client_keys_insert
  after insert on datastore.picture_set referencing new table as new_rows
  for each statement execute function datastore.keep_client_keys('picture_set');
create or replace trigger keep_client_keys_update
  after update on datastore.picture_set referencing new table as new_rows
  for each statement execute function datastore.keep_client_keys('picture_set');

-- What the history tells of these tables
do $$
begin
  perform datastore.audit_table('datastore.picture_label',
    '{seed_id,origin,labelled_by,labelled_at}', 'picture_id', operations => 'update delete');
  perform datastore.audit_table('datastore.picture_derivative', '{kind,state,size,sha256,reason}', 'picture_id');
  perform datastore.audit_table('datastore.picture_personal_data', '{noted_at}', 'picture_id');
end
$$;
