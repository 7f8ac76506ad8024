create or replace function datastore.hand_out_link(
  picture_id uuid, permission text default 'read', minutes integer default 15, container_id uuid default null
) returns jsonb
language plpgsql volatile as $$
declare
  known datastore.picture := datastore.find_picture(hand_out_link.picture_id, hand_out_link.container_id);
  made datastore.link;
begin
  if hand_out_link.permission is null or hand_out_link.permission not in ('read', 'write') then
    perform datastore.refuse('DS400', 'invalid permission', jsonb_build_array(jsonb_build_object(
      'instance_path', '/permission', 'keyword', 'enum', 'message', 'expected read or write')));
  end if;
  if coalesce(not hand_out_link.minutes between 1 and 1440, true) then
    perform datastore.refuse('DS400', 'invalid minutes', jsonb_build_array(jsonb_build_object(
      'instance_path', '/minutes', 'keyword', 'maximum', 'message', 'expected a whole number of minutes between 1 and 1440 (a day)')));
  end if;
  if hand_out_link.permission = 'read' and known.state = 'pending' then
    perform datastore.refuse('DS409', format('picture %s was announced, and its bytes have not arrived: there is nothing to read yet', known.picture_id));
  elsif hand_out_link.permission = 'write' and known.state <> 'pending' then
    perform datastore.refuse('DS409', format('picture %s is stored: a link to upload is for one that was announced and has not arrived', known.picture_id));
  end if;

  if hand_out_link.permission = 'write' then
    perform datastore.check_may_write(array[known.container_id]);
  end if;
  insert into datastore.link (container_id, picture_id, permission, starts_at, expires_at)
  values (known.container_id, known.picture_id, hand_out_link.permission, date_trunc('second', now() - interval '15 minutes'),
          date_trunc('second', now() + make_interval(mins => hand_out_link.minutes)))
  returning * into made;
  return (
    select jsonb_build_object(
      'link_id', made.link_id, 'picture_id', known.picture_id, 'permission', made.permission,
      'starts_at', made.starts_at, 'expires_at', made.expires_at,
      'container_name', container.name, 'blob_name', known.blob_name,
      'file_name', coalesce(known.file_name, regexp_replace(known.blob_name, '^.*/', '')), 'format', known.format,
      'md5', datastore.to_base64(known.md5))
    from datastore.container
    where container.container_id = known.container_id);
end
$$;
comment on function datastore.hand_out_link(uuid, text, integer, uuid) is
'Records that a link to a picture is handed out, and answers what is to be signed: {link_id, picture_id, permission, starts_at, expires_at, container_name, blob_name, file_name, format, md5: base64, or null}. permission: read, for a stored picture; write, for an announced one whose bytes have not arrived. Call it only where it can be signed.
Errors: DS400, DS403, DS404, DS409 for a picture in the wrong state.';
