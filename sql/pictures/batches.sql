-- A batch of pictures: its rows, what a set knows of them, what makes way for them, and what they add to the set.

create or replace function datastore.extension_of(format text) returns text
language sql immutable parallel safe
return case upper(format)
  when 'TIFF' then '.tiff' when 'PNG' then '.png' when 'JPEG' then '.jpeg' when 'GIF' then '.gif'
  when 'BMP' then '.bmp' when 'WEBP' then '.webp' when 'NPY' then '.npy' else '' end;
comment on function datastore.extension_of(text) is
  'How the name of a blob of this picture format ends; empty for a format that is not known.';

create or replace function datastore.announced_pictures(documents jsonb, inspections jsonb)
returns table (place bigint, document jsonb, metadata jsonb, image_data jsonb, quality_check jsonb,
               relative_path text, sha256 text, size bigint, md5 bytea)
language sql immutable parallel safe
begin atomic
  select item.place, item.document,
         found.metadata, found.image_data, found.quality_check,
         found.metadata ->> 'relative_path', found.quality_check ->> 'image_checksum',
         (item.inspection ->> 'size')::numeric::bigint, decode(item.inspection ->> 'md5', 'base64')
  -- Side by side: to take an item of an array by its place reads all that are before it.
  from rows from (jsonb_array_elements(documents),
    jsonb_array_elements(inspections)) with ordinality as item(document, inspection, place)
  cross join lateral (select coalesce(item.inspection, item.document) as inspection) as given
  -- A document's own sections may hold anything: they count where they could be an inspection's.
  cross join lateral (
    select case when datastore.inspection_v1_metadata(given.inspection -> 'metadata')
             then given.inspection -> 'metadata' else '{}' end as metadata,
           case when datastore.inspection_v1_image_data(given.inspection -> 'image_data')
             then given.inspection -> 'image_data' else '{}' end as image_data,
           case when datastore.inspection_v1_quality_check(given.inspection -> 'quality_check')
             then given.inspection -> 'quality_check' else '{}' end as quality_check
    offset 0
  ) as found;
end;
comment on function datastore.announced_pictures(jsonb, jsonb) is
  'A batch of pictures as rows, in order: each document, and what the inspection of its file found.';

create or replace function datastore.rewrite_pictures(
  picture_ids uuid[], container_id uuid, documents jsonb
) returns uuid[]
language sql volatile
begin atomic
  with rewritten as (
    update datastore.picture
    set document = divided.document, kept = divided.kept
    from rows from (unnest(picture_ids), jsonb_array_elements(documents)) as sent(picture_id, document)
    cross join lateral datastore.divide_document(sent.document,
      datastore.system_keys('picture', sent.document)) as divided
    where picture.picture_id = sent.picture_id and picture.container_id = rewrite_pictures.container_id
      and (picture.document, picture.kept) is distinct from (divided.document, divided.kept)
    returning picture.picture_id
  )
  select coalesce(array_agg(rewritten.picture_id), '{}') from rewritten;
end;
comment on function datastore.rewrite_pictures(uuid[], uuid, jsonb) is
  'Puts checked documents in the place of what clients said before of pictures of a container; answers the ids of '
  'the pictures that this changed.';

create or replace function datastore.known_picture(
  container_id uuid, picture_set_id uuid, relative_path text, sha256 text
) returns table (picture_id uuid, state text, blob_name text, etag text, known_sha256 text)
language sql stable parallel safe rows 1
begin atomic
  -- One look-up for each index, as rows between rows, which no other index can answer: with "or", or with another
  -- index, which statistics of a set that was small just now may prefer, the whole set is read for each path.
  select known.picture_id, known.state, known.blob_name, known.etag, known.sha256
  from (
    select stored.picture_id, stored.state, stored.blob_name, stored.etag, stored.sha256, stored.position
    from datastore.picture as stored
    where stored.state = 'stored'
      and (stored.container_id, stored.picture_set_id, stored.relative_path)
          between (known_picture.container_id, known_picture.picture_set_id, known_picture.relative_path)
          and (known_picture.container_id, known_picture.picture_set_id, known_picture.relative_path)
    union all
    select pending.picture_id, pending.state, pending.blob_name, pending.etag, pending.sha256, pending.position
    from datastore.picture as pending
    where pending.state = 'pending'
      and (pending.container_id, pending.picture_set_id, pending.relative_path)
          between (known_picture.container_id, known_picture.picture_set_id, known_picture.relative_path)
          and (known_picture.container_id, known_picture.picture_set_id, known_picture.relative_path)
    union all
    select same.picture_id, same.state, same.blob_name, same.etag, same.sha256, same.position
    from datastore.picture as same
    where known_picture.relative_path is null
      and same.container_id = known_picture.container_id and same.state in ('stored', 'pending')
      and (same.picture_set_id, same.sha256)
          between (known_picture.picture_set_id, known_picture.sha256)
          and (known_picture.picture_set_id, known_picture.sha256)
  ) as known
  order by known.sha256 is not distinct from known_picture.sha256 desc, known.state = 'stored' desc, known.position
  limit 1;
