-- Pictures that are announced, and not stored yet.

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
  overtaken_ids := array(select datastore.overtaken_pictures(known_set.container_id, known_set.picture_set_id,
    announce_pictures.documents, announce_pictures.inspections));
  if overtaken_ids <> '{}' then
    perform datastore.remove_pending_pictures(overtaken_ids, known_set.container_id);
  end if;

  select added.pictures, added.added_ids
  into answer, fresh_ids
  from datastore.add_pictures(known_set.container_id, known_set.picture_set_id, announce_pictures.documents,
    announce_pictures.inspections, announce_pictures.replace) as added;

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
      perform datastore.refuse('DS400', 'inspections must stand beside documents',
        jsonb_build_array(datastore.error_row('', 'inspections',
          format('expected %s inspections, one for each document, found %s', jsonb_array_length(documents),
          jsonb_array_length(inspections)))));
    end if;
  end if;
  select jsonb_agg(datastore.error_row(format('/%s/metadata/relative_path', twice.place - 1), 'uniqueItems',
    format('the path %s stands in the batch before', to_json(twice.relative_path))) order by twice.place)
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
