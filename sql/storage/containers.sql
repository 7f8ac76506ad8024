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
    || datastore.served_blob(known.picture_id, known.container_id));
end
$$;
comment on function datastore.locate_picture(uuid, uuid) is
  'Where the bytes of a picture are: as datastore.find_container_key, and {blob_name, size: bytes, md5: base64, etag, sha256: hex, format, is_copy, copy_is_needed}, see datastore.served_blob: what was confirmed, to be compared with what is there. Errors: DS404, DS409 while they have not arrived.';