end;
comment on function datastore.known_picture(uuid, uuid, text, text) is
  'The picture of a set that has this path; without a path, the one of these bytes. Stored ones come before those that '
  'are announced only, and the same bytes before others.';

create or replace function datastore.overtaken_pictures(
  container_id uuid, picture_set_id uuid, documents jsonb, inspections jsonb
) returns setof uuid
language sql stable parallel safe
begin atomic
  select pending.picture_id
  from (
    select announced.relative_path, announced.sha256
    from datastore.announced_pictures(overtaken_pictures.documents, overtaken_pictures.inspections) as announced
    offset 0
  ) as announced
  cross join lateral (
    -- limit: one look-up for each path, by this index, as in known_picture
    select known.picture_id, known.sha256
    from datastore.picture as known
    where known.state = 'pending'
      and (known.container_id, known.picture_set_id, known.relative_path)
          between (overtaken_pictures.container_id, overtaken_pictures.picture_set_id, announced.relative_path)
          and (overtaken_pictures.container_id, overtaken_pictures.picture_set_id, announced.relative_path)
    limit 1
  ) as pending
  where pending.sha256 is distinct from announced.sha256;
end;
comment on function datastore.overtaken_pictures(uuid, uuid, jsonb, jsonb) is
  'The pictures of a set that were announced and never stored, under whose paths this batch announces other bytes.';

create or replace function datastore.add_pictures(
  container_id uuid, picture_set_id uuid, documents jsonb, inspections jsonb, replace boolean,
  out pictures jsonb, out added_ids uuid[]
)
language plpgsql volatile as $$
#variable_conflict use_column
begin
  with sent as materialized (
    select * from datastore.announced_pictures(add_pictures.documents, add_pictures.inspections)
  ), announced as materialized (
    select announced.*, found.picture_id as found_id, found.state as found_state, found.blob_name as found_blob,
           found.etag as found_etag,
           found.picture_id is not null and found.known_sha256 is distinct from announced.sha256 as differs,
           -- The same bytes twice in one batch, without a path, are one picture.
           min(announced.place) over (partition by coalesce(announced.relative_path, announced.sha256,
               announced.place::text)) as first_place
    from sent as announced
    left join lateral datastore.known_picture(add_pictures.container_id, add_pictures.picture_set_id,
      announced.relative_path, announced.sha256) as found on true
  ), fresh as materialized (
    select announced.*, row_number() over (order by announced.place) as nth,
           datastore.public_tags(announced.image_data -> 'tags') as public_tags
    from announced
    where place = first_place and (found_id is null or differs and add_pictures.replace)
  ), added as (
    -- Ids and names of blobs are made by the table, which takes them from no caller.
    insert into datastore.picture
      (container_id, picture_set_id, relative_path, size, md5, metadata, image_data, tags, quality_check,
       has_personal_data, document, kept)
    select add_pictures.container_id, add_pictures.picture_set_id, fresh.relative_path, fresh.size, fresh.md5,
           fresh.metadata || jsonb_build_object('upload_date', to_char(now() at time zone 'UTC', 'YYYY-MM-DD')),
           fresh.image_data - 'tags' || jsonb_strip_nulls(jsonb_build_object('parent', '', 'size', fresh.size)),
           fresh.public_tags,
           fresh.quality_check || '{"upload_check": false}',
           coalesce(fresh.public_tags <> fresh.image_data -> 'tags', false), divided.document, divided.kept
    from fresh
    cross join lateral datastore.divide_document(fresh.document,
      datastore.system_keys('picture', fresh.document)) as divided
    order by fresh.nth
    returning picture_id, blob_name, position
  ), inserted as (
    select added.picture_id, added.blob_name, row_number() over (order by added.position) as nth from added
  ), personal as (
    insert into datastore.picture_personal_data (picture_id, container_id, tags)
    select inserted.picture_id, add_pictures.container_id, fresh.image_data -> 'tags'
    from fresh
    join inserted on inserted.nth = fresh.nth
    where fresh.public_tags <> fresh.image_data -> 'tags'
  )
  select jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
           'picture_id', coalesce(inserted.picture_id, announced.found_id),
           'blob_name', coalesce(inserted.blob_name, announced.found_blob),
           'state', case when inserted.picture_id is not null then 'announced'
                         when announced.differs then 'conflict'
                         else announced.found_state end,
           'etag', case when inserted.picture_id is null and not announced.differs
             and announced.found_state = 'stored' then announced.found_etag end
         )) order by announced.place),
         array_remove(array_agg(inserted.picture_id), null)
  into pictures, added_ids
  from announced
  left join fresh on fresh.place = announced.first_place
  left join inserted on inserted.nth = fresh.nth;
end
$$;
comment on function datastore.add_pictures(uuid, uuid, jsonb, jsonb, boolean) is
  'Adds the pictures of a batch that a set does not have yet. pictures: what the set knows of each, in order: '
  '[{picture_id, blob_name, state, etag}]; added_ids: which of them are new.';
