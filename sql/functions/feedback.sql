-- What experts say about boxes. Each saying is a row of datastore.verdict; the newest that changed something holds.

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

create or replace function datastore.said_boxes(document jsonb)
returns table (place integer, said jsonb, box_id uuid, class_id uuid, label text, is_blank boolean, corners jsonb, comment text)
language sql immutable parallel safe
begin atomic
  -- null is the same as absent, and ->> makes both of them NULL.
  select item.place, item.item,
         nullif(item.item ->> 'boxId', '')::uuid, nullif(item.item ->> 'classId', '')::uuid, nullif(item.item ->> 'label', ''),
         coalesce(item.item ->> 'classId' = '' and item.item ->> 'label' = '', false),
         nullif(item.item -> 'box', 'null'), item.item ->> 'comment'
  from datastore.items_of(document -> 'boxes') as item;
end;
comment on function datastore.said_boxes(jsonb) is
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

create or replace function datastore.check_said_ids(document jsonb, inference_id uuid) returns void
language sql stable
begin atomic
  select datastore.refuse_feedback('DS404', 'there is no such box in this inference', (
    select jsonb_agg(jsonb_build_object('instance_path', format('/boxes/%s/boxId', said.place), 'keyword', 'boxId',
                                        'message', format('inference %s has no box %s', check_said_ids.inference_id, said.box_id)) order by said.place)
    from datastore.said_boxes(document) as said
    where said.box_id is not null and not exists (
      select from datastore.box where box.box_id = said.box_id and box.inference_id = check_said_ids.inference_id)));
  select datastore.refuse_feedback('DS404', 'there is no such seed', (
    select jsonb_agg(jsonb_build_object('instance_path', format('/boxes/%s/classId', said.place), 'keyword', 'classId',
                                        'message', format('there is no seed %s', said.class_id)) order by said.place)
    from datastore.said_boxes(document) as said
    where said.class_id is not null and datastore.known_seed(said.class_id) is null));
  select datastore.refuse_feedback('DS400', 'invalid feedback document', (
    select jsonb_agg(jsonb_build_object('instance_path', format('/boxes/%s/label', said.place), 'keyword', 'species', 'message',
      case when said.class_id is null then format('%s names no species', to_json(said.label))
           else format('classId is %s, label is %s: leave one out', to_json(seed.name), to_json(said.label)) end) order by said.place)
    from datastore.said_boxes(document) as said
    left join datastore.seed on seed.seed_id = datastore.known_seed(said.class_id)
    where said.label is not null
      and case when said.class_id is null then datastore.seed_key(said.label) = ''
               else datastore.seed_of_label(said.label) is distinct from seed.seed_id end));
end;
comment on function datastore.check_said_ids(jsonb, uuid) is
  'Raises DS404 for a box that is not of this inference and for a species that nobody knows, DS400 for a label and classId of different species.';

create or replace function datastore.named_boxes(document jsonb)
returns table (place integer, said jsonb, box_id uuid, label text, is_blank boolean, corners jsonb, comment text, seed_id uuid, seed_name text)
language sql stable
begin atomic
  select said.place, said.said, said.box_id, said.label, said.is_blank, said.corners, said.comment, named.seed_id, named.name
  from datastore.said_boxes(document) as said
  left join datastore.seed as known on known.seed_id = said.class_id
  left join datastore.label on label.label = said.label
  left join datastore.seed as named
    on named.seed_id = coalesce(known.merged_into, known.seed_id, label.seed_id, datastore.seed_of_long_label(said.label));
end;
comment on function datastore.named_boxes(jsonb) is
  'The boxes of a feedback document with the species that they name, once datastore.learn_labels(text[]) knows their labels. seed_id and seed_name: NULL where none is named.';

create or replace function datastore.corners_of(box jsonb) returns jsonb
language sql immutable parallel safe
return jsonb_build_array(box -> 'topX', box -> 'topY', box -> 'bottomX', box -> 'bottomY');
comment on function datastore.corners_of(jsonb) is
  'The coordinates of a box, to be compared: 6.0 and 6 are equal there, and unknown keys are left out.';

