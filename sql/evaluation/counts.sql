-- How good the models are, as experts found. Figures are of a decider: a pipeline with its ordered model versions, or
-- the one model version that decided (pipeline_id is NULL then). docs/evaluation.md has the definitions.

create or replace function datastore.verdict_kind(verdict datastore.verdict) returns text
language sql immutable parallel safe
return case
  when not (verdict).is_current then null
  when (verdict).outcome is null then 'moved'
  when (verdict).outcome = 'not a seed' then 'not a seed'
  when (verdict).is_manual then 'drawn'
  when (verdict).seed_id is not distinct from (verdict).model_seed_id then 'confirmed'
  else 'corrected'
end;
comment on function datastore.verdict_kind(datastore.verdict) is
  'What a verdict that holds means: confirmed, corrected, not a seed, drawn, or moved, without a verdict yet. NULL '
  'for one that no longer holds.';

create or replace function datastore.deciding_version(model_version_ids uuid[], task text) returns uuid
language sql stable parallel safe
return (
  select case
    -- not known, or no longer
    when count(*) < (select count(distinct made.id) + count(*) filter (where made.id is null)
                     from unnest(deciding_version.model_version_ids) as made(id)) then null
    when count(*) = 1 then min(version.model_version_id::text)::uuid
    when count(*) filter (where version.task = deciding_version.task) = 1
      then min(version.model_version_id::text) filter (where version.task = deciding_version.task)::uuid
  end
  from datastore.model_version as version
  where version.model_version_id = any (deciding_version.model_version_ids)
);
comment on function datastore.deciding_version(uuid[], text) is
  'The model version that decided in an inference: the only one, or the only one with this task (classification for '
  'the species, object detection for the boxes). NULL where several could have, and where one of them is not known.';

create or replace function datastore.asked_inferences(
  pipeline_id uuid default null, model_version_id uuid default null, container_id uuid default null
) returns table (inference_id uuid, container_id uuid, pipeline_id uuid, model_version_ids uuid[], maker integer)
language sql stable parallel safe
begin atomic
  select inference.inference_id, inference.container_id, inference.pipeline_id, inference.model_version_ids,
         dense_rank() over (order by inference.pipeline_id, inference.model_version_ids)::integer
  from datastore.inference
  -- Boxes without a verdict are never read, however many there are.
  where inference.feedback_at is not null
    and (asked_inferences.pipeline_id is null or inference.pipeline_id = asked_inferences.pipeline_id)
    and (asked_inferences.model_version_id is null
      or asked_inferences.model_version_id = any (inference.model_version_ids))
    and (asked_inferences.container_id is null or inference.container_id = asked_inferences.container_id);
end;
comment on function datastore.asked_inferences(uuid, uuid, uuid) is
  'The inferences that experts said something about and that the acting user may see: of a pipeline, or those that '
  'a model version took part in. maker: a number for each combination of pipeline and model versions, quicker to '
  'group by.';

create or replace function datastore.count_predictions(
  per text default 'month', pipeline_id uuid default null, model_version_id uuid default null,
  since timestamptz default null, until timestamptz default null, container_id uuid default null
) returns datastore.prediction_count[]
language sql stable parallel safe
-- The counts are fewer than the planner fears: without this it sorts all verdicts, which takes most of the time.
set work_mem = '64MB'
set jit = off
begin atomic
  with asked as materialized (
    select * from datastore.asked_inferences(count_predictions.pipeline_id, count_predictions.model_version_id,
      count_predictions.container_id)
  ), maker as materialized (
    select made.*,
           datastore.deciding_version(made.model_version_ids, 'classification') as classifier_id,
           datastore.deciding_version(made.model_version_ids, 'object detection') as detector_id
    from (select distinct asked.maker, asked.pipeline_id, asked.model_version_ids from asked) as made
  ), counted as (
    select asked.maker, date_trunc(count_predictions.per, verdict.given_at at time zone 'UTC')::date as period,
           verdict.is_manual, verdict.outcome, verdict.seed_id, verdict.model_seed_id,
           verdict.model_rank, count(*) as boxes
    from asked
    join datastore.verdict on verdict.inference_id = asked.inference_id and verdict.container_id = asked.container_id
    where verdict.is_current and verdict.outcome is not null
      and (count_predictions.since is null or verdict.given_at >= count_predictions.since)
      and (count_predictions.until is null or verdict.given_at < count_predictions.until)
    group by 1, 2, 3, 4, 5, 6, 7
  )
  select coalesce(array_agg(row(
    maker.pipeline_id, maker.model_version_ids, maker.classifier_id, maker.detector_id,
    counted.period, counted.is_manual,
    counted.outcome, counted.seed_id, counted.model_seed_id, counted.model_rank,
    counted.boxes)::datastore.prediction_count), '{}')
  from counted join maker using (maker);
