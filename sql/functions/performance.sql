-- How good the models are, as experts found. Figures are of a decider: a pipeline with its ordered model versions, or
-- the one model version that decided (pipeline_id is NULL then). docs/performance.md has the definitions.

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
  'What a verdict that holds means: confirmed, corrected, not a seed, drawn, or moved, without a verdict yet. NULL for one that no longer holds.';

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
  'The model version that decided in an inference: the only one, or the only one with this task (classification for the species, object detection for the boxes). NULL where several could have, and where one of them is not known.';

create or replace function datastore.asked_inferences(
  pipeline_id uuid default null, model_version_id uuid default null, container_id uuid default null
) returns table (inference_id uuid, container_id uuid, pipeline_id uuid, model_version_ids uuid[], maker integer)
language sql stable parallel safe
begin atomic
  select inference.inference_id, inference.container_id, inference.pipeline_id, inference.model_version_ids,
         dense_rank() over (order by inference.pipeline_id, inference.model_version_ids)::integer
  from datastore.inference
  -- What nobody looked at is never read, however much there is of it.
  where inference.feedback_at is not null
    and (asked_inferences.pipeline_id is null or inference.pipeline_id = asked_inferences.pipeline_id)
    and (asked_inferences.model_version_id is null or asked_inferences.model_version_id = any (inference.model_version_ids))
    and (asked_inferences.container_id is null or inference.container_id = asked_inferences.container_id);
end;
comment on function datastore.asked_inferences(uuid, uuid, uuid) is
  'The inferences that experts said something about and that the acting user may see: of a pipeline, or those that a model version took part in. maker: a number for each combination of pipeline and model versions, quicker to group by.';

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
    select * from datastore.asked_inferences(count_predictions.pipeline_id, count_predictions.model_version_id, count_predictions.container_id)
  ), maker as materialized (
    select made.*,
           datastore.deciding_version(made.model_version_ids, 'classification') as classifier_id,
           datastore.deciding_version(made.model_version_ids, 'object detection') as detector_id
    from (select distinct asked.maker, asked.pipeline_id, asked.model_version_ids from asked) as made
  ), counted as (
    select asked.maker, date_trunc(count_predictions.per, verdict.said_at at time zone 'UTC')::date as period,
           verdict.is_manual, verdict.outcome, verdict.seed_id, verdict.model_seed_id, verdict.model_rank, count(*) as boxes
    from asked
    join datastore.verdict on verdict.inference_id = asked.inference_id and verdict.container_id = asked.container_id
    where verdict.is_current and verdict.outcome is not null
      and (count_predictions.since is null or verdict.said_at >= count_predictions.since)
      and (count_predictions.until is null or verdict.said_at < count_predictions.until)
    group by 1, 2, 3, 4, 5, 6, 7
  )
  select coalesce(array_agg(row(
    maker.pipeline_id, maker.model_version_ids, maker.classifier_id, maker.detector_id, counted.period, counted.is_manual,
    counted.outcome, counted.seed_id, counted.model_seed_id, counted.model_rank, counted.boxes)::datastore.prediction_count), '{}')
  from counted join maker using (maker);
end;
comment on function datastore.count_predictions(text, uuid, uuid, timestamptz, timestamptz, uuid) is
  'The verified boxes, counted: what the functions below make figures of. per: month, week, … The rest asks of a pipeline, of inferences that a model version took part in, and of verdicts at or after since and before until.';

create or replace function datastore.is_known_pipeline(pipeline_id uuid, model_version_ids uuid[]) returns boolean
language sql immutable parallel safe
return pipeline_id is not null and model_version_ids <> '{}' and array_position(model_version_ids, null) is null;
comment on function datastore.is_known_pipeline(uuid, uuid[]) is 'Are the pipeline and all of its model versions known?';

create or replace function datastore.classified(counts datastore.prediction_count[])
returns table (pipeline_id uuid, model_version_ids uuid[], period date, seed_id uuid, model_seed_id uuid, model_rank integer, boxes bigint)
language sql stable parallel safe
begin atomic
  select decider.pipeline_id, decider.model_version_ids, counted.period, counted.seed_id, counted.model_seed_id, counted.model_rank, counted.boxes
  from unnest(counts) as counted
  cross join lateral (
    select counted.pipeline_id, counted.model_version_ids
    where datastore.is_known_pipeline(counted.pipeline_id, counted.model_version_ids)
    union all
    select null, array[counted.classifier_id]
    where counted.classifier_id is not null
  ) as decider
  where counted.outcome = 'species' and not counted.is_manual and counted.seed_id is not null and counted.model_seed_id is not null;
