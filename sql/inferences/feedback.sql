-- What backends call with feedback, and what follows from it for an inference.

create or replace function datastore.label_verified(picture_id uuid, container_id uuid) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
-- The foreign key of a label looks up its species, by a plan that a connection keeps from when there were few.
set enable_seqscan = off
as $$
begin
  perform datastore.check_acting('datastore.picture_label');
  perform datastore.check_may_write(array[label_verified.container_id], 'judge');
  -- Two inferences of one picture wait for each other here.
  perform from datastore.picture
  where picture.picture_id = label_verified.picture_id and picture.container_id = label_verified.container_id
  for no key update;

  with shown as materialized (
    select distinct on (verdict.seed_id) verdict.seed_id, verdict.given_by, verdict.given_at
    from datastore.inference
    join datastore.verdict on verdict.inference_id = inference.inference_id
      and verdict.container_id = inference.container_id
    where inference.picture_id = label_verified.picture_id and inference.container_id = label_verified.container_id
      and inference.verified_at is not null
      and verdict.is_current and verdict.outcome = 'seed' and verdict.seed_id is not null
    order by verdict.seed_id, verdict.verdict_id
  ), gone as (
    delete from datastore.picture_label as label
    where label.picture_id = label_verified.picture_id and label.container_id = label_verified.container_id
      and label.origin = 'verified' and label.seed_id not in (select shown.seed_id from shown)
  )
  insert into datastore.picture_label (picture_id, container_id, seed_id, origin, labelled_by, labelled_at)
  select label_verified.picture_id, label_verified.container_id, shown.seed_id, 'verified',
         shown.given_by, shown.given_at
  from shown
  on conflict do nothing;
end
$$;
comment on function datastore.label_verified(uuid, uuid) is
  'Gives a picture the species of its verified inferences as labels, and takes away those that no longer hold. '
  'Known labels stay.';

create or replace function datastore.settle_inference(
  inference datastore.inference, given_by uuid
) returns datastore.inference
language plpgsql volatile as $$
declare
  settled datastore.inference;
begin
  update datastore.inference as known
  set feedback_at = now(),
      verified_at = case when judged.is_complete then coalesce(known.verified_at, now()) end,
      verified_by = case when judged.is_complete then case when known.verified_at is null
        then settle_inference.given_by else known.verified_by end end
  from (
    select not exists (
      select from datastore.box
      left join datastore.verdict on verdict.box_id = box.box_id
        and verdict.container_id = box.container_id and verdict.is_current
      where box.inference_id = (settle_inference.inference).inference_id and verdict.outcome is null) as is_complete
  ) as judged
  where known.inference_id = (settle_inference.inference).inference_id
    and known.container_id = (settle_inference.inference).container_id
  returning known.* into settled;
  if settled.verified_at is not null then
    perform datastore.label_verified(settled.picture_id, settled.container_id);
  end if;
  perform datastore.update_picture_feedback(settled.picture_id, settled.container_id);
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
    perform datastore.check_may_write(array[locked.container_id], 'judge');
    select inference.* into locked
    from datastore.inference
    where inference.inference_id = locked.inference_id and inference.container_id = locked.container_id
    for no key update;
  end if;
  if not found then
    perform datastore.refuse('DS404',
      format('there is no inference %s', coalesce(lock_inference.inference_id::text, 'NULL')),
      jsonb_build_array(datastore.error_row('/inferenceId', 'inferenceId',
        format('there is no inference %s', coalesce(lock_inference.inference_id::text, 'NULL')))));
  end if;
  return locked;
end
$$;
comment on function datastore.lock_inference(uuid, uuid) is
  'The row of an inference that the acting user may see; experts whose feedback comes at the same moment wait '
  'for each other here. Errors: DS404.';

create or replace function datastore.author_of(document jsonb) returns uuid
language plpgsql stable as $$
declare
  acting_id uuid := datastore.acting_user();
  named_id uuid := (document ->> 'userId')::uuid;