create or replace function datastore.judged_boxes(inference datastore.inference, document jsonb, said_by uuid)
returns table (place integer, said jsonb, box_id uuid, is_manual boolean, held_id bigint, is_change boolean,
               outcome text, object_id uuid, seed_id uuid, label text, corners jsonb,
               model_seed_id uuid, model_score numeric, model_rank integer)
language sql stable
begin atomic
  select said.place, said.said, box.box_id, box.is_manual, held.verdict_id,
         held.verdict_id is null or compared.is_moved or (holds.outcome, holds.seed_id) is distinct from (held.outcome, held.seed_id),
         holds.outcome, holds.object_id, holds.seed_id, holds.label,
         case when compared.is_moved then said.corners else held.corners end,
         box.seed_ids[box.top_place], box.scores[box.top_place], datastore.rank_of(box.seed_ids, box.scores, holds.seed_id)
  from datastore.named_boxes(document) as said
  join datastore.box on box.box_id = said.box_id and box.inference_id = (inference).inference_id
  left join datastore.verdict as held on held.box_id = box.box_id and held.container_id = box.container_id and held.is_current
  -- offset 0: computed once, wherever it is used
  cross join lateral (
    select said.corners is not null
           and datastore.corners_of(said.corners) <> datastore.corners_of((box.document -> 'box') || coalesce(held.corners, '{}')) as is_moved
    offset 0
  ) as compared
  cross join lateral (
    select case when not said.is_blank then 'species'
                when compared.is_moved and coalesce(said.comment, '') not in ('No Seed', 'Multi Seed') then 'moved only'
                else 'not a seed' end as kind
    offset 0
  ) as meant
  -- The guess that is right: of the named species, by this very label, the highest score, the first. Where none is named
  -- the one that top_id names: the one that holds, else the model's top guess, else the first.
  left join lateral (
    select guess.object_id, guess.seed_id, guess.label
    from datastore.guess
    where meant.kind = 'species' and guess.box_id = box.box_id and (said.seed_id is null or guess.seed_id = said.seed_id)
    order by case when said.seed_id is null then guess.object_id = held.object_id else guess.label = said.label end desc nulls last,
             case when said.seed_id is null then (guess.place = box.top_place)::integer else guess.score end desc nulls last,
             guess.place
    limit 1
  ) as guess on true
  cross join lateral (
    select held.outcome, held.object_id, held.seed_id, held.label where meant.kind = 'moved only'
    union all
    select 'not a seed', null, null, null where meant.kind = 'not a seed'
    union all
    select 'species', guess.object_id, guess.seed_id, guess.label where guess.object_id is not null
    union all
    select 'species', null, coalesce(said.seed_id, box.seed_id), coalesce(said.label, said.seed_name, box.document ->> 'label')
    where meant.kind = 'species' and guess.object_id is null
  ) as holds(outcome, object_id, seed_id, label)
  -- The very same from the same expert is sent again after a lost answer. Coordinates are then the stored ones already,
  -- and must not be taken for "not a seed".
  where (held.said = said.said and held.said_by is not distinct from judged_boxes.said_by) is not true;
end;
comment on function datastore.judged_boxes(datastore.inference, jsonb, uuid) is
  'What feedback says about boxes that are there: for each what holds then, and whether that is a change. A species without object_id: no guess of the box names it yet. A box of which the same expert says the very same again is left out.';

create or replace function datastore.drawn_boxes(inference datastore.inference, document jsonb)
returns table (place integer, said jsonb, box_position bigint, seed_id uuid, label text, corners jsonb)
language sql stable
begin atomic
  select drawn.place, drawn.said, row_number() over (order by drawn.place)
           + coalesce((select max(box.position) from datastore.box where box.inference_id = (inference).inference_id), 0),
         drawn.seed_id, coalesce(drawn.label, drawn.seed_name), drawn.corners
  from (
    select distinct on (said.seed_id, datastore.corners_of(said.corners)) said.*
    from datastore.named_boxes(document) as said
    where said.box_id is null
    order by said.seed_id, datastore.corners_of(said.corners), said.place
  ) as drawn
  where not exists (
    select from datastore.box
    where box.inference_id = (inference).inference_id and box.is_manual and box.seed_id = drawn.seed_id
      and datastore.corners_of(box.document -> 'box') = datastore.corners_of(drawn.corners));