end;
comment on function datastore.classified(datastore.prediction_count[]) is
  'The boxes that say how good the classification is, by decider: the model''s own, that are seeds, where both the expert and the model named a species.';

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
           coalesce(sum(counted.boxes) filter (where counted.outcome = 'species' and not counted.is_manual), 0)::bigint as hits,
           coalesce(sum(counted.boxes) filter (where counted.outcome = 'not a seed' and not counted.is_manual), 0)::bigint as false_detections,
           coalesce(sum(counted.boxes) filter (where counted.outcome = 'species' and counted.is_manual), 0)::bigint as misses
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
  'How good the detection is, by decider. hits: its boxes that are seeds; false_detections: those that are not; misses: seeds that experts drew. 0 where nothing is divided by nothing.';

create or replace function datastore.species_figures(counts datastore.prediction_count[])
returns table (pipeline_id uuid, model_version_ids uuid[], seed_id uuid, seed_name text, support bigint, predicted bigint, correct bigint,
               "precision" double precision, recall double precision, f1 double precision)
language sql stable parallel safe
begin atomic
  select summed.pipeline_id, summed.model_version_ids, summed.seed_id, seed.name, summed.support, summed.predicted, summed.correct,
         coalesce(summed.correct::float8 / nullif(summed.predicted, 0), 0),
         coalesce(summed.correct::float8 / nullif(summed.support, 0), 0),
         2 * summed.correct::float8 / (summed.support + summed.predicted)
  from (
    select classified.pipeline_id, classified.model_version_ids, side.seed_id, sum(side.support)::bigint as support,
           sum(side.predicted)::bigint as predicted, sum(side.correct)::bigint as correct
    from (
      select counted.pipeline_id, counted.model_version_ids, counted.seed_id, counted.model_seed_id, sum(counted.boxes) as boxes
      from datastore.classified(counts) as counted
      group by 1, 2, 3, 4
    ) as classified
    cross join lateral (values
      (classified.seed_id, classified.boxes, 0, case when classified.seed_id = classified.model_seed_id then classified.boxes else 0 end),
      (classified.model_seed_id, 0, classified.boxes, 0)
    ) as side(seed_id, support, predicted, correct)
    group by 1, 2, 3
  ) as summed
  join datastore.seed on seed.seed_id = summed.seed_id;
end;
comment on function datastore.species_figures(datastore.prediction_count[]) is
  'Precision, recall and F1 by decider and species. support: how many boxes show it; predicted: how many the model says do; correct: both. 0 where nothing is divided by nothing, as in scikit-learn.';

create or replace function datastore.accuracy_figures(counts datastore.prediction_count[])
returns table (pipeline_id uuid, model_version_ids uuid[], boxes bigint, accuracy double precision, top_n double precision[],
               macro_precision double precision, macro_recall double precision, macro_f1 double precision)
language sql stable parallel safe
begin atomic
  select ranked.pipeline_id, ranked.model_version_ids, ranked.boxes, ranked.top_n[1], ranked.top_n,
         macro."precision", macro.recall, macro.f1
  from (
    select classified.pipeline_id, classified.model_version_ids, sum(classified.boxes)::bigint as boxes,
           array[
             coalesce(sum(classified.boxes) filter (where classified.model_rank <= 1), 0)::float8 / sum(classified.boxes)::float8,
             coalesce(sum(classified.boxes) filter (where classified.model_rank <= 2), 0)::float8 / sum(classified.boxes)::float8,
             coalesce(sum(classified.boxes) filter (where classified.model_rank <= 3), 0)::float8 / sum(classified.boxes)::float8,
             coalesce(sum(classified.boxes) filter (where classified.model_rank <= 4), 0)::float8 / sum(classified.boxes)::float8,
             coalesce(sum(classified.boxes) filter (where classified.model_rank <= 5), 0)::float8 / sum(classified.boxes)::float8
           ] as top_n
    from datastore.classified(counts) as classified
    group by 1, 2
  ) as ranked
  join (
    select species.pipeline_id, species.model_version_ids, avg(species."precision") as "precision", avg(species.recall) as recall, avg(species.f1) as f1
    from datastore.species_figures(counts) as species
    group by 1, 2
  ) as macro on macro.model_version_ids = ranked.model_version_ids and macro.pipeline_id is not distinct from ranked.pipeline_id;
