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
'Gives up pictures that were announced and never confirmed, but for those that have an inference. Their blobs, if
any came, go to the outbox. An upload that goes on with one of them nevertheless gets `DS404` when it confirms,
and announces it anew when it runs again.

older_than: how long ago they were announced, at least
Answer: how many it deleted
Errors: none';

create or replace function datastore.due_blob_deletions(
  older_than interval default '1 hour', how_many integer default 1000,
  except_containers jsonb default '[]', after bigint default 0
) returns jsonb
language sql stable
begin atomic
  select coalesce(jsonb_agg(jsonb_build_object(
    'blob_deletion_id', due.blob_deletion_id, 'container_id', due.container_id,
    'container_name', due.container_name, 'endpoint', due.endpoint,
    'blob_name', due.blob_name) order by due.blob_deletion_id), '[]')
  from (
    select blob_deletion.*, place.container_name, container.endpoint
    from datastore.blob_deletion
    left join datastore.container on container.container_id = blob_deletion.container_id
    cross join lateral (
      select coalesce(container.name, (
        select blob_deletion.gone_container
        where not exists (select from datastore.container as other
          where other.name = blob_deletion.gone_container))) as container_name
    ) as place
    where blob_deletion.blob_deletion_id > after and place.container_name is not null
      and greatest(blob_deletion.queued_at, blob_deletion.writable_until) <= now() - older_than
      -- What could not be deleted waits: an hour after the first attempt, a day after the fifth and all that follow.
      and (blob_deletion.tried_at is null
           or blob_deletion.tried_at <= now() - least(
             interval '1 hour' * 2 ^ least(blob_deletion.attempts - 1, 5), interval '1 day'))
      and not except_containers ? place.container_name
    order by blob_deletion.blob_deletion_id limit how_many
  ) as due;
end;
comment on function datastore.due_blob_deletions(interval, integer, jsonb, bigint) is
'The oldest entries of the outbox: blobs whose picture is gone. However a row of `datastore.picture` disappears,
by `DELETE`, by a cascade or by `TRUNCATE`, a trigger puts its blob here. `datastore-db sweep` deletes the
blobs, and then calls remove_blob_deletions, and record_failed_deletions for those that storage does not delete: they
are due again an hour later, and a day later after the fifth time.

older_than: an entry is due only after this time (one hour), because an upload that was overtaken may still be
  on its way
how_many: at most so many
except_containers: an array of names of containers to pass over
after: only entries whose `blob_deletion_id` comes after this one
Answer: `[{blob_deletion_id, container_id, container_name, endpoint, blob_name}]`; the endpoint is null before
  the container is made
Errors: none';

create or replace function datastore.remove_blob_deletions(blob_deletion_ids jsonb) returns void
language sql volatile
begin atomic
  delete from datastore.blob_deletion
  where blob_deletion_id in (select id::bigint from jsonb_array_elements_text(blob_deletion_ids) as id);
end;
comment on function datastore.remove_blob_deletions(jsonb) is
'Takes entries out of the outbox.

blob_deletion_ids: an array of `blob_deletion_id`
Errors: none for an id that is gone already';

create or replace function datastore.record_failed_deletions(failures jsonb) returns void
language sql volatile
begin atomic
  update datastore.blob_deletion
  set attempts = blob_deletion.attempts + 1, tried_at = now(), last_error = failed.error
  from jsonb_to_recordset(failures) as failed(blob_deletion_id bigint, error text)
  where blob_deletion.blob_deletion_id = failed.blob_deletion_id;
end;
comment on function datastore.record_failed_deletions(jsonb) is
'Keeps why entries of the outbox could not be deleted, in `last_error`, with `tried_at` and `attempts`.

failures: an array of `{blob_deletion_id, error}`
Errors: none for an id that is gone already';