end;
comment on function datastore.drawn_boxes(datastore.inference, jsonb) is
  'The boxes that an expert drew in feedback, each with its place in the inference. One with the same coordinates and species as another, there or in the feedback, is the same box.';

create or replace function datastore.write_verdicts(inference datastore.inference, document jsonb, said_by uuid) returns jsonb
language plpgsql volatile
-- Planned once and not for each call, as in datastore.write_inferences.
set plan_cache_mode = force_generic_plan
set jit = off
as $$
declare
  errors jsonb;
begin
  with judged as materialized (
    select * from datastore.judged_boxes(inference, document, said_by)
  ), drawn as materialized (
    select datastore.counted_id(left((inference).inference_id::text, 24), drawn.box_position)::uuid as box_id, drawn.*
    from datastore.drawn_boxes(inference, document) as drawn
  ), verdict as materialized (
    select judged.place, judged.said, judged.box_id, judged.is_manual, judged.held_id, judged.is_change,
           judged.outcome, judged.object_id is null and judged.outcome = 'species' as is_new_guess,
           coalesce(judged.object_id, case when judged.outcome = 'species' then gen_random_uuid() end) as object_id,
           judged.seed_id, judged.label, judged.corners, judged.model_seed_id, judged.model_score, judged.model_rank
    from judged
    -- An expert's agreement is kept once.
    where judged.is_change or not exists (
      select from datastore.verdict as known
      where known.box_id = judged.box_id and known.container_id = (inference).container_id and known.verdict_id >= judged.held_id
        and known.said_by is not distinct from write_verdicts.said_by)
    union all
    select drawn.place, drawn.said, drawn.box_id, true, null, true, 'species', true, gen_random_uuid(), drawn.seed_id, drawn.label, null, null, null, null
    from drawn
  ), added_box as (
    insert into datastore.box (container_id, inference_id, box_id, position, is_manual, seed_id, document)
    select (inference).container_id, (inference).inference_id, drawn.box_id, drawn.box_position, true, drawn.seed_id,
           jsonb_build_object('box', drawn.corners, 'label', drawn.label, 'score', 1, 'overlapping', false, 'overlappingIndices', '[]'::jsonb)
    from drawn
  ), added_guess as (
    insert into datastore.expert_guess (container_id, box_id, object_id, label, seed_id, added_by)
    select (inference).container_id, verdict.box_id, verdict.object_id, verdict.label, verdict.seed_id, write_verdicts.said_by
    from verdict where verdict.is_new_guess order by verdict.place
  ), retired as (
    update datastore.verdict as known set is_current = false
    from verdict
    where known.verdict_id = verdict.held_id and known.container_id = (inference).container_id and verdict.is_change
    returning 1
  ), added_verdict as (
    insert into datastore.verdict
      (container_id, inference_id, box_id, is_current, is_manual, said, said_by, outcome, object_id, seed_id, label, corners,
       model_seed_id, model_score, model_rank)
    select (inference).container_id, (inference).inference_id, verdict.box_id, verdict.is_change, verdict.is_manual, verdict.said,
           write_verdicts.said_by, verdict.outcome, verdict.object_id, verdict.seed_id, verdict.label, verdict.corners, verdict.model_seed_id, verdict.model_score, verdict.model_rank
    from verdict
    -- Counted first: a box has one verdict that holds, so the old ones go before the new ones come.
    where (select count(*) from retired) is not null
    order by verdict.place
  )
  select jsonb_agg(jsonb_build_object('instance_path', format('/boxes/%s', judged.place), 'keyword', 'verified', 'message',
           'the inference is verified, with another verdict on this box: open it again with datastore.reopen_inference first') order by judged.place)
  into errors
  from judged
  where judged.is_change and (inference).verified_at is not null;
  return errors;
end
$$;
comment on function datastore.write_verdicts(datastore.inference, jsonb, uuid) is
  'Takes what feedback says in one statement. The same verdict changes nothing (another expert''s agreement is kept); another one takes its place. Answers the errors, if the inference is verified with other verdicts, else NULL: the caller refuses them.';

