-- Copies of pictures without personal data. They are made once, where the storage account's credentials are, without
-- an acting user; what is served to whom is decided here.

create or replace function datastore.served_blob(
  picture_id uuid, container_id uuid, personal_data boolean default null
) returns jsonb
language plpgsql stable as $$
declare
  known datastore.picture := datastore.find_picture(served_blob.picture_id, served_blob.container_id);
  may_see boolean := datastore.may_see_personal_data(known.container_id);
  made datastore.picture_derivative;
begin
  if served_blob.personal_data and known.has_personal_data and not may_see then
    perform datastore.refuse('DS403', format(
      'picture %s has personal data, which its owner does not show: ask for it without, or ask the owner to share it',
      known.picture_id));
  end if;
  if not known.has_personal_data or coalesce(served_blob.personal_data, may_see) then
    return jsonb_build_object(
      'blob_name', known.blob_name, 'size', known.size, 'md5', datastore.to_base64(known.md5), 'etag', known.etag,
      'sha256', known.sha256, 'format', known.format, 'is_copy', false, 'copy_is_needed', false);
  end if;
  select derivative.* into made
  from datastore.picture_derivative as derivative
  where derivative.picture_id = known.picture_id and derivative.container_id = known.container_id
    and derivative.kind = 'without personal data';
  if made.state = 'refused' then
    perform datastore.refuse('DS403', format(
      'picture %s has personal data, and there can be no copy without: %s', known.picture_id, made.reason));
  end if;
  return jsonb_build_object(
    'blob_name', made.blob_name, 'size', made.size, 'md5', datastore.to_base64(made.md5), 'etag', made.etag,
    'sha256', made.sha256, 'format', known.format, 'is_copy', true,
    'copy_is_needed', made.state is distinct from 'stored');
end
$$;
comment on function datastore.served_blob(uuid, uuid, boolean) is
  'Which blob is served to the acting user: {blob_name, size: bytes, md5: base64, etag, sha256: hex, format, '
  'is_copy: is it a copy without personal data, copy_is_needed: is that to be made first}. personal_data: true for '
  'the original, false for one without personal data, NULL for the original where they may see it. Errors: DS403 '
  'for personal data that its owner does not show, and where there can be no copy, DS404.';

create or replace function datastore.begin_copy(picture_id uuid, container_id uuid default null) returns jsonb
language plpgsql volatile as $$
#variable_conflict use_column
declare
  known datastore.picture := datastore.find_picture(begin_copy.picture_id, begin_copy.container_id);
  made datastore.picture_derivative;
  is_mine boolean;
begin
  if known.state = 'pending' then
    perform datastore.refuse('DS409', format(
      'picture %s was announced, and its bytes have not arrived', known.picture_id));
  end if;
  -- A concurrent call waits here for the first one's row, and finds it.
  insert into datastore.picture_derivative as other (picture_id, container_id)
  values (known.picture_id, known.container_id)
  on conflict on constraint picture_derivative_kind_key do update set begun_at = now()
  where other.state = 'pending' and other.begun_at < now() - interval '10 minutes'
  returning * into made;
  is_mine := found;
  if not is_mine then
    select derivative.* into made
    from datastore.picture_derivative as derivative
    where derivative.picture_id = known.picture_id and derivative.container_id = known.container_id
    and derivative.kind = 'without personal data';
  end if;
  return jsonb_build_object(
    'derivative_id', made.derivative_id, 'container_id', made.container_id, 'blob_name', made.blob_name,
    'state', made.state, 'is_mine', is_mine, 'reason', made.reason,
    'container_name', (
      select container.name from datastore.container where container.container_id = known.container_id),
    'original', datastore.served_blob(known.picture_id, known.container_id, true));
end
$$;
comment on function datastore.begin_copy(uuid, uuid) is
'Begins to make a copy of a picture without personal data, which a process with the storage account''s
credentials does: see docs/access.md#copies. A copy is made once; a concurrent call learns that
another process makes it, and takes it over after ten minutes.

Answer: `derivative_id`, `container_id`, `container_name`, `blob_name` of the copy, `state` (`pending`, `stored`
  or `refused`), `is_mine`: make it now, `reason` of a refusal, `original`: its `blob_name`, `size`, `md5`,
  `etag`, `sha256`, `format`
Errors: `DS404` · `DS409`: the bytes of the picture have not arrived';

create or replace function datastore.end_copy(
  derivative_id uuid, container_id uuid, made jsonb default null, reason text default null
) returns void
language plpgsql volatile as $$
#variable_conflict use_column
begin
  update datastore.picture_derivative as derivative
  set state = case when end_copy.reason is not null then 'refused'
                   when end_copy.made is not null then 'stored' else 'pending' end,
      size = (end_copy.made ->> 'size')::bigint, md5 = decode(end_copy.made ->> 'md5', 'base64'),
      sha256 = end_copy.made ->> 'sha256', etag = end_copy.made ->> 'etag', reason = end_copy.reason, ended_at = now(),
      begun_at = case when coalesce(end_copy.made::text, end_copy.reason) is null then '-infinity'
                      else derivative.begun_at end
  where derivative.derivative_id = end_copy.derivative_id and derivative.container_id = end_copy.container_id
    and derivative.state = 'pending';
end
$$;
comment on function datastore.end_copy(uuid, uuid, jsonb, text) is
'Says that a copy was made: `{size, md5, sha256, etag}`, with `md5` in base64 and `sha256` in hex; or with
`reason` why there can be none. With neither, another process may try.';

create or replace function datastore.missing_copies() returns jsonb
language sql stable
return (
  select coalesce(jsonb_agg(
    jsonb_build_object('picture_id', picture.picture_id, 'container_id', picture.container_id)
    order by picture.position), '[]')
  from datastore.picture
  where picture.has_personal_data and picture.state <> 'pending'
    and not exists (
      select from datastore.picture_derivative as derivative
      where derivative.picture_id = picture.picture_id and derivative.container_id = picture.container_id
        and derivative.state <> 'pending')
);
comment on function datastore.missing_copies() is
'The pictures with personal data of which there is no copy without: `[{picture_id, container_id}]`.';

create or replace function datastore.queue_derivative_deletions() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into datastore.blob_deletion (container_id, blob_name)
  select was.container_id, was.blob_name from old_rows as was;
  return null;
end
$$;
comment on function datastore.queue_derivative_deletions() is
  'Trigger: puts the blobs of deleted copies into the outbox.';

create or replace function datastore.queue_all_derivative_deletions() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into datastore.blob_deletion (container_id, gone_container, blob_name)
  select derivative.container_id, container.name, derivative.blob_name
  from datastore.picture_derivative as derivative
  join datastore.container on container.container_id = derivative.container_id;
  return null;
end
$$;
comment on function datastore.queue_all_derivative_deletions() is
  'Trigger: puts the blobs of all copies into the outbox, before a TRUNCATE.';

create or replace trigger queue_deletions
  after delete on datastore.picture_derivative referencing old table as old_rows
  for each statement execute function datastore.queue_derivative_deletions();
create or replace trigger queue_all_deletions
  before truncate on datastore.picture_derivative
  for each statement execute function datastore.queue_all_derivative_deletions();
