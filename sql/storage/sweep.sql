create or replace function datastore.delete_pending_pictures(older_than interval) returns bigint
language sql volatile security definer set search_path = pg_catalog, pg_temp
begin atomic
  with deleted as (
    delete from datastore.picture
    where picture.state = 'pending' and picture.created_at <= now() - older_than
      and not exists (
        select from datastore.inference
        where inference.picture_id = picture.picture_id and inference.container_id = picture.container_id)
    returning 1
  )
  select count(*) from deleted;
end;
comment on function datastore.delete_pending_pictures(interval) is
  'Deletes pictures that were announced that long ago and never confirmed, whose upload nobody will go on with; what came of their blobs goes to the outbox. One that has an inference stays. Answers how many. An upload that goes on with one nevertheless is refused (DS404) when it confirms, and announces it anew when it runs again.';

create or replace function datastore.due_blob_deletions(
  older_than interval default '1 hour', how_many integer default 1000, except_containers jsonb default '[]', after bigint default 0
) returns jsonb
language sql stable
begin atomic
  select coalesce(jsonb_agg(jsonb_build_object(
    'blob_deletion_id', due.blob_deletion_id, 'container_id', due.container_id, 'container_name', due.container_name, 'endpoint', due.endpoint,
    'blob_name', due.blob_name) order by due.blob_deletion_id), '[]')
  from (
    select blob_deletion.*, place.container_name, container.endpoint
    from datastore.blob_deletion
    left join datastore.container on container.container_id = blob_deletion.container_id
    cross join lateral (
      select coalesce(container.name, (
        select blob_deletion.gone_container
        where not exists (select from datastore.container as other where other.name = blob_deletion.gone_container))) as container_name
    ) as place
    where blob_deletion.blob_deletion_id > after and place.container_name is not null
      and greatest(blob_deletion.queued_at, blob_deletion.writable_until) <= now() - older_than
      -- What could not be deleted waits: an hour after the first attempt, a day after the fifth and all that follow.
      and (blob_deletion.tried_at is null
           or blob_deletion.tried_at <= now() - least(interval '1 hour' * 2 ^ least(blob_deletion.attempts - 1, 5), interval '1 day'))
      and not except_containers ? place.container_name
    order by blob_deletion.blob_deletion_id limit how_many
  ) as due;
end;
comment on function datastore.due_blob_deletions(interval, integer, jsonb, bigint) is
'The oldest entries of the outbox: [{blob_deletion_id, container_id, container_name, endpoint, blob_name}]. Delete the blobs, then call datastore.blobs_are_deleted, and datastore.blobs_are_not_deleted for those that cannot be deleted. They are due only after a while, because an upload that was overtaken may still be under way; what came through a link, that while after the link ended.
except_containers: names of containers to pass over. after: only entries that come after this one, so that a sweep ends also where nothing can be deleted.';

create or replace function datastore.blobs_are_deleted(blob_deletion_ids jsonb) returns void
language sql volatile
begin atomic
  delete from datastore.blob_deletion
  where blob_deletion_id in (select id::bigint from jsonb_array_elements_text(blob_deletion_ids) as id);
end;
comment on function datastore.blobs_are_deleted(jsonb) is 'Takes entries out of the outbox: an array of blob_deletion_id.';

create or replace function datastore.blobs_are_not_deleted(failures jsonb) returns void
language sql volatile
begin atomic
  update datastore.blob_deletion
  set attempts = blob_deletion.attempts + 1, tried_at = now(), last_error = failed.error
  from jsonb_to_recordset(failures) as failed(blob_deletion_id bigint, error text)
  where blob_deletion.blob_deletion_id = failed.blob_deletion_id;
end;
comment on function datastore.blobs_are_not_deleted(jsonb) is
  'Says which entries of the outbox could not be deleted, and why: an array of {blob_deletion_id, error}. They stay, and are due again after a while.';