end;
comment on function datastore.accuracy_figures(datastore.prediction_count[]) is
  'By decider: the share of boxes whose right species is the model''s first (accuracy), and among its first 1, 2, 3, 4, 5 (top_n); the means over the species of datastore.species_figures (macro).';

create or replace function datastore.confusion_figures(counts datastore.prediction_count[])
returns table (pipeline_id uuid, model_version_ids uuid[], seed_id uuid, seed_name text, model_seed_id uuid, model_seed_name text, boxes bigint)
language sql stable parallel safe
begin atomic
  select summed.pipeline_id, summed.model_version_ids, summed.seed_id, seed.name, summed.model_seed_id, model_seed.name, summed.boxes
  from (
    select classified.pipeline_id, classified.model_version_ids, classified.seed_id, classified.model_seed_id, sum(classified.boxes)::bigint as boxes
    from datastore.classified(counts) as classified
    group by 1, 2, 3, 4
  ) as summed
  join datastore.seed on seed.seed_id = summed.seed_id
  join datastore.seed as model_seed on model_seed.seed_id = summed.model_seed_id;
end;
comment on function datastore.confusion_figures(datastore.prediction_count[]) is
  'The confusion matrix by decider, its cells that are not 0: how many boxes show seed_id where the model said model_seed_id.';

create or replace function datastore.accuracy_over_time(counts datastore.prediction_count[])
returns table (pipeline_id uuid, model_version_ids uuid[], period date, boxes bigint, correct bigint, accuracy double precision)
language sql stable parallel safe
begin atomic
  select summed.pipeline_id, summed.model_version_ids, summed.period, summed.boxes, summed.correct, summed.correct::float8 / summed.boxes
  from (
    select classified.pipeline_id, classified.model_version_ids, classified.period, sum(classified.boxes)::bigint as boxes,
           coalesce(sum(classified.boxes) filter (where classified.seed_id = classified.model_seed_id), 0)::bigint as correct
    from datastore.classified(counts) as classified
    group by 1, 2, 3
  ) as summed;
end;
comment on function datastore.accuracy_over_time(datastore.prediction_count[]) is
  'Accuracy by decider and period of the verdict.';

create or replace function datastore.calibration_figures(
  pipeline_id uuid default null, model_version_id uuid default null, since timestamptz default null, until timestamptz default null,
  container_id uuid default null
) returns table (pipeline_id uuid, model_version_ids uuid[], bucket integer, boxes bigint, mean_score double precision, accuracy double precision)
language sql stable parallel safe
set work_mem = '64MB'
set jit = off
begin atomic
  with asked as materialized (
    select * from datastore.asked_inferences(calibration_figures.pipeline_id, calibration_figures.model_version_id, calibration_figures.container_id)
  ), maker as materialized (
    select distinct asked.maker, asked.pipeline_id, asked.model_version_ids from asked
  ), counted as (
    select asked.maker, greatest(ceil(verdict.model_score * 10), 1)::integer as bucket, count(*) as boxes,
           sum(verdict.model_score) as score, count(*) filter (where verdict.seed_id = verdict.model_seed_id) as correct
    from asked
    join datastore.verdict on verdict.inference_id = asked.inference_id and verdict.container_id = asked.container_id
    where verdict.is_current and verdict.outcome = 'species' and not verdict.is_manual
      and verdict.seed_id is not null and verdict.model_seed_id is not null
      and (calibration_figures.since is null or verdict.said_at >= calibration_figures.since)
      and (calibration_figures.until is null or verdict.said_at < calibration_figures.until)
    group by 1, 2
  )
  select decider.pipeline_id, decider.model_version_ids, counted.bucket, sum(counted.boxes)::bigint,
         sum(counted.score)::float8 / sum(counted.boxes)::float8, sum(counted.correct)::float8 / sum(counted.boxes)::float8
  from counted
  join maker using (maker)
  cross join lateral (
    select maker.pipeline_id, maker.model_version_ids
    where datastore.is_known_pipeline(maker.pipeline_id, maker.model_version_ids)
    union all
    select null, array[version.model_version_id]
    from datastore.deciding_version(maker.model_version_ids, 'classification') as version(model_version_id)
    where version.model_version_id is not null
  ) as decider
  group by 1, 2, 3;