end;
comment on function datastore.count_predictions(text, uuid, uuid, timestamptz, timestamptz, uuid) is
  'The verified boxes, counted: what the functions below make figures of. per: month, week, … The rest asks of a '
  'pipeline, of inferences that a model version took part in, and of verdicts at or after since and before until.';

create or replace function datastore.is_known_pipeline(pipeline_id uuid, model_version_ids uuid[]) returns boolean
language sql immutable parallel safe
return pipeline_id is not null and model_version_ids <> '{}' and array_position(model_version_ids, null) is null;
comment on function datastore.is_known_pipeline(uuid, uuid[]) is
  'Are the pipeline and all of its model versions known?';

create or replace function datastore.classified(counts datastore.prediction_count[])
returns table (pipeline_id uuid, model_version_ids uuid[], period date, seed_id uuid,
  model_seed_id uuid, model_rank integer, boxes bigint)
language sql stable parallel safe
begin atomic
  select decider.pipeline_id, decider.model_version_ids, counted.period, counted.seed_id,
         counted.model_seed_id, counted.model_rank, counted.boxes
  from unnest(counts) as counted
  cross join lateral (
    select counted.pipeline_id, counted.model_version_ids
    where datastore.is_known_pipeline(counted.pipeline_id, counted.model_version_ids)
    union all
    select null, array[counted.classifier_id]
    where counted.classifier_id is not null
  ) as decider
  where counted.outcome = 'seed' and not counted.is_manual and counted.seed_id is not null
    and counted.model_seed_id is not null;
end;
comment on function datastore.classified(datastore.prediction_count[]) is
  'The boxes that say how good the classification is, by decider: the model''s own, that are seeds, where both the '
  'expert and the model named a species.';

create or replace function datastore.detected(counts datastore.prediction_count[])
returns table (pipeline_id uuid, model_version_ids uuid[], hits bigint, false_detections bigint, misses bigint,
               "precision" double precision, recall double precision, f1 double precision)
language sql stable parallel safe
begin atomic
  select found.pipeline_id, found.model_version_ids, found.hits, found.false_detections, found.misses,
         coalesce(found.hits::float8 / nullif(found.hits + found.false_detections, 0), 0),
         coalesce(found.hits::float8 / nullif(found.hits + found.misses, 0), 0),
         coalesce(2 * found.hits::float8 / nullif(2 * found.hits + found.false_detections + found.misses, 0), 0)
  from (
    select decider.pipeline_id, decider.model_version_ids,
           coalesce(sum(counted.boxes)
             filter (where counted.outcome = 'seed' and not counted.is_manual), 0)::bigint as hits,
           coalesce(sum(counted.boxes)
             filter (where counted.outcome = 'not a seed' and not counted.is_manual), 0)::bigint as false_detections,
           coalesce(sum(counted.boxes)
             filter (where counted.outcome = 'seed' and counted.is_manual), 0)::bigint as misses
    from unnest(counts) as counted
    cross join lateral (
      select counted.pipeline_id, counted.model_version_ids
      where datastore.is_known_pipeline(counted.pipeline_id, counted.model_version_ids)
      union all
      select null, array[counted.detector_id]
      where counted.detector_id is not null
    ) as decider
    group by 1, 2
  ) as found;
end;
comment on function datastore.detected(datastore.prediction_count[]) is
  'How good the detection is, by decider. hits: its boxes that are seeds; false_detections: those that are not; '
  'misses: seeds that experts drew. 0 where nothing is divided by nothing.';
