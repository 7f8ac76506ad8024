-- How an inference is divided and put together again. Measured (benchmarks/inference.py): guesses lie in their box's
-- row, ids are counted and not stored, and the answer of an import is the text of the rows that it writes.

create or replace function datastore.inference_system_keys(part text) returns text[]
language sql immutable parallel safe
return case part
  when 'inference' then '{inference_id,picture_id,created_at,requested_by,verified,verified_by,verified_at}'::text[]
  when 'box' then '{box_id,classId,object_type_id,top_id,is_verified,is_valid,is_manual,model}'::text[]
  when 'guess' then '{object_id,is_expert}'::text[]
end;
comment on function datastore.inference_system_keys(text) is
  'The keys that the datastore fills in an inference, in a box of it and in a guess. part: inference, box or guess.';

create or replace function datastore.seed_of_long_label(label text) returns uuid
language plpgsql stable parallel safe as $$
begin
  return case when octet_length(label) > 1000 then datastore.species_of(label) end;
end
$$;
comment on function datastore.seed_of_long_label(text) is 'The species of a label that is too long for datastore.label; NULL for any other.';

create or replace function datastore.split_boxes(inference_id uuid, document jsonb)
returns table (box_id uuid, "position" integer, document jsonb, guesses jsonb, seed_id uuid, seed_ids uuid[], scores numeric[],
               top_place integer, score numeric, is_claimed boolean)
language sql stable parallel safe as $$
  -- Labels are not joined: all of them would be read for each box, where the planner takes them for few.
  select datastore.counted_id(sent.prefix, sent.place)::uuid, sent.place::integer, sent.box - 'topN', guessed.guesses,
         -- Without guesses the label is the only one.
         case when sent.box ? 'topN'
           then coalesce((select label.seed_id from datastore.label where label.label = sent.box ->> 'label'), datastore.seed_of_long_label(sent.box ->> 'label'))
           else guessed.seed_ids[1] end,
         guessed.seed_ids, guessed.scores, array_position(guessed.scores, guessed.top_score),
         (sent.box -> 'score')::numeric,
         guessed.is_claimed or sent.box ?| datastore.inference_system_keys('box')
  from (
    select item.place, item.box, left(split_boxes.inference_id::text, 24) as prefix
    from jsonb_array_elements(split_boxes.document -> 'boxes') with ordinality as item(box, place)
    offset 0
  ) as sent
  cross join lateral (
    select coalesce(jsonb_agg(item.guess || jsonb_object(array['object_id', datastore.counted_id(sent.prefix, sent.place, item.place)])
                              order by item.place), '[]') as guesses,
           coalesce(array_agg(coalesce((select label.seed_id from datastore.label where label.label = item.guess ->> 'label'), datastore.seed_of_long_label(item.guess ->> 'label')) order by item.place), '{}') as seed_ids,
           coalesce(array_agg((item.guess -> 'score')::numeric order by item.place), '{}') as scores,
           max((item.guess -> 'score')::numeric) as top_score,
           coalesce(bool_or(item.guess ?| datastore.inference_system_keys('guess')), false) as is_claimed
    from jsonb_array_elements(coalesce(
      sent.box -> 'topN', jsonb_build_array(jsonb_build_object('label', sent.box -> 'label', 'score', sent.box -> 'score'))
    )) with ordinality as item(guess, place)
  ) as guessed
$$;
comment on function datastore.split_boxes(uuid, jsonb) is
  'The boxes of an inference''s document as rows of datastore.box. seed_id, and an item of seed_ids, is NULL for a label that was never seen; is_claimed: it has keys that the datastore fills.';

create or replace function datastore.box_text(
  box_id uuid, seed_id uuid, top_place integer, guesses jsonb, document jsonb
) returns text
language sql stable parallel safe
return concat(
  '{"box_id": "', box_id,
  '", "classId": ', coalesce('"' || seed_id || '"', 'null'),
  ', "object_type_id": 1, "top_id": ', coalesce((guesses -> (top_place - 1) -> 'object_id')::text, 'null'),
  ', "is_verified": false, "is_valid": true, "is_manual": false, "topN": ', guesses,
  datastore.more_members(document));
