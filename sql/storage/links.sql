-- Links to single pictures. One to read names the policy of a key to read, and ends with it. One to upload writes a
-- blob of its own, which is deleted after it ended, whatever became of it.

create or replace function datastore.hand_out_link(
  picture_id uuid, permission text default 'read', minutes integer default 15, container_id uuid default null,
  personal_data boolean default false, with_policy boolean default true
) returns jsonb
language plpgsql volatile as $$
declare
  known datastore.picture := datastore.find_picture(hand_out_link.picture_id, hand_out_link.container_id);
  made datastore.link;
  served jsonb;
begin
  if hand_out_link.permission is null or hand_out_link.permission not in ('read', 'write') then
    perform datastore.refuse('DS400', 'invalid permission',
      jsonb_build_array(datastore.error_row('/permission', 'enum', 'expected read or write')));
  end if;
  if coalesce(not hand_out_link.minutes between 1 and 60, true) then
    perform datastore.refuse('DS400', 'invalid minutes',
      jsonb_build_array(datastore.error_row('/minutes', 'maximum',
        'expected a whole number of minutes between 1 and 60')));
  end if;
  if hand_out_link.permission = 'read' and known.state = 'pending' then
    perform datastore.refuse('DS409',
      format('picture %s was announced, and its bytes have not arrived: there is nothing to read yet',
        known.picture_id));
  elsif hand_out_link.permission = 'write' and known.state <> 'pending' then
    perform datastore.refuse('DS409',
      format('picture %s is stored: a link to upload is for one that was announced and has not arrived',
        known.picture_id));
  end if;

  if hand_out_link.permission = 'write' then
    perform datastore.check_may_write(array[known.container_id]);
  end if;
  if hand_out_link.permission = 'read' then
    served := datastore.served_blob(known.picture_id, known.container_id, coalesce(hand_out_link.personal_data, false));
    if (served ->> 'copy_is_needed')::boolean then
      return jsonb_build_object('copy_is_needed', true);
    end if;
  end if;
  insert into datastore.link (container_id, picture_id, picture_set_id, permission, policy_name, starts_at, expires_at)
  values (known.container_id, known.picture_id, known.picture_set_id, hand_out_link.permission,
          case when hand_out_link.permission = 'read' and with_policy
            then datastore.policy_for_links(known.container_id) end,
          date_trunc('second', now() - interval '15 minutes'),
          date_trunc('second', now() + make_interval(mins => hand_out_link.minutes)))
  returning * into made;
  return (
    select jsonb_build_object(
      'link_id', made.link_id, 'picture_id', known.picture_id, 'permission', made.permission,
      'policy_name', made.policy_name,
      'starts_at', made.starts_at, 'expires_at', made.expires_at,
      'copy_is_needed', false, 'is_copy', coalesce(served -> 'is_copy', 'false'), 'container_name', container.name,
      'blob_name', coalesce(made.blob_name, served ->> 'blob_name', known.blob_name),
      'file_name', coalesce(known.file_name, regexp_replace(known.blob_name, '^.*/', '')), 'format', known.format,
      'md5', datastore.to_base64(known.md5))
    from datastore.container
    where container.container_id = known.container_id);
end
$$;
comment on function datastore.hand_out_link(uuid, text, integer, uuid, boolean, boolean) is
'Records in `datastore.link` that a link to a picture is handed out, and answers what has to be signed. Signing
needs the storage account''s key, or a user delegation key, which the database does not have: `datastore-db link`
does both.