begin
  if named_id <> acting_id then
    perform datastore.refuse('DS403', 'userId is not the acting user',
      jsonb_build_array(datastore.error_row('/userId', 'userId',
        format('expected %s, the acting user, or nothing', acting_id))));
  end if;
  if acting_id is null and named_id is not null
     and not exists (select from datastore.user_account where user_account.user_id = named_id) then
    perform datastore.refuse('DS404', format('there is no user %s', named_id),
      jsonb_build_array(datastore.error_row('/userId', 'userId', format('there is no user %s', named_id))));
  end if;
  return coalesce(acting_id, named_id);
end
$$;
comment on function datastore.author_of(jsonb) is
  'The author of feedback: the acting user; without one the userId of the document, or NULL. Errors: '
  'DS403, DS404.';

create or replace function datastore.record_feedback(document jsonb, container_id uuid default null) returns json
language plpgsql volatile as $$
declare
  known datastore.inference;
  author_id uuid;
begin
  perform datastore.check_document('feedback', record_feedback.document);
  author_id := datastore.author_of(record_feedback.document);
  -- In the order in which datastore.merge_seed takes them, lest the two wait for each other.
  lock table datastore.label in access share mode;
  known := datastore.lock_inference((record_feedback.document ->> 'inferenceId')::uuid, record_feedback.container_id);
  perform datastore.check_feedback_ids(record_feedback.document, known.inference_id);
  perform datastore.learn_labels(array(
    select item.label from datastore.feedback_boxes(record_feedback.document) as item where item.label is not null));

  perform datastore.refuse_feedback('DS409', 'the inference is verified with another verdict',
                                    datastore.write_verdicts(known, record_feedback.document, author_id));
  return datastore.inference_json(datastore.settle_inference(known, author_id));
end
$$;
comment on function datastore.record_feedback(jsonb, uuid) is
'Takes what an expert says about the boxes of an inference, all of it or nothing. Once every box has a verdict,
the inference is *verified*, and its picture has the verified species as labels. The same verdict again changes
nothing; another one takes the place of the one before, until the inference is verified.

Coordinates other than the stored ones, in `box`, move the box.

A `boxId` alone: its top guess (the one that `top_id` names) is right. With `label` or `classId` (a species''
id): that species is right. With both as the empty string: it is no seed; with other coordinates, too, and no
comment *No Seed* or *Multi Seed*, it is moved only. Without `boxId`, with `box` and `label` or `classId`: a box
that the expert drew.

document: `{inferenceId, userId, boxes: [{boxId, classId, label, box, comment}]}`; `userId` may be absent
Answer: the rebuilt inference
Errors: `DS400` · `DS403`: `userId` is not the acting user · `DS404`: no such inference, box, seed or, without an
  acting user, user · `DS409`: the inference is verified with another verdict';
do $$ begin perform datastore.take_text('record_feedback'); end $$;

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
'Opens a verified inference for other verdicts. Its verdicts stay; its picture loses their labels until the
inference is verified again. This is written to `datastore.history`. One that is open stays as it is.

Answer: the rebuilt inference
Errors: `DS404`';

create or replace function datastore.rebuild_verdicts(inference_id uuid, container_id uuid default null) returns jsonb
language plpgsql stable as $$
declare
  known datastore.inference := datastore.find_inference(rebuild_verdicts.inference_id, rebuild_verdicts.container_id);
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
      'box_id', verdict.box_id, 'feedback', verdict.feedback, 'given_by', verdict.given_by,
      'given_at', to_char(verdict.given_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
      'outcome', verdict.outcome, 'label', verdict.label, 'classId', verdict.seed_id, 'box', verdict.corners,
      'is_current', verdict.is_current) order by verdict.verdict_id), '[]')
    from datastore.verdict
    where verdict.inference_id = known.inference_id and verdict.container_id = known.container_id);
end
$$;
comment on function datastore.rebuild_verdicts(uuid, uuid) is
'Everything that experts said about an inference, in order.

Answer: `[{box_id, feedback, given_by, given_at, outcome, label, classId, box, is_current}]`. `feedback`: as sent;
  `outcome`: `seed`, `not a seed` or null; `box`: corrected coordinates, or null
Errors: `DS404`';