comment on function datastore.box_text(uuid, uuid, integer, jsonb, jsonb) is 'A box as the model said it, as text.';

create or replace function datastore.inference_text(inference datastore.inference, boxes text) returns text
language sql stable parallel safe
return concat(
  '{"inference_id": "', inference.inference_id,
  '", "picture_id": "', inference.picture_id,
  '", "created_at": "', to_char(inference.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
  '", "requested_by": ', coalesce('"' || inference.requested_by || '"', 'null'),
  ', "verified": ', (inference.verified_at is not null)::text,
  ', "verified_by": ', coalesce('"' || inference.verified_by || '"', 'null'),
  ', "verified_at": ', coalesce(to_char(inference.verified_at at time zone 'UTC', '"\""YYYY-MM-DD"T"HH24:MI:SS.US"Z\""'), 'null'),
  case when inference.document ? 'pipeline_id' then '' else ', "pipeline_id": ' || coalesce('"' || inference.pipeline_id || '"', 'null') end,
  ', "boxes": [', boxes, ']', datastore.more_members(inference.document - 'boxes'));
comment on function datastore.inference_text(datastore.inference, text) is
  'An inference as text, with the text of its boxes. A pipeline_id that was sent comes back as it was sent.';


create or replace function datastore.made_by(document jsonb, pipeline_id uuid) returns uuid[]
language plpgsql stable parallel safe as $$
begin
  if made_by.document -> 'models' <> '[]' then
    return datastore.find_model_versions(made_by.document -> 'models');
  elsif made_by.pipeline_id is null then
    return '{}';
  end if;
  return array(
    select model_version.model_version_id
    from datastore.pipeline_model
    join datastore.model_version on model_version.model_id = pipeline_model.model_id and model_version.active
    where pipeline_model.pipeline_id = made_by.pipeline_id
    order by pipeline_model.place);
end
$$;
comment on function datastore.made_by(jsonb, uuid) is
  'The model versions that made an inference: those that it names, NULL for each that nobody knows; where it names none, those that its pipeline runs now.';

create or replace function datastore.write_inferences(
  inference_ids uuid[], picture_ids uuid[], container_ids uuid[], documents jsonb[], is_careful boolean, with_answers boolean
) returns text[]
language plpgsql volatile
-- Planned once and not for each call: to plan the statement below takes longer than to run it for one inference.
set plan_cache_mode = force_generic_plan
set jit = off
as $$
#variable_conflict use_column
declare
  answers text[];
  needs_care boolean;
  is_miscounted boolean;
begin
  with sent as materialized (
    select sent.*
    from unnest(inference_ids, picture_ids, container_ids, documents) with ordinality as sent(inference_id, picture_id, container_id, document, place)
  ), split as materialized (
    select sent.inference_id, sent.container_id, box.*
    from sent cross join lateral datastore.split_boxes(sent.inference_id, sent.document) as box
  ), added as (
    insert into datastore.box (box_id, container_id, inference_id, position, document, guesses, seed_id, seed_ids, scores, top_place)
    select box_id, container_id, inference_id, position, document, guesses, seed_id, seed_ids, scores, top_place from split
    returning inference_id, position,
              case when write_inferences.with_answers then datastore.box_text(box_id, seed_id, top_place, guesses, document) end as text
  ), written as (
    insert into datastore.inference
      (inference_id, container_id, picture_id, document, pipeline_id, model_version_ids, top_seed_id, top_score)
    select sent.inference_id, sent.container_id, sent.picture_id,
           (sent.document - array_append(datastore.inference_system_keys('inference'), 'boxes')) || '{"boxes": []}',
           pipeline.id, datastore.made_by(sent.document, pipeline.id), top.seed_id, top.score
    from sent
    cross join lateral (select datastore.find_pipeline(sent.document) as id offset 0) as pipeline
    left join (
      select distinct on (split.inference_id) split.inference_id, split.seed_id, split.score
      from split order by split.inference_id, split.score desc, split.position
    ) as top using (inference_id)
    order by sent.place
    returning inference
  )
  select array_agg(datastore.inference_text(written.inference, boxes.text) order by sent.place) filter (where write_inferences.with_answers),
         bool_or(sent.document ?| datastore.inference_system_keys('inference')) or (
           select bool_or(split.is_claimed or split.seed_id is null or array_position(split.seed_ids, null) is not null) from split),
         bool_or(sent.document -> 'totalBoxes' is distinct from to_jsonb(jsonb_array_length(sent.document -> 'boxes')))
  into answers, needs_care, is_miscounted
  from sent
  join written on (written.inference).inference_id = sent.inference_id
  left join (
    select added.inference_id, string_agg(added.text, ', ' order by added.position) as text from added group by added.inference_id
  ) as boxes on boxes.inference_id = sent.inference_id;

  if is_miscounted then
    raise check_violation using message = 'totalBoxes is not the number of boxes';
  end if;
  if needs_care and not is_careful then
    raise sqlstate 'DS000' using message = 'labels that were never seen, or keys that the datastore fills';
  end if;
  return answers;
end
$$;
comment on function datastore.write_inferences(uuid[], uuid[], uuid[], jsonb[], boolean, boolean) is
  'Inserts inferences with their boxes in one statement, and answers their rebuilt documents as text. The table constraints are the check: whoever calls it explains a violation. Not is_careful: raises DS000 for a label that was never seen, and for keys that the datastore fills.';

create or replace function datastore.without_system_keys(document jsonb) returns jsonb
language sql immutable parallel safe
return document - datastore.inference_system_keys('inference') || jsonb_build_object('boxes', (
  select coalesce(jsonb_agg(
    box.item - datastore.inference_system_keys('box') || case when box.item ? 'topN' then jsonb_build_object('topN', (
      select coalesce(jsonb_agg(guess.item - datastore.inference_system_keys('guess') order by guess.place), '[]')
      from datastore.items_of(box.item -> 'topN') as guess)) else '{}' end order by box.place), '[]')
  from datastore.items_of(document -> 'boxes') as box));
comment on function datastore.without_system_keys(jsonb) is 'An inference''s document without what the datastore fills.';

create or replace function datastore.differing_keys(sent jsonb, rebuilt jsonb, keys text[]) returns jsonb
language sql immutable parallel safe
return (
  select coalesce(jsonb_object_agg(member.key, member.value), '{}')
  from jsonb_each(sent) as member
  where member.key = any (keys) and member.value is distinct from rebuilt -> member.key
);
comment on function datastore.differing_keys(jsonb, jsonb, text[]) is 'The members of an object, of these keys, that another object has not.';

create or replace function datastore.items_beside(sent jsonb, rebuilt jsonb) returns table (item jsonb, rebuilt jsonb, place bigint)
language sql immutable parallel safe
begin atomic
  select pair.item, pair.rebuilt, pair.place - 1
  from rows from (
    jsonb_array_elements(case jsonb_typeof(items_beside.sent) when 'array' then items_beside.sent else '[]' end),
    jsonb_array_elements(case jsonb_typeof(items_beside.rebuilt) when 'array' then items_beside.rebuilt else '[]' end)
  ) with ordinality as pair(item, rebuilt, place)
  where pair.item is not null;
end;
comment on function datastore.items_beside(jsonb, jsonb) is
  'The items of an array, each with the item of another one that stands in its place, counted from 0. To take each by its place would read all before it.';

create or replace function datastore.claimed_inference_keys(document jsonb, rebuilt jsonb) returns jsonb
language sql immutable parallel safe
return (
  select nullif(datastore.differing_keys(document, rebuilt, datastore.inference_system_keys('inference'))
                || case when boxes.claimed is null then '{}' else jsonb_build_object('boxes', boxes.claimed) end, '{}')
  from (
    select jsonb_object_agg(box.place, box.claimed) filter (where box.claimed <> '{}') as claimed
    from (
      select sent.place,
             datastore.differing_keys(sent.item, sent.rebuilt, datastore.inference_system_keys('box'))
             || coalesce((
               select jsonb_build_object('topN', jsonb_object_agg(guess.place, guess.claimed))
               from (
                 select said.place, datastore.differing_keys(said.item, said.rebuilt, datastore.inference_system_keys('guess')) as claimed
                 from datastore.items_beside(sent.item -> 'topN', sent.rebuilt -> 'topN') as said
               ) as guess
               where guess.claimed <> '{}'
               having count(*) > 0), '{}') as claimed
      from datastore.items_beside(document -> 'boxes', rebuilt -> 'boxes') as sent
    ) as box
  ) as boxes
);
comment on function datastore.claimed_inference_keys(jsonb, jsonb) is
  'What a client sent in an inference for keys that the datastore fills, where it differs; boxes and guesses by their place, from 0. NULL if nothing does.';

create or replace function datastore.labels_in(documents jsonb[]) returns text[]
language sql immutable parallel safe
return array(
  select distinct label.value #>> '{}'
  from unnest(documents) as sent(document)
  cross join lateral (
    -- As arrays: jsonb_path_query() moves all that are left for each row.
    select jsonb_array_elements(jsonb_path_query_array(sent.document, '$.boxes[*].label'))
    union all
    select jsonb_array_elements(jsonb_path_query_array(sent.document, '$.boxes[*].topN[*].label'))
  ) as label(value)
);
comment on function datastore.labels_in(jsonb[]) is 'Every label of these inferences, once.';

create or replace function datastore.import_inference(picture_id uuid, document jsonb, container_id uuid default null) returns json
language plpgsql volatile as $$
declare
  known datastore.picture := datastore.find_picture(import_inference.picture_id, import_inference.container_id);
  new_id uuid := gen_random_uuid();
  said jsonb;
  answer text;
begin
  perform datastore.check_may_write(array[known.container_id]);
  perform datastore.check_guesses(document);
  if datastore.is_near_limits(document) or datastore.has_many_boxes(document) then
    perform datastore.check_document('inference', document);
  end if;
  begin
    answer := (datastore.write_inferences(
      array[new_id], array[known.picture_id], array[known.container_id], array[document], false, true))[1];
  exception
    when sqlstate 'DS000' then
      answer := null;
    when data_exception or integrity_constraint_violation then
      perform datastore.check_document('inference', document);
      raise;
  end;
  if answer is null then
    perform datastore.check_document('inference', document);
    said := datastore.without_system_keys(document);
    perform datastore.learn_labels(datastore.labels_in(array[said]));
    answer := (datastore.write_inferences(
      array[new_id], array[known.picture_id], array[known.container_id], array[said], true, true))[1];
    perform datastore.remember_claims('inference', jsonb_build_array(jsonb_build_object(
      'container_id', known.container_id, 'entity_id', new_id, 'claimed', datastore.claimed_inference_keys(document, answer::jsonb))));
  end if;
  return answer;
end
$$;
comment on function datastore.import_inference(uuid, jsonb, uuid) is
'Stores what a pipeline of models said about a picture, and answers the document with its ids: each box and each guess in the order in which it came. A label that nobody knows registers a species as unreviewed; models that nobody knows are kept as written (datastore.unknown_models()).
Errors: DS400, DS404 for the picture; then nothing is stored.';

create or replace function datastore.has_many_boxes(document jsonb) returns boolean
language sql immutable parallel safe
return datastore.is_large(document)
  or case jsonb_typeof(document -> 'boxes') when 'array' then jsonb_array_length(document -> 'boxes') > 1000 else false end;
comment on function datastore.has_many_boxes(jsonb) is
  'Has an inference so many boxes that it is checked before it is divided? What they are divided into is checked in any case, their number is not.';

create or replace function datastore.names_a_picture(sent jsonb) returns boolean
language plpgsql immutable parallel safe as $$
begin
  -- Nothing but a text is written out.
  return jsonb_typeof(sent -> 'picture_id') is not distinct from 'string' and jsonschema._is_uuid(sent ->> 'picture_id');
end
$$;
comment on function datastore.names_a_picture(jsonb) is 'Has an item of a batch of inferences the UUID of a picture?';

create or replace function datastore.check_inferences(documents jsonb) returns void
language plpgsql stable as $$
declare
  errors jsonb;
begin
  if jsonb_typeof(documents) is distinct from 'array' then
    perform datastore.refuse('DS400', 'expected an array of inferences', jsonb_build_array(jsonb_build_object(
      'instance_path', '', 'keyword', 'type', 'message', 'expected an array of {picture_id, document}, found ' || coalesce(jsonb_typeof(documents), 'NULL'))));
  end if;
  select jsonb_agg(jsonb_build_object('instance_path', format('/%s%s', sent.place, error.instance_path),
                                      'keyword', error.keyword, 'message', error.message) order by sent.place)
  into errors
  from (
    select item.item, item.place
    from datastore.items_of(documents) as item
    where not datastore.names_a_picture(item.item)
       or datastore.document_is_valid('inference', item.item -> 'document') is not true
    -- To say why takes longer than to say that.
    order by item.place limit 20
  ) as sent
  cross join lateral (
    select '/picture_id' as instance_path, 'format' as keyword,
           'expected the UUID of a picture, found ' || case jsonb_typeof(sent.item -> 'picture_id')
             when 'string' then to_json(left(sent.item ->> 'picture_id', 40))::text
             else coalesce(jsonb_typeof(sent.item -> 'picture_id'), 'none') end as message
    where not datastore.names_a_picture(sent.item)
    union all
    select '/document' || wrong.instance_path, wrong.keyword, wrong.message
    from datastore.document_errors('inference', coalesce(sent.item -> 'document', 'null')) as wrong
  ) as error;
  if errors is not null then
    perform datastore.refuse('DS400', 'invalid inference document', errors);
  end if;
end
$$;
comment on function datastore.check_inferences(jsonb) is
  'Raises DS400 unless it is an array of {picture_id, document} with valid inferences; a path starts with the place in the array.';

create or replace function datastore.import_inferences(documents jsonb, container_id uuid default null) returns jsonb
language plpgsql volatile as $$
#variable_conflict use_column
declare
  errors jsonb;
  answer jsonb;
  new_ids uuid[];
  picture_ids uuid[];
  container_ids uuid[];
  sent jsonb[];
  said jsonb[];
begin
  if jsonb_typeof(import_inferences.documents) is distinct from 'array' then
    perform datastore.check_inferences(import_inferences.documents);
  end if;
  if datastore.is_large(import_inferences.documents) then
    perform datastore.check_guesses(item -> 'document') from jsonb_array_elements(import_inferences.documents) as item;
  end if;
  perform datastore.check_batch(import_inferences.documents);
  if datastore.is_near_limits(import_inferences.documents) or exists (
       select from jsonb_array_elements(import_inferences.documents) as item where datastore.has_many_boxes(item -> 'document')) then
    perform datastore.check_inferences(import_inferences.documents);
  end if;
  begin
    select array_agg(gen_random_uuid() order by item.place), array_agg((item.item ->> 'picture_id')::uuid order by item.place),
           array_agg(picture.container_id order by item.place), array_agg(item.item -> 'document' order by item.place),
           jsonb_agg(jsonb_build_object('instance_path', format('/%s/picture_id', item.place), 'keyword', 'picture_id',
                                        'message', format('there is no picture %s', item.item ->> 'picture_id'))
                     order by item.place) filter (where picture.picture_id is null)
    into new_ids, picture_ids, container_ids, sent, errors
    from datastore.items_of(import_inferences.documents) as item
    left join datastore.picture
      on picture.picture_id = (item.item ->> 'picture_id')::uuid
      and (import_inferences.container_id is null or picture.container_id = import_inferences.container_id);
    if errors is null then
      perform datastore.check_may_write(container_ids);
      perform datastore.write_inferences(new_ids, picture_ids, container_ids, sent, false, false);
    end if;
  exception
    when sqlstate 'DS000' then
      said := array(select datastore.without_system_keys(document) from unnest(sent) with ordinality as item(document, place) order by place);
    when data_exception or integrity_constraint_violation then
      perform datastore.check_inferences(import_inferences.documents);
      raise;
  end;
  if errors is not null or said is not null then
    perform datastore.check_inferences(import_inferences.documents);
  end if;
  if errors is not null then
    perform datastore.refuse('DS404', 'there is no such picture', errors);
  end if;

  if said is not null then
    perform datastore.learn_labels(datastore.labels_in(said));
    perform datastore.write_inferences(new_ids, picture_ids, container_ids, said, true, false);
    perform datastore.remember_claims('inference', jsonb_agg(jsonb_build_object(
      'container_id', item.container_id, 'entity_id', item.inference_id,
      'claimed', datastore.claimed_inference_keys(item.document, datastore.inference_json(inference)::jsonb))))
    from unnest(new_ids, container_ids, sent, said) as item(inference_id, container_id, document, cleaned)
    join datastore.inference on inference.inference_id = item.inference_id and inference.container_id = item.container_id
    where item.document is distinct from item.cleaned
    having count(*) > 0;
  end if;
  return coalesce((
    select jsonb_agg(jsonb_build_object('inference_id', item.inference_id, 'picture_id', item.picture_id) order by item.place)
    from unnest(new_ids, picture_ids) with ordinality as item(inference_id, picture_id, place)), '[]');
end
$$;
comment on function datastore.import_inferences(jsonb, uuid) is
'Stores many inferences at once, all or none: an array of {picture_id, document}. Answers, in order, {inference_id, picture_id}.
Errors: DS400 with a path that starts with the place in the array, DS404 for a picture.';

create or replace function datastore.find_inference(inference_id uuid, container_id uuid default null) returns datastore.inference
language plpgsql stable as $$
declare
  found_inference datastore.inference;
begin
  select inference.* into found_inference
  from datastore.inference
  where inference.inference_id = find_inference.inference_id
    and (find_inference.container_id is null or inference.container_id = find_inference.container_id);
  if not found then
    perform datastore.refuse('DS404', format('there is no inference %s', coalesce(find_inference.inference_id::text, 'NULL')));
  end if;
  return found_inference;
end
$$;
comment on function datastore.find_inference(uuid, uuid) is 'The row of an inference that the acting user may see. Errors: DS404.';

create or replace function datastore.inference_json(known datastore.inference, as_sent boolean default false) returns json
language plpgsql stable parallel safe
-- Where a few inferences have most boxes, statistics take each for one of them: all boxes would be read for it, and a
-- plan made for each call takes longer than the call.
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
begin
  if as_sent or known.feedback_at is null then
    return datastore.inference_text(known, (
      select string_agg(datastore.box_text(box.box_id, box.seed_id, box.top_place, box.guesses, box.document), ', ' order by box.position)
      from datastore.box
      where box.inference_id = known.inference_id and not box.is_manual));
  end if;
  return datastore.inference_text(known, (
    select string_agg(judged.text, ', ' order by judged.is_manual, judged.position)
    from datastore.judged_box as judged
    where judged.inference_id = known.inference_id));
end
$$;
comment on function datastore.inference_json(datastore.inference, boolean) is
  'An inference''s document, without a look at who asks: as it holds now, or the model''s answer alone.';

create or replace function datastore.rebuild_inference(inference_id uuid, as_sent boolean default false, container_id uuid default null) returns json
language plpgsql stable as $$
declare
  known datastore.inference := datastore.find_inference(rebuild_inference.inference_id, rebuild_inference.container_id);
begin
  if as_sent then
    known.verified_at := null;
    known.verified_by := null;
  end if;
  return datastore.inference_json(known, as_sent);
end
$$;
comment on function datastore.rebuild_inference(uuid, boolean, uuid) is
  'An inference''s document: what the client sent, ids, and what holds since experts looked at it. as_sent: the model''s answer alone, as datastore.import_inference answered it. Errors: DS404.';

create or replace function datastore.rebuild_inference_of(picture_id uuid, as_sent boolean default false, container_id uuid default null) returns json
language plpgsql stable as $$
declare
  known datastore.picture := datastore.find_picture(rebuild_inference_of.picture_id, rebuild_inference_of.container_id);
  newest_id uuid := (
    select inference.inference_id from datastore.inference
    where inference.picture_id = known.picture_id and inference.container_id = known.container_id
    order by inference.position desc limit 1);
begin
  return case when newest_id is not null then datastore.rebuild_inference(newest_id, as_sent, known.container_id) end;
end
$$;
comment on function datastore.rebuild_inference_of(uuid, boolean, uuid) is
  'The document of a picture''s newest inference, NULL if it has none. Errors: DS404 for the picture.';

create or replace function datastore.unknown_models() returns jsonb
language sql stable
return (
  select coalesce(jsonb_agg(jsonb_build_object('name', unknown.name, 'version', unknown.version, 'inferences', unknown.inferences)
                            order by unknown.name, unknown.version), '[]')
  from (
    select named.model ->> 'name' as name, named.model -> 'version' as version, count(distinct inference.inference_id) as inferences
    from datastore.inference
    cross join lateral jsonb_array_elements(inference.document -> 'models') with ordinality as named(model, place)
    where array_position(inference.model_version_ids, null) is not null
      and (inference.pipeline_id is null or array_position(inference.model_version_ids, null) is not null)
      and inference.model_version_ids[named.place] is null
    group by 1, 2
  ) as unknown
);
comment on function datastore.unknown_models() is
  'The models that inferences name and that nobody knows: [{name, version, inferences: how many}]. datastore.import_pipelines(jsonb) registers them, and ties these inferences to them.';

create or replace function datastore.recognise_models() returns bigint
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  tied bigint;
begin
  perform datastore.check_acting('datastore.inference');
  perform datastore.check_site_role('administrator');
  -- Many inferences name the same: it is looked for once, and not for each of them.
  with unknown as materialized (
    select inference.inference_id, inference.container_id, inference.pipeline_id,
           jsonb_build_object('pipeline_id', inference.document -> 'pipeline_id', 'pipeline_name', inference.document -> 'pipeline_name',
                              'models', coalesce(inference.document -> 'models', '[]')) as named
    from datastore.inference
    where inference.pipeline_id is null or array_position(inference.model_version_ids, null) is not null
  ), named as materialized (
    select said.pipeline_id as known_id, said.named, pipeline.id as pipeline_id, datastore.made_by(said.named, pipeline.id) as model_version_ids
    from (select distinct unknown.pipeline_id, unknown.named from unknown) as said
    cross join lateral (
      select coalesce(said.pipeline_id, datastore.find_pipeline(said.named)) as id offset 0
    ) as pipeline
  ), found as (
    select unknown.inference_id, unknown.container_id, named.pipeline_id, named.model_version_ids
    from unknown
    join named on named.named = unknown.named and named.known_id is not distinct from unknown.pipeline_id
  )
  update datastore.inference
  set pipeline_id = found.pipeline_id, model_version_ids = found.model_version_ids
  from found
  where inference.inference_id = found.inference_id and inference.container_id = found.container_id
    and (inference.pipeline_id, inference.model_version_ids) is distinct from (found.pipeline_id, found.model_version_ids);
  get diagnostics tied = row_count;
  return tied;
end
$$;
comment on function datastore.recognise_models() is
  'Ties inferences to pipelines and model versions that were not known when they came. Answers how many it tied. datastore.import_pipelines(jsonb) calls it. Errors: DS403 for an acting user who is no administrator.';
