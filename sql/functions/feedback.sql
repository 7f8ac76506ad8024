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

create or replace function datastore.find_guess(box_id uuid, seed_id uuid, label text) returns datastore.guess
language sql stable
return (
  select guess
  from datastore.guess
  where guess.box_id = find_guess.box_id and guess.seed_id = find_guess.seed_id
  order by guess.label is not distinct from find_guess.label desc, guess.score desc, guess.place
  limit 1
);
comment on function datastore.find_guess(uuid, uuid, text) is
  'The guess of a box that names a species; of several the one with this very label, else with the higher score, else the first. NULL if none does.';

create or replace function datastore.add_guess(box datastore.box, seed_id uuid, label text, added_by uuid) returns datastore.guess
language plpgsql volatile as $$
declare
  added datastore.expert_guess;
begin
  insert into datastore.expert_guess (container_id, box_id, label, seed_id, added_by)
  values (box.container_id, box.box_id,
          coalesce(add_guess.label, (select seed.name from datastore.seed where seed.seed_id = add_guess.seed_id)),
          add_guess.seed_id, add_guess.added_by)
  returning * into added;
  return (select guess from datastore.guess where guess.box_id = added.box_id and guess.object_id = added.object_id);
end
$$;
comment on function datastore.add_guess(datastore.box, uuid, text, uuid) is 'Adds what an expert says to the guesses of a box; without a label by the species'' name.';

create or replace function datastore.top_guess(box datastore.box, current_id uuid) returns datastore.guess
language sql stable
return (
  select guess
  from datastore.guess
  where guess.box_id = (top_guess.box).box_id
  order by guess.object_id = top_guess.current_id desc nulls last, guess.place = (top_guess.box).top_place desc nulls last, guess.place
  limit 1
);
comment on function datastore.top_guess(datastore.box, uuid) is
  'The guess that top_id names: the one that an expert said is right (current_id), else the model''s with the highest score, the first of equals. NULL without guesses.';

create or replace function datastore.same_corners(one jsonb, other jsonb) returns boolean
language sql immutable parallel safe
return (one -> 'topX', one -> 'topY', one -> 'bottomX', one -> 'bottomY') = (other -> 'topX', other -> 'topY', other -> 'bottomX', other -> 'bottomY');
comment on function datastore.same_corners(jsonb, jsonb) is 'Are these the same coordinates, 6.0 and 6 alike?';

create or replace function datastore.judge_box(inference datastore.inference, said_box jsonb, place integer, said_by uuid) returns jsonb
language plpgsql volatile as $$
declare
  said record;
  box datastore.box;
  held datastore.verdict;   -- what holds
  holds datastore.verdict;  -- what will hold
  guess datastore.guess;
  seed_id uuid;
  is_moved boolean;
begin
  select * into strict said from datastore.said_boxes(jsonb_build_object('boxes', jsonb_build_array(said_box)));
  select known.* into strict box from datastore.box as known
  where known.box_id = said.box_id and known.container_id = inference.container_id;
  select known.* into held from datastore.verdict as known
  where known.box_id = box.box_id and known.container_id = box.container_id and known.is_current;

  -- The very same from the same expert is sent again after a lost answer. Coordinates are then the stored ones already,
  -- and must not be taken for "not a seed".
  if held.said = said_box and held.said_by is not distinct from judge_box.said_by then
    return null;
  end if;

  is_moved := said.corners is not null
    and not datastore.same_corners(said.corners, (box.document -> 'box') || coalesce(held.corners, '{}'));
  holds.corners := case when is_moved then said.corners else held.corners end;
  if said.is_blank and is_moved and coalesce(said.comment, '') not in ('No Seed', 'Multi Seed') then
    -- Moved, and nothing else is said.
    holds.outcome := held.outcome;
    holds.object_id := held.object_id;
    holds.seed_id := held.seed_id;
    holds.label := held.label;
  elsif said.is_blank then
    holds.outcome := 'not a seed';
  else
    if said.class_id is null and said.label is null then
      guess := datastore.top_guess(box, held.object_id);
      if guess.object_id is null then
        guess := datastore.add_guess(box, box.seed_id, box.document ->> 'label', judge_box.said_by);
      end if;
    else
      seed_id := coalesce(datastore.known_seed(said.class_id), datastore.seed_of_label(said.label));
      guess := datastore.find_guess(box.box_id, seed_id, said.label);
      if guess.object_id is null then
        guess := datastore.add_guess(box, seed_id, said.label, judge_box.said_by);
      end if;
    end if;
    holds.outcome := 'species';
    holds.object_id := guess.object_id;
    holds.seed_id := guess.seed_id;
    holds.label := guess.label;
  end if;

  holds.is_current := held.verdict_id is null or is_moved
    or (holds.outcome, holds.seed_id) is distinct from (held.outcome, held.seed_id);
  if holds.is_current and inference.verified_at is not null then
    return jsonb_build_object('instance_path', format('/boxes/%s', place), 'keyword', 'verified', 'message',
      'the inference is verified, with another verdict on this box: open it again with datastore.reopen_inference first');
  end if;
  if holds.is_current then
    update datastore.verdict set is_current = false
    where verdict.verdict_id = held.verdict_id and verdict.container_id = held.container_id;
  elsif exists (
    select from datastore.verdict as known
    where known.box_id = box.box_id and known.container_id = box.container_id and known.verdict_id >= held.verdict_id
      and known.said_by is not distinct from judge_box.said_by) then
    -- This expert said so before.
    return null;
  end if;
  insert into datastore.verdict
    (container_id, inference_id, box_id, is_current, said, said_by, outcome, object_id, seed_id, label, corners, model_seed_id, model_score, model_rank)
  values
    (box.container_id, box.inference_id, box.box_id, holds.is_current, said_box, judge_box.said_by,
     holds.outcome, holds.object_id, holds.seed_id, holds.label, holds.corners,
     box.seed_ids[box.top_place], box.scores[box.top_place], datastore.rank_of(box.seed_ids, box.scores, holds.seed_id));
  return null;
