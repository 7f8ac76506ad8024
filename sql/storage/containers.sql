-- What a process that moves bytes has to know.

create or replace function datastore.find_container(
  picture_set_id uuid default null, permission text default 'write'
) returns jsonb
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
      'picture_set_id', coalesce(find_container.picture_set_id,
        (datastore.user_json(container.user_id) ->> 'picture_set_id')::uuid))
    from datastore.container
    where container.container_id = home_id);
end
$$;
comment on function datastore.find_container(uuid, text) is
'The container of a picture set or, without one, the acting user''s, with the key to it.

permission: what the key is for: `read`, or `write`, which reads as well
Answer: as of find_container_key, and `picture_set_id` (the one given, else the default set)
Errors: `DS403`: no acting user, and no set is named · `DS404`';

create or replace function datastore.locate_picture(picture_id uuid, container_id uuid default null) returns jsonb
language plpgsql stable as $$
declare
  known datastore.picture := datastore.find_picture(locate_picture.picture_id, locate_picture.container_id);
begin
  if known.state = 'pending' then
    perform datastore.refuse('DS409',
      format('picture %s was announced, and its bytes have not arrived: upload it again', known.picture_id));
  end if;
  return (
    datastore.container_access(known.container_id, 'read')
    || datastore.served_blob(known.picture_id, known.container_id));
end
$$;
comment on function datastore.locate_picture(uuid, uuid) is
'Where the bytes of a picture are, with the key to read them.

Answer: as of find_container_key, and what was confirmed, to be compared with what is there: `blob_name`, `size`
  in bytes, `md5` in base64, `etag`, `sha256` in hex, `format`; `is_copy`: it is the copy without personal data
  (docs/access.md#personal-data), because the acting user may not see that; `copy_is_needed`: that is to be made
  first, by begin_copy
Errors: `DS403`: there can be no such copy · `DS404` · `DS409`: announced, and the bytes have not arrived';
