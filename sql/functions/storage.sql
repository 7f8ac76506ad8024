-- What a process that moves bytes has to know.

create or replace function datastore.find_container(picture_set_id uuid default null) returns jsonb
language plpgsql stable as $$
declare
  home_id uuid := case when find_container.picture_set_id is null then datastore.own_container()
                       else (datastore.find_picture_set(find_container.picture_set_id)).container_id end;
begin
  return (
    select jsonb_build_object(
      'container_id', container.container_id,
      'container_name', container.name,
      'is_ready', container.ready_at is not null,
      'picture_set_id', coalesce(find_container.picture_set_id, (datastore.user_json(container.user_id) ->> 'picture_set_id')::uuid))
    from datastore.container
    where container.container_id = home_id);
end
$$;
comment on function datastore.find_container(uuid) is
  'The container of a picture set, or the acting user''s: {container_id, container_name, is_ready, picture_set_id}; without a set the default one. Errors: DS403 when neither is given, DS404.';

create or replace function datastore.container_is_ready(container_id uuid) returns void
language sql volatile
begin atomic
  update datastore.container set ready_at = now()
  where container.container_id = container_is_ready.container_id and ready_at is null;
end;
comment on function datastore.container_is_ready(uuid) is 'Says that the container was made in storage.';

create or replace function datastore.locate_picture(picture_id uuid, container_id uuid default null) returns jsonb
language plpgsql stable as $$
declare
  known datastore.picture := datastore.find_picture(locate_picture.picture_id, locate_picture.container_id);
begin
  if known.state = 'pending' then
    perform datastore.refuse('DS409', format('picture %s was announced, and its bytes have not arrived: upload it again', known.picture_id));
  end if;
  return (
    select jsonb_build_object('container_name', container.name, 'blob_name', known.blob_name, 'size', known.size, 'sha256', known.sha256)
    from datastore.container
    where container.container_id = known.container_id);
end
$$;
comment on function datastore.locate_picture(uuid, uuid) is
  'Where the bytes of a picture are: {container_name, blob_name, size: bytes, sha256: hex}. Errors: DS404, DS409 while they have not arrived.';

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

create or replace function datastore.due_blob_deletions(older_than interval default '1 hour', how_many integer default 1000) returns jsonb
language sql stable
begin atomic
  select coalesce(jsonb_agg(jsonb_build_object('blob_deletion_id', due.blob_deletion_id, 'container_name', due.container_name,
                                               'blob_name', due.blob_name) order by due.blob_deletion_id), '[]')
  from (
    select blob_deletion.* from datastore.blob_deletion
    where blob_deletion.queued_at <= now() - older_than
    order by blob_deletion.blob_deletion_id limit how_many
  ) as due;
end;
comment on function datastore.due_blob_deletions(interval, integer) is
  'The oldest entries of the outbox: [{blob_deletion_id, container_name, blob_name}]. Delete the blobs, then call datastore.blobs_are_deleted. They are due only after a while, because an upload that was overtaken may still be under way.';

create or replace function datastore.blobs_are_deleted(blob_deletion_ids jsonb) returns void
language sql volatile
begin atomic
  delete from datastore.blob_deletion
  where blob_deletion_id in (select id::bigint from jsonb_array_elements_text(blob_deletion_ids) as id);
end;
comment on function datastore.blobs_are_deleted(jsonb) is 'Takes entries out of the outbox: an array of blob_deletion_id.';
