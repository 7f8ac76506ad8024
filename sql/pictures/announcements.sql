-- Pictures that are announced, and not stored yet.

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

create or replace function datastore.announce_pictures(
  picture_set_id uuid, documents jsonb, inspections jsonb default null, replace boolean default false,
  container_id uuid default null
) returns jsonb
language plpgsql volatile as $$
#variable_conflict use_column
declare
  known_set datastore.picture_set := datastore.find_picture_set(announce_pictures.picture_set_id,
    announce_pictures.container_id);
  answer jsonb;
  overtaken_ids uuid[];
  fresh_ids uuid[];
  changed_ids uuid[];
begin
  perform datastore.check_may_write(array[known_set.container_id]);
  perform datastore.check_batch(announce_pictures.documents), datastore.check_batch(announce_pictures.inspections);
  perform datastore.check_documents('picture', announce_pictures.documents);
  perform datastore.check_seeds(announce_pictures.documents);
  perform datastore.check_announcement(announce_pictures.documents, announce_pictures.inspections);
  -- Two batches for one set wait for each other here, so that neither misses what the other announces.
  perform from datastore.picture_set
  where picture_set_id = known_set.picture_set_id and container_id = known_set.container_id
  for no key update;

  -- What was announced under a path and never stored makes way for other bytes under that path.
  overtaken_ids := array(
    select pending.picture_id
    from (
      select announced.relative_path, announced.sha256
      from datastore.announced_pictures(announce_pictures.documents, announce_pictures.inspections) as announced
      offset 0
    ) as announced
    cross join lateral (
      -- limit: one look-up for each path, by this index, as below
      select known.picture_id, known.sha256
      from datastore.picture as known
      where known.state = 'pending'
        and (known.container_id, known.picture_set_id, known.relative_path)
            between (known_set.container_id, known_set.picture_set_id, announced.relative_path)
            and (known_set.container_id, known_set.picture_set_id, announced.relative_path)
      limit 1
    ) as pending
    where pending.sha256 is distinct from announced.sha256);
  if overtaken_ids <> '{}' then
    perform datastore.remove_pending_pictures(overtaken_ids, known_set.container_id);
  end if;

  with sent as materialized (
    select * from datastore.announced_pictures(announce_pictures.documents, announce_pictures.inspections)
  ), announced as materialized (
    select announced.*, found.picture_id as found_id, found.state as found_state, found.blob_name as found_blob,
           found.etag as found_etag,
           found.picture_id is not null and found.sha256 is distinct from announced.sha256 as differs,
           -- The same bytes twice in one batch, without a path, are one picture.
           min(announced.place) over (partition by coalesce(announced.relative_path, announced.sha256,
               announced.place::text)) as first_place
    from sent as announced
    left join lateral (
      -- One look-up for each index, as rows between rows, which no other index can answer: with "or", or with another
      -- index, which statistics of a set that was small just now may prefer, the whole set is read for each path.
      select known.*
      from (
        select stored.picture_id, stored.state, stored.blob_name, stored.etag, stored.sha256, stored.position
        from datastore.picture as stored
        where stored.state = 'stored'
          and (stored.container_id, stored.picture_set_id, stored.relative_path)
              between (known_set.container_id, known_set.picture_set_id, announced.relative_path)
              and (known_set.container_id, known_set.picture_set_id, announced.relative_path)
        union all
        select pending.picture_id, pending.state, pending.blob_name, pending.etag, pending.sha256, pending.position
        from datastore.picture as pending
        where pending.state = 'pending'
          and (pending.container_id, pending.picture_set_id, pending.relative_path)
              between (known_set.container_id, known_set.picture_set_id, announced.relative_path)
              and (known_set.container_id, known_set.picture_set_id, announced.relative_path)
        union all
        select same.picture_id, same.state, same.blob_name, same.etag, same.sha256, same.position
        from datastore.picture as same
        where announced.relative_path is null
          and same.container_id = known_set.container_id and same.state in ('stored', 'pending')
          and (same.picture_set_id, same.sha256)
              between (known_set.picture_set_id, announced.sha256) and (known_set.picture_set_id, announced.sha256)
      ) as known
      order by known.sha256 is not distinct from announced.sha256 desc, known.state = 'stored' desc, known.position
      limit 1
    ) as found on true
  ), fresh as materialized (
    select announced.*, row_number() over (order by announced.place) as nth,
           datastore.public_tags(announced.image_data -> 'tags') as public_tags
    from announced
    where place = first_place and (found_id is null or differs and announce_pictures.replace)
  ), added as (
    -- Ids and names of blobs are made by the table, which takes them from no caller.
    insert into datastore.picture
      (container_id, picture_set_id, relative_path, size, md5, metadata, image_data, tags, quality_check,
       has_personal_data, document, kept)
    select known_set.container_id, known_set.picture_set_id, fresh.relative_path, fresh.size, fresh.md5,
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
    select inserted.picture_id, known_set.container_id, fresh.image_data -> 'tags'
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
  into answer, fresh_ids
  from announced
  left join fresh on fresh.place = announced.first_place
  left join inserted on inserted.nth = fresh.nth;

  select datastore.rewrite_pictures(array_agg((known.picture ->> 'picture_id')::uuid
      order by known.place), known_set.container_id,
                                    jsonb_agg(known.document order by known.place))
  into changed_ids
  from rows from (jsonb_array_elements(answer),
    jsonb_array_elements(announce_pictures.documents)) with ordinality as known(picture, document, place)
  where known.picture ->> 'state' in ('stored', 'pending');

  perform datastore.label_known(fresh_ids || changed_ids, known_set.container_id);
  perform datastore.remember_picture_claims(announce_pictures.documents, answer);
  return coalesce((
    select jsonb_agg(known.picture
      || jsonb_build_object('changed', changed.picture_id is not null) order by known.place)
    from jsonb_array_elements(answer) with ordinality as known(picture, place)
    left join (select distinct unnest(changed_ids)) as changed(picture_id)
      on changed.picture_id = (known.picture ->> 'picture_id')::uuid), '[]');
end
$$;
comment on function datastore.announce_pictures(uuid, jsonb, jsonb, boolean, uuid) is
'Announces a batch of pictures for a set. A batch is one transaction: all of it is announced, or nothing.

The same picture is known again by its set and `relative_path`; bytes that come without a path, by their
SHA-256.

`state` in the answer says what to do. `announced`: the picture is new; upload it, then confirm it. `pending`:
it was announced before, and never confirmed; see whether the blob is there, upload it if not, then confirm.
`stored`: the same bytes are stored; nothing, unless the blob was lost. `conflict`: the path holds other bytes;
ask, or announce it with `replace`.

documents: an array of picture documents
inspections: an array beside it with what was found in each file: `{size, md5, metadata: {file_name,
  relative_path}, image_data, quality_check: {image_checksum}}`, where `size` is in bytes, `md5` in base64 and
  `image_checksum` the SHA-256 in hex. Without it, the documents'' own sections count as what was found
replace: other bytes under a path that is taken: `false` answers *conflict*, `true` announces a new picture that
  will take the path
Answer: an array in the same order of `{picture_id, blob_name, state, changed}`, and `etag` of a stored one,
  where it is known
Errors: `DS400`: an invalid document, a seed that does not exist, one path twice; the path of an error begins
  with the place in the array, from 0 · `DS404`: no such set';
do $$ begin perform datastore.take_text('announce_pictures'); end $$;

create or replace function datastore.check_announcement(documents jsonb, inspections jsonb) returns void
language plpgsql stable as $$
declare
  errors jsonb;
begin
  if inspections is not null then
    perform datastore.check_documents('inspection', inspections);
    if jsonb_array_length(inspections) <> jsonb_array_length(documents) then
      perform datastore.refuse('DS400', 'inspections must stand beside documents', jsonb_build_array(jsonb_build_object(
        'instance_path', '', 'keyword', 'inspections', 'message',
        format('expected %s inspections, one for each document, found %s', jsonb_array_length(documents),
          jsonb_array_length(inspections)))));
    end if;
  end if;
  select jsonb_agg(jsonb_build_object('instance_path', format('/%s/metadata/relative_path', twice.place - 1),
      'keyword', 'uniqueItems',
                                      'message', format('the path %s stands in the batch before',
                                        to_json(twice.relative_path))) order by twice.place)
  into errors
  from (
    select announced.place, announced.relative_path,
           row_number() over (partition by announced.relative_path order by announced.place) as occurrence
    from datastore.announced_pictures(documents, inspections) as announced
    where announced.relative_path is not null
  ) as twice
  where twice.occurrence > 1;
  if errors is not null then
    perform datastore.refuse('DS400', 'a path stands twice in one batch', errors);
  end if;
end
$$;
comment on function datastore.check_announcement(jsonb, jsonb) is
  'Raises DS400 for a batch that names a path twice, or whose inspections do not fit its documents.';

create or replace function datastore.remember_picture_claims(documents jsonb, pictures jsonb) returns void
language sql volatile
begin atomic
  select datastore.remember_claims('picture', jsonb_agg(jsonb_build_object(
    'container_id', rebuilt.container_id, 'entity_id', rebuilt.picture_id,
    -- Others than the owner read claims.
    'claimed', datastore.claimed_keys(datastore.without_personal_tags(sent.document),
      datastore.without_personal_tags(rebuilt.document::jsonb),
                                      datastore.system_keys('picture', sent.document)))))
  from rows from (jsonb_array_elements(documents), jsonb_array_elements(pictures)) as sent(document, picture)
  join datastore.picture_document as rebuilt on rebuilt.picture_id = (sent.picture ->> 'picture_id')::uuid
  where sent.document ?| array(select jsonb_object_keys(datastore.system_keys('picture', sent.document)))
    and sent.picture ->> 'state' is distinct from 'conflict'
  having count(*) > 0;
end;
comment on function datastore.remember_picture_claims(jsonb, jsonb) is
  'Keeps what pictures'' documents claimed for keys that the datastore fills. pictures: an array of {picture_id} '
  'beside documents.';

create or replace function datastore.remove_pending_pictures(picture_ids uuid[], container_id uuid) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform datastore.check_acting('datastore.picture');
  perform datastore.check_may_write(array[remove_pending_pictures.container_id]);
  delete from datastore.picture
  where picture.picture_id = any (picture_ids) and picture.container_id = remove_pending_pictures.container_id
    and picture.state = 'pending';
end
$$;
comment on function datastore.remove_pending_pictures(uuid[], uuid) is
  'Deletes pictures of a container that were announced and never stored. Errors: DS403.';