create or replace function datastore.label_verified(picture_id uuid, container_id uuid) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform datastore.check_acting('datastore.picture_label');
  perform datastore.check_may_write(array[label_verified.container_id]);
  -- Two inferences of one picture wait for each other here.
  perform from datastore.picture
  where picture.picture_id = label_verified.picture_id and picture.container_id = label_verified.container_id
  for no key update;

  with shown as materialized (
    select distinct on (verdict.seed_id) verdict.seed_id, verdict.said_by, verdict.said_at
    from datastore.inference
    join datastore.verdict on verdict.inference_id = inference.inference_id and verdict.container_id = inference.container_id
    where inference.picture_id = label_verified.picture_id and inference.container_id = label_verified.container_id
      and inference.verified_at is not null
      and verdict.is_current and verdict.outcome = 'species' and verdict.seed_id is not null
    order by verdict.seed_id, verdict.verdict_id
  ), gone as (
    delete from datastore.picture_label as label
    where label.picture_id = label_verified.picture_id and label.container_id = label_verified.container_id
      and label.origin = 'verified' and label.seed_id not in (select shown.seed_id from shown)
  )
  insert into datastore.picture_label (picture_id, container_id, seed_id, origin, labelled_by, labelled_at)
  select label_verified.picture_id, label_verified.container_id, shown.seed_id, 'verified', shown.said_by, shown.said_at
  from shown
  on conflict do nothing;
end
$$;
comment on function datastore.label_verified(uuid, uuid) is
  'Gives a picture the species of its verified inferences as labels, and takes away those that no longer hold. Known labels stay.';

create or replace function datastore.settle_inference(inference datastore.inference, said_by uuid) returns datastore.inference
language plpgsql volatile as $$
declare
  settled datastore.inference;
begin
  update datastore.inference as known
  set feedback_at = now(),
      verified_at = case when judged.is_complete then coalesce(known.verified_at, now()) end,
      verified_by = case when judged.is_complete then case when known.verified_at is null then settle_inference.said_by else known.verified_by end end
  from (
    select not exists (
      select from datastore.box
      left join datastore.verdict on verdict.box_id = box.box_id and verdict.container_id = box.container_id and verdict.is_current
      where box.inference_id = (settle_inference.inference).inference_id and verdict.outcome is null) as is_complete
  ) as judged
  where known.inference_id = (settle_inference.inference).inference_id
    and known.container_id = (settle_inference.inference).container_id
  returning known.* into settled;
  if settled.verified_at is not null then
    perform datastore.label_verified(settled.picture_id, settled.container_id);
  end if;
  perform datastore.tell_feedback(settled.picture_id, settled.container_id);
  return settled;
end
$$;
comment on function datastore.settle_inference(datastore.inference, uuid) is
  'After feedback: an inference each of whose boxes has a verdict is verified, and labels its picture.';

create or replace function datastore.lock_inference(inference_id uuid, container_id uuid) returns datastore.inference
language plpgsql volatile as $$
declare
  locked datastore.inference;
begin
  select inference.* into locked
  from datastore.inference
  where inference.inference_id = lock_inference.inference_id
    and (lock_inference.container_id is null or inference.container_id = lock_inference.container_id);
  if found then
    perform datastore.check_may_write(array[locked.container_id]);
    select inference.* into locked
    from datastore.inference
    where inference.inference_id = locked.inference_id and inference.container_id = locked.container_id
    for no key update;
  end if;
  if not found then
    perform datastore.refuse('DS404', format('there is no inference %s', coalesce(lock_inference.inference_id::text, 'NULL')),
      jsonb_build_array(jsonb_build_object('instance_path', '/inferenceId', 'keyword', 'inferenceId',
        'message', format('there is no inference %s', coalesce(lock_inference.inference_id::text, 'NULL')))));
  end if;
  return locked;
end
$$;
comment on function datastore.lock_inference(uuid, uuid) is
  'The row of an inference that the acting user may see; experts who answer at the same moment wait for each other here. Errors: DS404.';

create or replace function datastore.speaker_of(document jsonb) returns uuid
language plpgsql stable as $$
declare
  acting_id uuid := datastore.acting_user();
  named_id uuid := (document ->> 'userId')::uuid;
