-- The feedback of experts on boxes. Each is a row of datastore.verdict; the newest that changed something holds.

create or replace function datastore.rank_of(seed_ids uuid[], scores numeric[], seed_id uuid) returns integer
language sql immutable parallel safe
return (
  select ranked.rank::integer
  from (
    select best.seed_id, row_number() over (order by best.score desc, best.place) as rank
    from (
      select distinct on (guess.seed_id) guess.seed_id, guess.score, guess.place
      from unnest(seed_ids, scores) with ordinality as guess(seed_id, score, place)
      order by guess.seed_id, guess.score desc, guess.place
    ) as best
  ) as ranked
  where ranked.seed_id = rank_of.seed_id
);
comment on function datastore.rank_of(uuid[], numeric[], uuid) is
  'The rank of a species among those that were guessed, by score, each counted once; NULL if it is not among them.';

create or replace function datastore.feedback_boxes(document jsonb)
returns table (place integer, feedback jsonb, box_id uuid, class_id uuid, label text, is_blank boolean,
  corners jsonb, comment text)
language sql immutable parallel safe
begin atomic
  -- null is the same as absent, and ->> makes both of them NULL.
  select item.place, item.item,
         nullif(item.item ->> 'boxId', '')::uuid, nullif(item.item ->> 'classId', '')::uuid,
         nullif(item.item ->> 'label', ''),
         coalesce(item.item ->> 'classId' = '' and item.item ->> 'label' = '', false),
         nullif(item.item -> 'box', 'null'), item.item ->> 'comment'
  from datastore.items_of(document -> 'boxes') as item;
end;
comment on function datastore.feedback_boxes(jsonb) is
  'The boxes of a feedback document as rows. is_blank: label and classId are both the empty string.';

create or replace function datastore.refuse_feedback(code text, message text, errors jsonb) returns void
language plpgsql stable parallel safe as $$
begin
  if errors is not null then
    perform datastore.refuse(code, message, errors);
  end if;
end
$$;
comment on function datastore.refuse_feedback(text, text, jsonb) is 'Raises the errors, if there are any.';

create or replace function datastore.check_feedback_ids(document jsonb, inference_id uuid) returns void
language sql stable
begin atomic
  select datastore.refuse_feedback('DS404', 'there is no such box in this inference', (
    select jsonb_agg(datastore.error_row(format('/boxes/%s/boxId', answer.place), 'boxId',
      format('inference %s has no box %s', check_feedback_ids.inference_id, answer.box_id)) order by answer.place)
    from datastore.feedback_boxes(document) as answer
    where answer.box_id is not null and not exists (
      select from datastore.box
      where box.box_id = answer.box_id and box.inference_id = check_feedback_ids.inference_id)));
  select datastore.refuse_feedback('DS404', 'there is no such seed', (
    select jsonb_agg(datastore.error_row(format('/boxes/%s/classId', answer.place), 'classId',
      format('there is no seed %s', answer.class_id))
                     order by answer.place)
    from datastore.feedback_boxes(document) as answer
    where answer.class_id is not null and datastore.known_seed(answer.class_id) is null));
  select datastore.refuse_feedback('DS400', 'invalid feedback document', (
    select jsonb_agg(datastore.error_row(format('/boxes/%s/label', answer.place), 'seed',
      case when answer.class_id is null then format('%s names no species', to_json(answer.label))
           else format('classId is %s, label is %s: leave one out', to_json(seed.name),
             to_json(answer.label)) end) order by answer.place)
    from datastore.feedback_boxes(document) as answer
    left join datastore.seed on seed.seed_id = datastore.known_seed(answer.class_id)
    where answer.label is not null
      and case when answer.class_id is null then datastore.seed_key(answer.label) = ''
               else datastore.seed_of_label(answer.label) is distinct from seed.seed_id end));
end;
comment on function datastore.check_feedback_ids(jsonb, uuid) is
  'Raises DS404 for a box that is not of this inference and for an unknown seed, DS400 for a label and '
  'classId of different species.';

create or replace function datastore.named_boxes(document jsonb)
returns table (place integer, feedback jsonb, box_id uuid, label text, is_blank boolean, corners jsonb,
  comment text, seed_id uuid, seed_name text)
language sql stable
begin atomic
  select answer.place, answer.feedback, answer.box_id, answer.label, answer.is_blank, answer.corners, answer.comment,
         named.seed_id, named.name
  from datastore.feedback_boxes(document) as answer
  left join datastore.seed as known on known.seed_id = answer.class_id
  -- limit 1: looked up one by one, however few labels there were when this was planned
  left join lateral (
    select label.seed_id from datastore.label where label.label = answer.label limit 1
  ) as label on true
  left join datastore.seed as named
    on named.seed_id = coalesce(known.merged_into, known.seed_id, label.seed_id,
      datastore.seed_of_long_label(answer.label));
