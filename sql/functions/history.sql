-- What happened is written by triggers, whoever did it. Statement level: one insert for a batch of any size.

create or replace function datastore.remember_changed_pictures() returns trigger
language plpgsql as $$
begin
  insert into datastore.history (container_id, entity, entity_id, action, acted_by, before)
  select was.container_id, 'picture', was.picture_id,
         case when now_is.state = was.state then 'changed' else 'replaced' end, datastore.acting_user(),
         was.document
  from old_rows as was
  join new_rows as now_is using (picture_id, container_id)
  where (was.document, was.kept) is distinct from (now_is.document, now_is.kept)
     or now_is.state = 'replaced' and was.state <> 'replaced';
  return null;
end
$$;
comment on function datastore.remember_changed_pictures() is 'Writes to the history what clients had said about pictures before an update.';

create or replace function datastore.remember_changed_picture_sets() returns trigger
language plpgsql as $$
begin
  insert into datastore.history (container_id, entity, entity_id, action, acted_by, before)
  select was.container_id, 'picture_set', was.picture_set_id, 'changed', datastore.acting_user(),
         was.document || jsonb_build_object('name', was.name)
  from old_rows as was
  join new_rows as now_is using (picture_set_id, container_id)
  where (was.name, was.document, was.kept) is distinct from (now_is.name, now_is.document, now_is.kept);
  return null;
end
$$;
comment on function datastore.remember_changed_picture_sets() is 'Writes to the history what clients had said about picture sets before an update.';

create or replace function datastore.remember_claims(entity text, claims jsonb) returns void
language sql volatile
begin atomic
  insert into datastore.history (container_id, entity, entity_id, action, acted_by, claimed)
  select claim.container_id, remember_claims.entity, claim.entity_id, 'claimed', datastore.acting_user(), claim.claimed
  from jsonb_to_recordset(claims) as claim(container_id uuid, entity_id uuid, claimed jsonb)
  where claim.claimed is not null
    and claim.claimed is distinct from (
      select history.claimed from datastore.history
      where history.entity_id = claim.entity_id and history.action = 'claimed'
      order by history.history_id desc limit 1);
end;
comment on function datastore.remember_claims(text, jsonb) is
  'Writes to the history what clients claimed, unless it was their last word already: an array of {container_id, entity_id, claimed}.';

create or replace function datastore.queue_blob_deletions() returns trigger
language plpgsql as $$
begin
  insert into datastore.blob_deletion (container_name, blob_name)
  select container.name, was.blob_name
  from old_rows as was join datastore.container using (container_id);

  insert into datastore.history (container_id, entity, entity_id, action, acted_by, before)
  select was.container_id, 'picture', was.picture_id, 'deleted', datastore.acting_user(),
         was.document
  from old_rows as was
  where was.state <> 'pending';
  return null;
end
$$;
comment on function datastore.queue_blob_deletions() is 'Puts the blobs of deleted pictures into the outbox, and what clients had said into the history.';

create or replace function datastore.queue_all_blob_deletions() returns trigger
language plpgsql as $$
begin
  insert into datastore.blob_deletion (container_name, blob_name)
  select container.name, picture.blob_name
  from datastore.picture join datastore.container using (container_id);
  return null;
end
$$;
comment on function datastore.queue_all_blob_deletions() is 'Puts the blobs of all pictures into the outbox, before a TRUNCATE.';

create or replace trigger remember_changed
  after update on datastore.picture
  referencing old table as old_rows new table as new_rows
  for each statement execute function datastore.remember_changed_pictures();
create or replace trigger remember_changed
  after update on datastore.picture_set
  referencing old table as old_rows new table as new_rows
  for each statement execute function datastore.remember_changed_picture_sets();
create or replace trigger queue_blob_deletions
  after delete on datastore.picture
  referencing old table as old_rows
  for each statement execute function datastore.queue_blob_deletions();
create or replace trigger queue_all_blob_deletions
  before truncate on datastore.picture
  for each statement execute function datastore.queue_all_blob_deletions();