begin
  if named_id <> acting_id then
    perform datastore.refuse('DS403', 'userId is not the acting user', jsonb_build_array(jsonb_build_object(
      'instance_path', '/userId', 'keyword', 'userId', 'message', format('expected %s, the acting user, or nothing', acting_id))));
  end if;
  if acting_id is null and named_id is not null and not exists (select from datastore.user_account where user_account.user_id = named_id) then
    perform datastore.refuse('DS404', format('there is no user %s', named_id), jsonb_build_array(jsonb_build_object(
      'instance_path', '/userId', 'keyword', 'userId', 'message', format('there is no user %s', named_id))));
  end if;
  return coalesce(acting_id, named_id);
end
$$;
comment on function datastore.speaker_of(jsonb) is
  'Who gives this feedback: the acting user; where nobody acts the userId of the document, or nobody. Errors: DS403, DS404.';

create or replace function datastore.record_feedback(document jsonb, container_id uuid default null) returns json
language plpgsql volatile as $$
declare
  known datastore.inference;
  speaker_id uuid;
begin
  perform datastore.check_document('feedback', record_feedback.document);
  speaker_id := datastore.speaker_of(record_feedback.document);
  -- In the order in which datastore.merge_seed takes them, lest the two wait for each other.
  lock table datastore.label in access share mode;
  known := datastore.lock_inference((record_feedback.document ->> 'inferenceId')::uuid, record_feedback.container_id);
  perform datastore.check_said_ids(record_feedback.document, known.inference_id);
  perform datastore.learn_labels(array(
    select item.label from datastore.said_boxes(record_feedback.document) as item where item.label is not null));

  perform datastore.refuse_feedback('DS409', 'the inference is verified with another verdict',
                                    datastore.write_verdicts(known, record_feedback.document, speaker_id));
  return datastore.inference_json(datastore.settle_inference(known, speaker_id));
end
$$;
comment on function datastore.record_feedback(jsonb, uuid) is
'Takes what an expert says about the boxes of an inference, all of it or nothing: {inferenceId, userId, boxes: [{boxId, classId, label, box, comment}]}. Answers the rebuilt inference.
A boxId alone: its top guess (the one that top_id names) is right. With label or classId: that species is right. With both empty: not a seed; with other coordinates, too, and no comment "No Seed" or "Multi Seed": moved only. Without boxId: a box that was drawn. Coordinates other than the stored ones move the box.
The same verdict again changes nothing; a later one takes the place of an earlier one until every box has a verdict: then the inference is verified, its picture has the species as labels, and another verdict is DS409. The history is in datastore.verdict, datastore.rebuild_verdicts(uuid).
Errors: DS400, DS403 for another userId, DS404 for an inference, a box or a species, DS409.';

create or replace function datastore.reopen_inference(inference_id uuid, container_id uuid default null) returns json
language plpgsql volatile as $$
declare
  known datastore.inference := datastore.lock_inference(reopen_inference.inference_id, reopen_inference.container_id);
begin
  if known.verified_at is not null then
    update datastore.inference set verified_at = null, verified_by = null
    where inference.inference_id = known.inference_id and inference.container_id = known.container_id
    returning * into known;
    perform datastore.label_verified(known.picture_id, known.container_id);
  end if;
  return datastore.inference_json(known);
end
$$;
comment on function datastore.reopen_inference(uuid, uuid) is
  'Opens a verified inference again: its verdicts stay and may be changed, its picture loses their labels until it is verified again. Written to the history; one that is open already stays as it is. Answers the rebuilt inference. Errors: DS404.';

create or replace function datastore.rebuild_verdicts(inference_id uuid, container_id uuid default null) returns jsonb
language plpgsql stable as $$
declare
  known datastore.inference := datastore.find_inference(rebuild_verdicts.inference_id, rebuild_verdicts.container_id);
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
      'box_id', verdict.box_id, 'said', verdict.said, 'said_by', verdict.said_by,
      'said_at', to_char(verdict.said_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
      'outcome', verdict.outcome, 'label', verdict.label, 'classId', verdict.seed_id, 'box', verdict.corners,
      'is_current', verdict.is_current) order by verdict.verdict_id), '[]')
    from datastore.verdict
    where verdict.inference_id = known.inference_id and verdict.container_id = known.container_id);
end
$$;
comment on function datastore.rebuild_verdicts(uuid, uuid) is
  'Everything that experts said about an inference, in order: [{box_id, said: as it was sent, said_by, said_at, outcome: species, "not a seed" or null, label, classId, box: corrected coordinates or null, is_current}]. Errors: DS404.';