end
$$;
comment on function datastore.judge_box(datastore.inference, jsonb, integer, uuid) is
  'Takes what feedback says about a box. The same verdict changes nothing (another expert''s agreement is kept); another one takes its place. Answers the error, if the inference is verified with another verdict, else NULL.';

create or replace function datastore.draw_box(inference datastore.inference, said_box jsonb, said_by uuid) returns void
language plpgsql volatile as $$
declare
  said record;
  drawn datastore.box;
  guess datastore.guess;
begin
  select * into strict said from datastore.said_boxes(jsonb_build_object('boxes', jsonb_build_array(said_box)));
  drawn.container_id := inference.container_id;
  drawn.inference_id := inference.inference_id;
  drawn.seed_id := coalesce(datastore.known_seed(said.class_id), datastore.seed_of_label(said.label));
  if exists (
    select from datastore.box
    where box.inference_id = drawn.inference_id and box.is_manual and box.seed_id = drawn.seed_id
      and datastore.same_corners(box.document -> 'box', said.corners)) then
    return;
  end if;

  insert into datastore.box (container_id, inference_id, position, is_manual, seed_id, document)
  select drawn.container_id, drawn.inference_id, coalesce(max(box.position), 0) + 1, true, drawn.seed_id, jsonb_build_object(
           'box', said.corners, 'label', coalesce(said.label, (datastore.seed_json(drawn.seed_id) ->> 'seed_name')), 'score', 1,
           'overlapping', false, 'overlappingIndices', '[]'::jsonb)
  from datastore.box where box.inference_id = drawn.inference_id
  returning * into drawn;
  guess := datastore.add_guess(drawn, drawn.seed_id, said.label, draw_box.said_by);
  insert into datastore.verdict
    (container_id, inference_id, box_id, is_current, said, said_by, outcome, object_id, seed_id, label)
  values
    (drawn.container_id, drawn.inference_id, drawn.box_id, true, said_box, draw_box.said_by, 'species', guess.object_id, guess.seed_id, guess.label);
end
$$;
comment on function datastore.draw_box(datastore.inference, jsonb, uuid) is
  'Adds a box that an expert drew, with its verdict. One with the same coordinates and species is the same box.';

create or replace function datastore.label_verified(picture_id uuid, container_id uuid) returns void
language plpgsql volatile as $$
begin
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
  perform datastore.refresh_error_handling(array[settled.picture_id]);
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
  join datastore.container on container.container_id = inference.container_id
  where inference.inference_id = lock_inference.inference_id
    and (lock_inference.container_id is null or inference.container_id = lock_inference.container_id)
    and datastore.may_see(container.user_id)
  for no key update of inference;
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
  said record;
  error jsonb;
  errors jsonb := '[]';
begin
  perform datastore.check_document('feedback', record_feedback.document);
  speaker_id := datastore.speaker_of(record_feedback.document);
  known := datastore.lock_inference((record_feedback.document ->> 'inferenceId')::uuid, record_feedback.container_id);
  perform datastore.check_said_ids(record_feedback.document, known.inference_id);
  perform datastore.learn_labels(array(
    select item.label from datastore.said_boxes(record_feedback.document) as item where item.label is not null));

  for said in select * from datastore.said_boxes(record_feedback.document) as item order by item.place loop
    if said.box_id is null then
      perform datastore.draw_box(known, said.said, speaker_id);
    else
      error := datastore.judge_box(known, said.said, said.place, speaker_id);
      errors := errors || coalesce(error, '[]');
    end if;
  end loop;
  if errors <> '[]' then
    perform datastore.refuse('DS409', 'the inference is verified with another verdict', errors);
  end if;
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
    insert into datastore.history (container_id, entity, entity_id, action, acted_by, before)
    values (known.container_id, 'inference', known.inference_id, 'reopened', datastore.acting_user(), jsonb_build_object(
      'verified_by', known.verified_by, 'verified_at', to_char(known.verified_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')));
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
