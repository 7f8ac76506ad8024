-- What a process that moves bytes has to know.

create or replace function datastore.find_container(picture_set_id uuid default null, permission text default 'write') returns jsonb
language plpgsql stable as $$
declare
  home_id uuid := case when find_container.picture_set_id is null then datastore.own_container()
                       else (datastore.find_picture_set(find_container.picture_set_id)).container_id end;
begin
  if find_container.permission is distinct from 'read' then
    perform datastore.check_may_write(array[home_id]);
  end if;
  return (
    select datastore.container_access(container.container_id, find_container.permission) || jsonb_build_object(
      'picture_set_id', coalesce(find_container.picture_set_id, (datastore.user_json(container.user_id) ->> 'picture_set_id')::uuid))
    from datastore.container
    where container.container_id = home_id);
end
$$;
comment on function datastore.find_container(uuid, text) is
  'The container of a picture set, or the acting user''s, with the key to it: as datastore.find_container_key, and picture_set_id; without a set the default one. permission: what the key is for, read or write. Errors: DS403 when neither is given, or for a key to write where the acting user may only read, DS404.';

create or replace function datastore.locate_picture(picture_id uuid, container_id uuid default null) returns jsonb
language plpgsql stable as $$
declare
  known datastore.picture := datastore.find_picture(locate_picture.picture_id, locate_picture.container_id);
begin
  if known.state = 'pending' then
    perform datastore.refuse('DS409', format('picture %s was announced, and its bytes have not arrived: upload it again', known.picture_id));
  end if;
  return (
    datastore.container_access(known.container_id, 'read')
    || jsonb_build_object('blob_name', known.blob_name, 'size', known.size, 'sha256', known.sha256));
end
$$;
comment on function datastore.locate_picture(uuid, uuid) is
  'Where the bytes of a picture are: as datastore.find_container_key, and {blob_name, size: bytes, sha256: hex}. Errors: DS404, DS409 while they have not arrived.';

create or replace function datastore.delete_pending_pictures(older_than interval) returns bigint
language sql volatile
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

create or replace function datastore.due_blob_deletions(older_than interval default '1 hour', how_many integer default 1000, except_containers jsonb default '[]') returns jsonb
language sql stable
begin atomic
  select coalesce(jsonb_agg(jsonb_build_object('blob_deletion_id', due.blob_deletion_id, 'container_name', due.container_name,
                                               'blob_name', due.blob_name) order by due.blob_deletion_id), '[]')
  from (
    select blob_deletion.* from datastore.blob_deletion
    where blob_deletion.queued_at <= now() - older_than
      and not except_containers ? blob_deletion.container_name
    order by blob_deletion.blob_deletion_id limit how_many
  ) as due;
end;
comment on function datastore.due_blob_deletions(interval, integer, jsonb) is
  'The oldest entries of the outbox: [{blob_deletion_id, container_name, blob_name}]. Delete the blobs, then call datastore.blobs_are_deleted. They are due only after a while, because an upload that was overtaken may still be under way. except_containers: names of containers to pass over.';

create or replace function datastore.blobs_are_deleted(blob_deletion_ids jsonb) returns void
language sql volatile
begin atomic
  delete from datastore.blob_deletion
  where blob_deletion_id in (select id::bigint from jsonb_array_elements_text(blob_deletion_ids) as id);
end;
comment on function datastore.blobs_are_deleted(jsonb) is 'Takes entries out of the outbox: an array of blob_deletion_id.';