end;
comment on function datastore.named_boxes(jsonb) is
  'The boxes of a feedback document with the species that they name, once datastore.learn_labels(text[]) knows '
  'their labels. seed_id and seed_name: NULL where none is named.';

create or replace function datastore.corners_of(box jsonb) returns jsonb
language sql immutable parallel safe
return jsonb_build_array(box -> 'topX', box -> 'topY', box -> 'bottomX', box -> 'bottomY');
comment on function datastore.corners_of(jsonb) is
  'The coordinates of a box, to be compared: 6.0 and 6 are equal there, and unknown keys are left out.';

create or replace function datastore.judged_boxes(inference datastore.inference, document jsonb, given_by uuid)
returns table (place integer, feedback jsonb, box_id uuid, is_manual boolean, held_id bigint, is_change boolean,
               outcome text, object_id uuid, seed_id uuid, label text, corners jsonb,
               model_seed_id uuid, model_score numeric, model_rank integer)
language sql stable
begin atomic
  select answer.place, answer.feedback, box.box_id, box.is_manual, held.verdict_id,
         held.verdict_id is null or compared.is_moved
           or (holds.outcome, holds.seed_id) is distinct from (held.outcome, held.seed_id),
         holds.outcome, holds.object_id, holds.seed_id, holds.label,
         case when compared.is_moved then answer.corners else held.corners end,
         box.seed_ids[box.top_place], box.scores[box.top_place],
         datastore.rank_of(box.seed_ids, box.scores, holds.seed_id)
  from datastore.named_boxes(document) as answer
  join datastore.box on box.box_id = answer.box_id and box.inference_id = (inference).inference_id
  left join datastore.verdict as held on held.box_id = box.box_id
    and held.container_id = box.container_id and held.is_current
  -- offset 0: computed once, wherever it is used
  cross join lateral (
    select answer.corners is not null
           and datastore.corners_of(answer.corners) <> datastore.corners_of((box.document -> 'box')
             || coalesce(held.corners, '{}')) as is_moved
    offset 0
  ) as compared
  cross join lateral (
    select case when not answer.is_blank then 'seed'
                when compared.is_moved and coalesce(answer.comment, '') not in ('No Seed', 'Multi Seed')
                  then 'moved only'
                else 'not a seed' end as kind
    offset 0
  ) as meant
  -- The guess that is right: of the named species, by this very label, the highest score, the first. Where none is
  -- named the one that top_id names: the one that holds, else the model's top guess, else the first.
  left join lateral (
    select guess.object_id, guess.seed_id, guess.label
    from datastore.guess
    where meant.kind = 'seed' and guess.box_id = box.box_id
      and (answer.seed_id is null or guess.seed_id = answer.seed_id)
    order by case when answer.seed_id is null then guess.object_id = held.object_id
      else guess.label = answer.label end desc nulls last,
             case when answer.seed_id is null then (guess.place = box.top_place)::integer
               else guess.score end desc nulls last,
             guess.place
    limit 1
  ) as guess on true
  cross join lateral (
    select held.outcome, held.object_id, held.seed_id, held.label where meant.kind = 'moved only'
    union all
    select 'not a seed', null, null, null where meant.kind = 'not a seed'
    union all
    select 'seed', guess.object_id, guess.seed_id, guess.label where guess.object_id is not null
    union all
    select 'seed', null, coalesce(answer.seed_id, box.seed_id),
           coalesce(answer.label, answer.seed_name, box.document ->> 'label')
    where meant.kind = 'seed' and guess.object_id is null
  ) as holds(outcome, object_id, seed_id, label)
  -- The very same from the same expert is sent again after a lost answer. Coordinates are then the stored ones already,
  -- and must not be taken for "not a seed".
  where (held.feedback = answer.feedback and held.given_by is not distinct from judged_boxes.given_by) is not true;
end;
comment on function datastore.judged_boxes(datastore.inference, jsonb, uuid) is
  'What feedback says about boxes that are there: for each what holds then, and whether that is a change. A species '
  'without object_id: no guess of the box names it yet. A box of which the same expert says the very same again is '
  'left out.';