end;
comment on function datastore.calibration_figures(uuid, uuid, timestamptz, timestamptz, uuid) is
  'By decider and bucket of the model''s score, 1 for 0 to 0.1, 2 for above 0.1 to 0.2, …: the mean score, and how many were right. The arguments: see datastore.count_predictions.';

create or replace function datastore.correction_figures(
  per text default 'month', pipeline_id uuid default null, model_version_id uuid default null,
  since timestamptz default null, until timestamptz default null, container_id uuid default null
) returns table (period date, said bigint, confirmed bigint, corrected bigint, not_a_seed bigint, drawn bigint, moved bigint)
language sql stable parallel safe
begin atomic
  select date_trunc(correction_figures.per, judged.said_at at time zone 'UTC')::date, count(*),
         count(*) filter (where judged.kind = 'confirmed'), count(*) filter (where judged.kind = 'corrected'),
         count(*) filter (where judged.kind = 'not a seed'), count(*) filter (where judged.kind = 'drawn'),
         count(*) filter (where judged.is_moved)
  from (
    select verdict.said_at, verdict.is_current and verdict.corners is not null as is_moved, datastore.verdict_kind(verdict) as kind
    from datastore.asked_inferences(correction_figures.pipeline_id, correction_figures.model_version_id, correction_figures.container_id) as asked
    join datastore.verdict on verdict.inference_id = asked.inference_id and verdict.container_id = asked.container_id
    where (correction_figures.since is null or verdict.said_at >= correction_figures.since)
      and (correction_figures.until is null or verdict.said_at < correction_figures.until)
  ) as judged
  group by 1;
end;
comment on function datastore.correction_figures(text, uuid, uuid, timestamptz, timestamptz, uuid) is
  'By month (week, …) what experts said: said counts everything, also what no longer holds; the rest are the verdicts that hold. moved: with other coordinates, whatever else they say.';

create or replace function datastore.expert_figures(
  pipeline_id uuid default null, model_version_id uuid default null, since timestamptz default null, until timestamptz default null,
  container_id uuid default null
) returns table (user_id uuid, email text, said bigint, confirmed bigint, corrected bigint, not_a_seed bigint, drawn bigint, moved bigint,
                 inferences bigint, first_at timestamptz, last_at timestamptz)
language sql stable parallel safe
begin atomic
  select counted.said_by, user_account.email, sum(counted.said)::bigint, sum(counted.confirmed)::bigint, sum(counted.corrected)::bigint,
         sum(counted.not_a_seed)::bigint, sum(counted.drawn)::bigint, sum(counted.moved)::bigint, count(*),
         min(counted.first_at), max(counted.last_at)
  from (
    select judged.said_by, judged.inference_id, count(*) as said,
           count(*) filter (where judged.kind = 'confirmed') as confirmed, count(*) filter (where judged.kind = 'corrected') as corrected,
           count(*) filter (where judged.kind = 'not a seed') as not_a_seed, count(*) filter (where judged.kind = 'drawn') as drawn,
           count(*) filter (where judged.is_moved) as moved, min(judged.said_at) as first_at, max(judged.said_at) as last_at
    from (
      select verdict.said_by, verdict.said_at, verdict.inference_id, verdict.is_current and verdict.corners is not null as is_moved,
             datastore.verdict_kind(verdict) as kind
      from datastore.asked_inferences(expert_figures.pipeline_id, expert_figures.model_version_id, expert_figures.container_id) as asked
      join datastore.verdict on verdict.inference_id = asked.inference_id and verdict.container_id = asked.container_id
      where (expert_figures.since is null or verdict.said_at >= expert_figures.since)
        and (expert_figures.until is null or verdict.said_at < expert_figures.until)
    ) as judged
    group by 1, 2
  ) as counted
  left join datastore.user_account on user_account.user_id = counted.said_by
  group by 1, 2;
end;
comment on function datastore.expert_figures(uuid, uuid, timestamptz, timestamptz, uuid) is
  'Who said how much, as in datastore.correction_figures, and about how many inferences. user_id is NULL where nobody knows who it was.';

-- All of it as one document