permission: `read`, for a picture whose bytes have arrived; `write`, to upload those of one that was announced
minutes: 1 to 60
with_policy: `false`: an identity signs it, so it names no stored policy
personal_data: to the original, also where the file has personal data (docs/access.md#personal-data); else such
  a picture''s link is to a copy without
Answer: `link_id`, `picture_id`, `permission`, `policy_name`, `starts_at`, `expires_at`, `container_name`,
  `blob_name`, `file_name`, `format`, `md5` in base64; the last two are null where they are not known.
  `policy_name`: the stored policy that a link to read names, and with which it ends; null where the container
  has no key. `blob_name` of a link to upload is its own: confirm_upload stores what came there. Or
  `{copy_is_needed: true}`, and nothing is recorded: begin_copy, and ask again
Errors: `DS400` · `DS403`: personal data that its owner does not show, and where there can be no copy · `DS404`
  · `DS409`: the picture is in the wrong state for it';

create or replace function datastore.policy_for_links(container_id uuid) returns text
language sql stable parallel safe
return (
  select known.policy_name
  from datastore.container_key as known
  where known.container_id = policy_for_links.container_id and known.permission = 'read'
    and not known.is_handed_out and known.revoked_at is null and known.removed_at is null and known.expires_at > now()
  order by known.settled_at <= now() desc, known.issued_at desc
  limit 1);
comment on function datastore.policy_for_links(uuid) is
  'The policy of a container''s newest key to read that storage knows; NULL if there is none.';

create or replace function datastore.queue_link_uploads() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into datastore.blob_deletion (container_id, gone_container, blob_name, writable_until)
  select made.container_id, container.name, made.blob_name, made.expires_at
  from new_rows as made
  join datastore.container on container.container_id = made.container_id
  where made.blob_name is not null;
  return null;
end
$$;
comment on function datastore.queue_link_uploads() is
  'Trigger: what may come through a link to upload is to be deleted after the link ended, whether or not it comes, '
  'and whether or not it is confirmed.';
create or replace trigger queue_link_uploads
  after insert on datastore.link referencing new table as new_rows
  for each statement execute function datastore.queue_link_uploads();

create or replace function datastore.list_links(
  container_ids jsonb default null, include_past boolean default false
) returns jsonb
language sql stable
begin atomic
  select coalesce(jsonb_agg(jsonb_build_object(
    'link_id', listed.link_id, 'container_id', listed.container_id, 'container_name', listed.name,
    'picture_id', listed.picture_id,
    'permission', listed.permission, 'state', listed.state, 'is_revocable', listed.policy_name is not null,
    'issued_at', listed.issued_at, 'issued_by', listed.issued_by, 'expires_at', listed.expires_at)
      order by listed.issued_at, listed.link_id), '[]')
  from (
    select link.*, container.name, case
      when exists (
        select from datastore.container_key as known
        where known.container_id = link.container_id and known.policy_name = link.policy_name
          and least(known.revoked_at, known.removed_at) < link.expires_at) then 'revoked'
      when link.expires_at <= now() then 'ended'
      else 'open' end as state
    from datastore.link
    join datastore.container on container.container_id = link.container_id
    where list_links.container_ids is null
       or link.container_id in (select unnest(datastore.read_ids(list_links.container_ids)))
  ) as listed
  where include_past or listed.state = 'open';
end;
comment on function datastore.list_links(jsonb, boolean) is
'The links that were handed out, without the links.

container_ids: an array of ids: of these containers; without it of all that one sees
include_past: also those that open nothing any more
Answer: `[{link_id, container_id, container_name, picture_id, permission, state, is_revocable, issued_at,
  issued_by, expires_at}]`; `state` is open, ended or revoked
Errors: none';

create or replace function datastore.revoke_links(container_ids jsonb, of_others boolean default false) returns jsonb
language sql volatile
begin atomic
  with open as materialized (
    select link.container_id, link.policy_name, link.issued_by <> container.user_id as is_of_others
    from datastore.link
    join datastore.container on container.container_id = link.container_id
    where link.container_id in (select unnest(datastore.read_ids(revoke_links.container_ids)))
      and link.expires_at > now() and link.policy_name is not null
  ), revoked as (
    update datastore.container_key as known
    set revoked_at = now()
    where (known.container_id, known.policy_name) in (
        select open.container_id, open.policy_name from open where open.is_of_others or not revoke_links.of_others)
      and known.permission = 'read' and not known.is_handed_out and known.revoked_at is null
      and known.removed_at is null
    returning known.container_id, known.policy_name
  )
  select jsonb_build_object(
    'container_ids', (select coalesce(jsonb_agg(distinct revoked.container_id), '[]') from revoked),
    'links', (select count(*) from open join revoked using (container_id, policy_name)));
end;
comment on function datastore.revoke_links(jsonb, boolean) is
'Ends the open links to read of containers, all those of a container together: it takes back the key to read
whose stored policy they name. The next `datastore-db keys renew` removes the policy from storage, and makes a
new key. `unshare_container` and `publish_container` call it. Links to upload end by themselves.

container_ids: an array of ids
of_others: only where another user than the owner handed one out
Answer: `container_ids`: where there were any, and `links`: how many
Errors: none';

-- What came through a link

create or replace function datastore.locate_upload(picture_id uuid, container_id uuid default null) returns jsonb
language plpgsql stable as $$
declare
  known datastore.picture := datastore.find_picture(locate_upload.picture_id, locate_upload.container_id);
begin
  perform datastore.check_may_write(array[known.container_id]);
  return datastore.container_access(known.container_id, 'write') || jsonb_build_object(
    'state', known.state, 'blob_name', known.blob_name, 'file_name', known.file_name,
    'size', known.size, 'md5', datastore.to_base64(known.md5), 'sha256', known.sha256,
    'uploads', (
      select coalesce(jsonb_agg(link.blob_name order by link.issued_at, link.link_id), '[]')
      from datastore.link
      where link.container_id = known.container_id and link.picture_id = known.picture_id and link.blob_name is not null
        -- Later it is swept.
        and link.expires_at > now() - interval '1 day'));
end
$$;
comment on function datastore.locate_upload(uuid, uuid) is
'Where the bytes of an announced picture may be that came through links to upload.

Answer: as of find_container_key, to write, and `state`, `blob_name` (its final name), `file_name`, `size`,
  `md5`, `sha256` as they were announced, or null, and `uploads`: names of blobs, the oldest link''s first
Errors: `DS403` · `DS404`';

create or replace function datastore.confirm_upload(
  picture_id uuid, inspection jsonb, etag text, container_id uuid default null
) returns json
language plpgsql volatile as $$
#variable_conflict use_column
declare
  known datastore.picture := datastore.find_picture(confirm_upload.picture_id, confirm_upload.container_id);
  found record;
begin
  perform datastore.check_may_write(array[known.container_id]);
  perform datastore.check_documents('inspection', jsonb_build_array(confirm_upload.inspection));
  select * into found from datastore.announced_pictures('[{}]', jsonb_build_array(confirm_upload.inspection));
  if known.size <> found.size or known.md5 <> found.md5 or known.sha256 <> found.sha256 then
    perform datastore.refuse('DS409',
      format('what was uploaded for picture %s is not what was announced, or not what is stored', known.picture_id));
  end if;
  update datastore.picture
  set size = found.size, md5 = found.md5, quality_check = found.quality_check || '{"upload_check": false}'
  where picture_id = known.picture_id and container_id = known.container_id and state = 'pending';
  if known.state = 'pending' then
    perform datastore.write_image_data(known.picture_id, known.container_id,
      found.image_data || jsonb_strip_nulls(jsonb_build_object(
      'source', known.image_data -> 'source', 'parent', known.image_data -> 'parent', 'size', found.size)));
  end if;
  perform datastore.confirm_pictures(jsonb_build_array(jsonb_build_object(
    'picture_id', known.picture_id, 'size', found.size, 'md5', datastore.to_base64(found.md5),
    'etag', confirm_upload.etag)));
  return datastore.picture_json(known.picture_id);
end
$$;
comment on function datastore.confirm_upload(uuid, jsonb, text, uuid) is
'Says that what came through a link was looked into, and lies under the picture''s final name: `datastore-db
confirm-upload` does all three. The picture is *stored* from now on, and has what the inspection found.

inspection: as in announce_pictures
etag: of the blob under its final name
Answer: the picture''s document; again: the same
Errors: `DS400` · `DS403` · `DS404` · `DS409`: other bytes than were announced, or than are stored';