create or replace function datastore.drawn_boxes(inference datastore.inference, document jsonb)
returns table (place integer, feedback jsonb, box_position bigint, seed_id uuid, label text, corners jsonb)
language sql stable
begin atomic
  select drawn.place, drawn.feedback, row_number() over (order by drawn.place)
           + coalesce((select max(box.position) from datastore.box
               where box.inference_id = (inference).inference_id), 0),
         drawn.seed_id, drawn.label, drawn.corners
  from (
    select distinct on (any_box.seed_id, any_box.coordinates) any_box.*
    -- Sorted together: to look for each among those that are there would compare all with all in some plans.
    from (
      select answer.place, answer.feedback, answer.seed_id, coalesce(answer.label, answer.seed_name) as label,
             answer.corners,
             datastore.corners_of(answer.corners) as coordinates
      from datastore.named_boxes(document) as answer
      where answer.box_id is null
      union all
      select null, null, box.seed_id, null, null, datastore.corners_of(box.document -> 'box')
      from datastore.box
      where box.inference_id = (inference).inference_id and box.is_manual and box.seed_id is not null
    ) as any_box
    order by any_box.seed_id, any_box.coordinates, any_box.place nulls first
  ) as drawn
  where drawn.place is not null;
end;
comment on function datastore.drawn_boxes(datastore.inference, jsonb) is
  'The boxes that an expert drew in feedback, each with its place in the inference. One with the same coordinates '
  'and species as another, there or in the feedback, is the same box.';

create or replace function datastore.write_verdicts(
  inference datastore.inference, document jsonb, given_by uuid
) returns jsonb
language plpgsql volatile
-- Planned once and not for each call, as in datastore.write_inferences; by indexes, also where tables are still empty.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $$
declare
  errors jsonb;
begin
  with judged as materialized (
    select * from datastore.judged_boxes(inference, document, given_by)
  ), drawn as materialized (
    select datastore.counted_id(left((inference).inference_id::text, 24), drawn.box_position)::uuid as box_id, drawn.*
    from datastore.drawn_boxes(inference, document) as drawn
  ), verdict as materialized (
    select judged.place, judged.feedback, judged.box_id, judged.is_manual, judged.held_id, judged.is_change,
           judged.outcome, judged.object_id is null and judged.outcome = 'seed' as is_new_guess,
           coalesce(judged.object_id, case when judged.outcome = 'seed' then gen_random_uuid() end) as object_id,
           judged.seed_id, judged.label, judged.corners, judged.model_seed_id, judged.model_score, judged.model_rank
    from judged
    -- An expert's agreement is kept once.
    where judged.is_change or not exists (
      select from datastore.verdict as known
      where known.box_id = judged.box_id and known.container_id = (inference).container_id
        and known.verdict_id >= judged.held_id
        and known.given_by is not distinct from write_verdicts.given_by)
    union all
    select drawn.place, drawn.feedback, drawn.box_id, true, null, true, 'seed', true, gen_random_uuid(),
           drawn.seed_id, drawn.label, null, null, null, null
    from drawn
  ), added_box as (
    insert into datastore.box (container_id, inference_id, box_id, position, is_manual, seed_id, document)
    select (inference).container_id, (inference).inference_id, drawn.box_id, drawn.box_position, true, drawn.seed_id,
           jsonb_build_object('box', drawn.corners, 'label', drawn.label, 'score', 1,
             'overlapping', false, 'overlappingIndices', '[]'::jsonb)
    from drawn
  ), added_guess as (
    insert into datastore.expert_guess (container_id, box_id, object_id, label, seed_id, added_by)
    select (inference).container_id, verdict.box_id, verdict.object_id, verdict.label,
           verdict.seed_id, write_verdicts.given_by
    from verdict where verdict.is_new_guess order by verdict.place
  ), retired as (
    update datastore.verdict as known set is_current = false
    from verdict
    where known.verdict_id = verdict.held_id and known.container_id = (inference).container_id and verdict.is_change
    returning 1
  ), added_verdict as (
    insert into datastore.verdict
      (container_id, inference_id, box_id, is_current, is_manual, feedback, given_by, outcome,
        object_id, seed_id, label, corners,
       model_seed_id, model_score, model_rank)
    select (inference).container_id, (inference).inference_id, verdict.box_id, verdict.is_change,
           verdict.is_manual, verdict.feedback,
           write_verdicts.given_by, verdict.outcome, verdict.object_id, verdict.seed_id, verdict.label,
           verdict.corners, verdict.model_seed_id, verdict.model_score, verdict.model_rank
    from verdict
    -- Counted first: a box has one verdict that holds, so the old ones go before the new ones come.
    where (select count(*) from retired) is not null
    order by verdict.place
  )
  select jsonb_agg(datastore.error_row(format('/boxes/%s', judged.place), 'verified',
    'the inference is verified, with another verdict on this box: open it again with '
           'datastore.reopen_inference first') order by judged.place)
  into errors
  from judged
  where judged.is_change and (inference).verified_at is not null;
  return errors;
end
$$;
comment on function datastore.write_verdicts(datastore.inference, jsonb, uuid) is
  'Takes what feedback says in one statement. The same verdict changes nothing (another expert''s agreement is '
  'kept); another one takes its place. Answers the errors, if the inference is verified with other verdicts, else '
  'NULL: the caller refuses them.';