create or replace function datastore.decider_name(pipeline_id uuid, model_version_ids uuid[]) returns text
language sql stable parallel safe
return (
  select concat_ws(': ', (select pipeline.name from datastore.pipeline where pipeline.pipeline_id = decider_name.pipeline_id),
                   string_agg(concat_ws(' ', model.name, nullif(version.version, '')), ', ' order by made.place))
  from unnest(decider_name.model_version_ids) with ordinality as made(id, place)
  join datastore.model_version as version on version.model_version_id = made.id
  join datastore.model using (model_id)
);
comment on function datastore.decider_name(uuid, uuid[]) is
  'What a decider is called: the pipeline with its model versions, or the model version alone.';

create or replace function datastore.model_versions_json(model_version_ids uuid[]) returns jsonb
language sql stable parallel safe
return (
  select coalesce(jsonb_agg(jsonb_build_object(
    'model_version_id', version.model_version_id, 'model_name', model.name, 'version', version.version, 'task', version.task) order by made.place), '[]')
  from unnest(model_versions_json.model_version_ids) with ordinality as made(id, place)
  join datastore.model_version as version on version.model_version_id = made.id
  join datastore.model using (model_id)
);
comment on function datastore.model_versions_json(uuid[]) is
  'Model versions in this order: [{model_version_id, model_name, version: as text, task}].';

create or replace function datastore.left_out(
  counts datastore.prediction_count[], pipeline_id uuid default null, model_version_id uuid default null, container_id uuid default null
) returns jsonb
language sql stable parallel safe
return (
  select jsonb_build_object(
    'without_verdict', (
      -- Of the inferences, and not of the boxes: an index for it would cost each import more than this costs a question.
      select coalesce(sum((inference.document -> 'totalBoxes')::integer), 0) from datastore.inference
      where (left_out.container_id is null or inference.container_id = left_out.container_id)
        and (left_out.pipeline_id is null or inference.pipeline_id = left_out.pipeline_id)
        and (left_out.model_version_id is null or left_out.model_version_id = any (inference.model_version_ids))
    ) - (
      select count(*)
      from datastore.asked_inferences(left_out.pipeline_id, left_out.model_version_id, left_out.container_id) as asked
      join datastore.verdict on verdict.inference_id = asked.inference_id and verdict.container_id = asked.container_id
      where verdict.is_current and verdict.outcome is not null and not verdict.is_manual),
    'unknown_pipeline', coalesce(sum(counted.boxes) filter (
      where not datastore.is_known_pipeline(counted.pipeline_id, counted.model_version_ids)), 0),
    'several_classifiers', coalesce(sum(counted.boxes) filter (
      where counted.classifier_id is null and not counted.is_manual and counted.outcome = 'species'), 0),
    'several_detectors', coalesce(sum(counted.boxes) filter (where counted.detector_id is null), 0),
    'without_species', coalesce(sum(counted.boxes) filter (
      where counted.outcome = 'species' and not counted.is_manual and (counted.seed_id is null or counted.model_seed_id is null)), 0),
    'withdrawn', coalesce(sum(counted.boxes) filter (where counted.outcome = 'not a seed' and counted.is_manual), 0))
  from unnest(counts) as counted
);
comment on function datastore.left_out(datastore.prediction_count[], uuid, uuid, uuid) is
'How many boxes no figure counts, or not each. without_verdict: nobody has verified them yet, whatever the period. Of the verified ones: unknown_pipeline: nobody knows the pipeline or one of its models, so they are in no pipeline''s figures; several_classifiers, several_detectors: it is not known which model decided, so they are in no model version''s; without_species: the expert or the model named a label that stands for no species; withdrawn: drawn by an expert, and then called not a seed.';

create or replace function datastore.check_performance_filters(per text, pipeline_id uuid, model_version_id uuid) returns void
language plpgsql stable as $$
begin
  if per is null or per not in ('day', 'week', 'month', 'quarter', 'year') then
    perform datastore.refuse('DS400', 'there is no such period', jsonb_build_array(jsonb_build_object(
      'instance_path', '/per', 'keyword', 'enum',
      'message', format('expected day, week, month, quarter or year, found %s', coalesce(to_json(per)::text, 'NULL')))));
  end if;
  if not exists (select from datastore.pipeline where pipeline.pipeline_id = check_performance_filters.pipeline_id)
     and check_performance_filters.pipeline_id is not null then
    perform datastore.refuse('DS404', format('there is no pipeline %s', check_performance_filters.pipeline_id));
  end if;
  if not exists (select from datastore.model_version as version where version.model_version_id = check_performance_filters.model_version_id)
     and check_performance_filters.model_version_id is not null then
    perform datastore.refuse('DS404', format('there is no model version %s', check_performance_filters.model_version_id));
  end if;
