-- How an inference is divided and put together again. Measured (benchmarks/inference.py): guesses lie in their box's
-- row, ids are counted and not stored, and the answer of an import is the text of the rows that it writes.

create or replace function datastore.seed_of_long_label(label text) returns uuid
language plpgsql stable parallel safe as $$
begin
  return case when octet_length(label) > 1000 then datastore.seed_of_new_label(label) end;
end
$$;
comment on function datastore.seed_of_long_label(text) is
  'The species of a label that is too long for datastore.label; NULL for any other.';

create or replace function datastore.split_boxes(inference_id uuid, document jsonb)
returns table (box_id uuid, "position" integer, document jsonb, guesses jsonb, seed_id uuid,
  seed_ids uuid[], scores numeric[],
               top_place integer, score numeric, is_claimed boolean)
language sql stable parallel safe as $$
  -- Labels are not joined: all of them would be read for each box, where the planner takes them for few.
  select datastore.counted_id(sent.prefix, sent.place)::uuid, sent.place::integer, sent.box - 'topN', guessed.guesses,
         -- Without guesses the label is the only one.
         case when sent.box ? 'topN'
           then coalesce((select label.seed_id from datastore.label where label.label = sent.box ->> 'label'),
             datastore.seed_of_long_label(sent.box ->> 'label'))
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
    select coalesce(jsonb_agg(item.guess
        || jsonb_object(array['object_id', datastore.counted_id(sent.prefix, sent.place, item.place)])
                              order by item.place), '[]') as guesses,
           coalesce(array_agg(coalesce((select label.seed_id from datastore.label
               where label.label = item.guess ->> 'label'), datastore.seed_of_long_label(item.guess ->> 'label'))
                 order by item.place), '{}') as seed_ids,
           coalesce(array_agg((item.guess -> 'score')::numeric order by item.place), '{}') as scores,
           max((item.guess -> 'score')::numeric) as top_score,
           coalesce(bool_or(item.guess ?| datastore.inference_system_keys('guesses')), false) as is_claimed
    from jsonb_array_elements(coalesce(
      sent.box -> 'topN', jsonb_build_array(jsonb_build_object('label', sent.box -> 'label',
          'score', sent.box -> 'score'))
    )) with ordinality as item(guess, place)
  ) as guessed
$$;
comment on function datastore.split_boxes(uuid, jsonb) is
  'The boxes of an inference''s document as rows of datastore.box. seed_id, and an item of seed_ids, is NULL for a '
  'label that was never seen; is_claimed: it has keys that the datastore fills.';

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
  ', "verified_at": ', coalesce(to_char(inference.verified_at at time zone 'UTC',
      '"\""YYYY-MM-DD"T"HH24:MI:SS.US"Z\""'), 'null'),
  case when inference.document ? 'pipeline_id' then ''
    else ', "pipeline_id": ' || coalesce('"' || inference.pipeline_id || '"', 'null') end,
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
  'The model versions that made an inference: those that it names, NULL for each unregistered one; where it names '
  'none, those that its pipeline runs now.';

create or replace function datastore.write_inferences(
  inference_ids uuid[], picture_ids uuid[], container_ids uuid[], documents jsonb[],
  is_careful boolean, with_answers boolean
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
    from unnest(inference_ids, picture_ids, container_ids, documents) with ordinality as sent(inference_id,
      picture_id, container_id, document, place)
  ), split as materialized (
    select sent.inference_id, sent.container_id, box.*
    from sent cross join lateral datastore.split_boxes(sent.inference_id, sent.document) as box
  ), added as (
    insert into datastore.box (box_id, container_id, inference_id, position, document, guesses,
      seed_id, seed_ids, scores, top_place)
    select box_id, container_id, inference_id, position, document, guesses, seed_id, seed_ids,
           scores, top_place from split
    returning inference_id, position,
              case when write_inferences.with_answers
                then datastore.box_text(box_id, seed_id, top_place, guesses, document) end as text
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
  select array_agg(datastore.inference_text(written.inference, boxes.text) order by sent.place)
    filter (where write_inferences.with_answers),
         bool_or(sent.document ?| datastore.inference_system_keys('inference')) or (
           select bool_or(split.is_claimed or split.seed_id is null or array_position(split.seed_ids, null) is not null)
           from split),
         bool_or(sent.document -> 'totalBoxes' is distinct from to_jsonb(jsonb_array_length(sent.document -> 'boxes')))
  into answers, needs_care, is_miscounted
  from sent
  join written on (written.inference).inference_id = sent.inference_id
  left join (
    select added.inference_id, string_agg(added.text, ', ' order by added.position) as text
    from added group by added.inference_id
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
  'Inserts inferences with their boxes in one statement, and answers their rebuilt documents as text. The table '
  'constraints are the check: the caller explains a violation. Not is_careful: raises DS000 for a label that '
  'was never seen, and for keys that the datastore fills.';