end
$$;
comment on function datastore.check_performance_filters(text, uuid, uuid) is
  'Raises DS400 for a period that is none, DS404 for a pipeline or a model version that nobody knows.';

create or replace function datastore.rebuild_performance(
  per text default 'month', pipeline_id uuid default null, model_version_id uuid default null,
  since timestamptz default null, until timestamptz default null, container_id uuid default null
) returns json
language plpgsql stable as $$
#variable_conflict use_column
declare
  counts datastore.prediction_count[];
  deciders jsonb;
  answer json;
begin
  perform datastore.check_performance_filters(rebuild_performance.per, rebuild_performance.pipeline_id, rebuild_performance.model_version_id);
  counts := datastore.count_predictions(
    rebuild_performance.per, rebuild_performance.pipeline_id, rebuild_performance.model_version_id,
    rebuild_performance.since, rebuild_performance.until, rebuild_performance.container_id);

  with species as (
    select pipeline_id, model_version_ids, jsonb_agg(jsonb_build_object(
      'seed_id', seed_id, 'seed_name', seed_name, 'support', support, 'predicted', predicted, 'correct', correct,
      'precision', "precision", 'recall', recall, 'f1', f1) order by seed_name) as items
    from datastore.species_figures(counts) group by 1, 2
  ), confusion as (
    select pipeline_id, model_version_ids, jsonb_agg(jsonb_build_object(
      'seed_id', seed_id, 'seed_name', seed_name, 'model_seed_id', model_seed_id, 'model_seed_name', model_seed_name, 'boxes', boxes)
      order by seed_name, model_seed_name) as items
    from datastore.confusion_figures(counts) group by 1, 2
  ), calibration as (
    select pipeline_id, model_version_ids, jsonb_build_object(
      'expected_error', sum(boxes * abs(accuracy - mean_score)) / sum(boxes)::float8,
      'buckets', jsonb_agg(jsonb_build_object(
        'above', round((bucket - 1) / 10.0, 1), 'up_to', round(bucket / 10.0, 1), 'boxes', boxes,
        'mean_score', mean_score, 'accuracy', accuracy) order by bucket)) as item
    from datastore.calibration_figures(
      rebuild_performance.pipeline_id, rebuild_performance.model_version_id, rebuild_performance.since, rebuild_performance.until,
      rebuild_performance.container_id)
    group by 1, 2
  ), over_time as (
    select pipeline_id, model_version_ids, jsonb_agg(jsonb_build_object(
      'period', period, 'boxes', boxes, 'correct', correct, 'accuracy', accuracy) order by period) as items
    from datastore.accuracy_over_time(counts) group by 1, 2
  ), classification as (
    select pipeline_id, model_version_ids, jsonb_build_object(
      'boxes', boxes, 'accuracy', accuracy, 'top_n', top_n,
      'macro', jsonb_build_object('precision', macro_precision, 'recall', macro_recall, 'f1', macro_f1),
      'species', (select species.items from species
                  where species.model_version_ids = figure.model_version_ids and species.pipeline_id is not distinct from figure.pipeline_id),
      'confusion', (select confusion.items from confusion
                    where confusion.model_version_ids = figure.model_version_ids and confusion.pipeline_id is not distinct from figure.pipeline_id),
      'calibration', (select calibration.item from calibration
                      where calibration.model_version_ids = figure.model_version_ids and calibration.pipeline_id is not distinct from figure.pipeline_id),
      'over_time', (select over_time.items from over_time
                    where over_time.model_version_ids = figure.model_version_ids and over_time.pipeline_id is not distinct from figure.pipeline_id)
    ) as item
    from datastore.accuracy_figures(counts) as figure
  ), detection as (
    select pipeline_id, model_version_ids, jsonb_build_object(
      'hits', hits, 'false_detections', false_detections, 'misses', misses, 'precision', "precision", 'recall', recall, 'f1', f1) as item
    from datastore.detected(counts)
  ), decider as materialized (
    select found.pipeline_id, found.model_version_ids, datastore.decider_name(found.pipeline_id, found.model_version_ids) as name
    from (
      select pipeline_id, model_version_ids from classification
      union
      select pipeline_id, model_version_ids from detection
    ) as found
  )
  select jsonb_agg(
    case when decider.pipeline_id is null then datastore.model_versions_json(decider.model_version_ids) -> 0
         else jsonb_build_object(
           'pipeline_id', decider.pipeline_id, 'pipeline_name', pipeline.name, 'models', datastore.model_versions_json(decider.model_version_ids))
    end || jsonb_build_object('name', decider.name, 'classification', classification.item, 'detection', detection.item)
    order by decider.name, decider.model_version_ids)
  into deciders
  from decider
  left join datastore.pipeline using (pipeline_id)
  left join classification on classification.model_version_ids = decider.model_version_ids
    and classification.pipeline_id is not distinct from decider.pipeline_id
  left join detection on detection.model_version_ids = decider.model_version_ids
    and detection.pipeline_id is not distinct from decider.pipeline_id;

  select json_build_object(
    'verified_boxes', (select coalesce(sum(counted.boxes), 0) from unnest(counts) as counted),
    'left_out', datastore.left_out(
      counts, rebuild_performance.pipeline_id, rebuild_performance.model_version_id, rebuild_performance.container_id),
    'pipelines', jsonb_path_query_array(coalesce(deciders, '[]'), '$[*] ? (exists (@.pipeline_id))'),
    'model_versions', jsonb_path_query_array(coalesce(deciders, '[]'), '$[*] ? (exists (@.model_version_id))'),
    'corrections', coalesce((
      select json_agg(json_build_object(
        'period', figure.period, 'said', figure.said, 'confirmed', figure.confirmed, 'corrected', figure.corrected,
        'not_a_seed', figure.not_a_seed, 'drawn', figure.drawn, 'moved', figure.moved) order by figure.period)
      from datastore.correction_figures(
        rebuild_performance.per, rebuild_performance.pipeline_id, rebuild_performance.model_version_id,
        rebuild_performance.since, rebuild_performance.until, rebuild_performance.container_id) as figure), '[]'),
    'experts', coalesce((
      select json_agg(json_build_object(
        'user_id', figure.user_id, 'email', figure.email, 'said', figure.said, 'confirmed', figure.confirmed, 'corrected', figure.corrected,
        'not_a_seed', figure.not_a_seed, 'drawn', figure.drawn, 'moved', figure.moved, 'inferences', figure.inferences,
        'first_at', to_char(figure.first_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'last_at', to_char(figure.last_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
        order by figure.said desc, figure.email)
      from datastore.expert_figures(
        rebuild_performance.pipeline_id, rebuild_performance.model_version_id,
        rebuild_performance.since, rebuild_performance.until, rebuild_performance.container_id) as figure), '[]'))
  into answer;
  return answer;
end
$$;
comment on function datastore.rebuild_performance(text, uuid, uuid, timestamptz, timestamptz, uuid) is
'How good pipelines and models are, as experts found: figures of verified boxes alone. per: day, week, month, quarter or year, for what is told over time. The rest asks of one pipeline, of inferences that one model version took part in, and of verdicts at or after since and before until.
{verified_boxes, left_out: see datastore.left_out, pipelines: [{name, pipeline_id, pipeline_name, models: [{model_version_id, model_name, version, task}], classification, detection}], model_versions: [{name, model_version_id, model_name, version, task, classification, detection}], corrections: [{period, said, confirmed, corrected, not_a_seed, drawn, moved}], experts: [{user_id, email, said, …, inferences, first_at, last_at}]}
classification: {boxes, accuracy, top_n: [among the first 1, 2, 3, 4, 5], macro: {precision, recall, f1}, species: [{seed_id, seed_name, support, predicted, correct, precision, recall, f1}], confusion: [{seed_id, seed_name, model_seed_id, model_seed_name, boxes}], calibration: {expected_error, buckets: [{above, up_to, boxes, mean_score, accuracy}]}, over_time: [{period, boxes, correct, accuracy}]}, or null. detection: {hits, false_detections, misses, precision, recall, f1}, or null.
Definitions: docs/performance.md. Errors: DS400 for per, DS404 for a pipeline or a model version.';
