-- The figures, from counts of verified boxes.

create or replace function datastore.seed_figures(counts datastore.prediction_count[])
returns table (pipeline_id uuid, model_version_ids uuid[], seed_id uuid, seed_name text,
  support bigint, predicted bigint, correct bigint,
               "precision" double precision, recall double precision, f1 double precision)
language sql stable parallel safe
begin atomic
  select summed.pipeline_id, summed.model_version_ids, summed.seed_id, seed.name, summed.support,
         summed.predicted, summed.correct,
         coalesce(summed.correct::float8 / nullif(summed.predicted, 0), 0),
         coalesce(summed.correct::float8 / nullif(summed.support, 0), 0),
         2 * summed.correct::float8 / (summed.support + summed.predicted)
  from (
    select classified.pipeline_id, classified.model_version_ids, side.seed_id, sum(side.support)::bigint as support,
           sum(side.predicted)::bigint as predicted, sum(side.correct)::bigint as correct
    from (
      select counted.pipeline_id, counted.model_version_ids, counted.seed_id, counted.model_seed_id,
             sum(counted.boxes) as boxes
      from datastore.classified(counts) as counted
      group by 1, 2, 3, 4
    ) as classified
    cross join lateral (values
      (classified.seed_id, classified.boxes, 0, case when classified.seed_id = classified.model_seed_id
        then classified.boxes else 0 end),
      (classified.model_seed_id, 0, classified.boxes, 0)
    ) as side(seed_id, support, predicted, correct)
    group by 1, 2, 3
  ) as summed
  join datastore.seed on seed.seed_id = summed.seed_id;
end;
comment on function datastore.seed_figures(datastore.prediction_count[]) is
  'Precision, recall and F1 by decider and species. support: how many boxes show it; predicted: how many the model '
  'says do; correct: both. 0 where nothing is divided by nothing, as in scikit-learn.';

create or replace function datastore.accuracy_figures(counts datastore.prediction_count[])
returns table (pipeline_id uuid, model_version_ids uuid[], boxes bigint, accuracy double precision,
  top_n double precision[],
               macro_precision double precision, macro_recall double precision, macro_f1 double precision)
language sql stable parallel safe
begin atomic
  select ranked.pipeline_id, ranked.model_version_ids, ranked.boxes, ranked.top_n[1], ranked.top_n,
         macro."precision", macro.recall, macro.f1
  from (
    select classified.pipeline_id, classified.model_version_ids, sum(classified.boxes)::bigint as boxes,
           array[
             coalesce(sum(classified.boxes)
               filter (where classified.model_rank <= 1), 0)::float8 / sum(classified.boxes)::float8,
             coalesce(sum(classified.boxes)
               filter (where classified.model_rank <= 2), 0)::float8 / sum(classified.boxes)::float8,
             coalesce(sum(classified.boxes)
               filter (where classified.model_rank <= 3), 0)::float8 / sum(classified.boxes)::float8,
             coalesce(sum(classified.boxes)
               filter (where classified.model_rank <= 4), 0)::float8 / sum(classified.boxes)::float8,
             coalesce(sum(classified.boxes)
               filter (where classified.model_rank <= 5), 0)::float8 / sum(classified.boxes)::float8
           ] as top_n
    from datastore.classified(counts) as classified
    group by 1, 2
  ) as ranked
  join (
    select species.pipeline_id, species.model_version_ids, avg(species."precision") as "precision",
           avg(species.recall) as recall, avg(species.f1) as f1
    from datastore.seed_figures(counts) as species
    group by 1, 2
  ) as macro on macro.model_version_ids = ranked.model_version_ids
    and macro.pipeline_id is not distinct from ranked.pipeline_id;
end;
comment on function datastore.accuracy_figures(datastore.prediction_count[]) is
  'By decider: the share of boxes whose right species is the model''s first (accuracy), and among its first 1, 2, '
  '3, 4, 5 (top_n); the means over the species of datastore.seed_figures (macro).';

create or replace function datastore.confusion_figures(counts datastore.prediction_count[])
returns table (pipeline_id uuid, model_version_ids uuid[], seed_id uuid, seed_name text,
  model_seed_id uuid, model_seed_name text, boxes bigint)
language sql stable parallel safe
begin atomic
  select summed.pipeline_id, summed.model_version_ids, summed.seed_id, seed.name, summed.model_seed_id,
         model_seed.name, summed.boxes
  from (
    select classified.pipeline_id, classified.model_version_ids, classified.seed_id,
           classified.model_seed_id, sum(classified.boxes)::bigint as boxes
    from datastore.classified(counts) as classified
    group by 1, 2, 3, 4
  ) as summed
  join datastore.seed on seed.seed_id = summed.seed_id
  join datastore.seed as model_seed on model_seed.seed_id = summed.model_seed_id;
end;
comment on function datastore.confusion_figures(datastore.prediction_count[]) is
  'The confusion matrix by decider, its cells that are not 0: how many boxes show seed_id where the model said '
  'model_seed_id.';

create or replace function datastore.accuracy_over_time(counts datastore.prediction_count[])
returns table (pipeline_id uuid, model_version_ids uuid[], period date, boxes bigint, correct bigint,
  accuracy double precision)
language sql stable parallel safe
begin atomic
  select summed.pipeline_id, summed.model_version_ids, summed.period, summed.boxes, summed.correct,
         summed.correct::float8 / summed.boxes
  from (
    select classified.pipeline_id, classified.model_version_ids, classified.period,
           sum(classified.boxes)::bigint as boxes,
           coalesce(sum(classified.boxes)
             filter (where classified.seed_id = classified.model_seed_id), 0)::bigint as correct
    from datastore.classified(counts) as classified
    group by 1, 2, 3
  ) as summed;
end;
comment on function datastore.accuracy_over_time(datastore.prediction_count[]) is
  'Accuracy by decider and period of the verdict.';

create or replace function datastore.calibration_figures(
  pipeline_id uuid default null, model_version_id uuid default null, since timestamptz default null,
  until timestamptz default null,
  container_id uuid default null
) returns table (pipeline_id uuid, model_version_ids uuid[], bucket integer, boxes bigint,
mean_score double precision, accuracy double precision)
language sql stable parallel safe
set work_mem = '64MB'
set jit = off
begin atomic
  with asked as materialized (
    select * from datastore.asked_inferences(calibration_figures.pipeline_id,
      calibration_figures.model_version_id, calibration_figures.container_id)
  ), maker as materialized (
    select distinct asked.maker, asked.pipeline_id, asked.model_version_ids from asked
  ), counted as (
    select asked.maker, greatest(ceil(verdict.model_score * 10), 1)::integer as bucket, count(*) as boxes,
           sum(verdict.model_score) as score, count(*) filter (where verdict.seed_id = verdict.model_seed_id) as correct
    from asked
    join datastore.verdict on verdict.inference_id = asked.inference_id and verdict.container_id = asked.container_id
    where verdict.is_current and verdict.outcome = 'seed' and not verdict.is_manual
      and verdict.seed_id is not null and verdict.model_seed_id is not null
      and (calibration_figures.since is null or verdict.given_at >= calibration_figures.since)
      and (calibration_figures.until is null or verdict.given_at < calibration_figures.until)
    group by 1, 2
  )
  select decider.pipeline_id, decider.model_version_ids, counted.bucket, sum(counted.boxes)::bigint,
         sum(counted.score)::float8 / sum(counted.boxes)::float8,
         sum(counted.correct)::float8 / sum(counted.boxes)::float8
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
  'By decider and bucket of the model''s score, 1 for 0 to 0.1, 2 for above 0.1 to 0.2, …: the mean score, and how '
  'many were right. The arguments: see datastore.count_predictions.';

create or replace function datastore.correction_figures(
  per text default 'month', pipeline_id uuid default null, model_version_id uuid default null,
  since timestamptz default null, until timestamptz default null, container_id uuid default null
) returns table (period date, verdicts bigint, confirmed bigint, corrected bigint, not_a_seed bigint,
drawn bigint, moved bigint)
language sql stable parallel safe
begin atomic
  select date_trunc(correction_figures.per, judged.given_at at time zone 'UTC')::date, count(*),
         count(*) filter (where judged.kind = 'confirmed'), count(*) filter (where judged.kind = 'corrected'),
         count(*) filter (where judged.kind = 'not a seed'), count(*) filter (where judged.kind = 'drawn'),
         count(*) filter (where judged.is_moved)
  from (
    select verdict.given_at, verdict.is_current and verdict.corners is not null as is_moved,
           datastore.verdict_kind(verdict) as kind
    from datastore.asked_inferences(correction_figures.pipeline_id, correction_figures.model_version_id,
      correction_figures.container_id) as asked
    join datastore.verdict on verdict.inference_id = asked.inference_id and verdict.container_id = asked.container_id
    where (correction_figures.since is null or verdict.given_at >= correction_figures.since)
      and (correction_figures.until is null or verdict.given_at < correction_figures.until)
  ) as judged
  group by 1;
end;
comment on function datastore.correction_figures(text, uuid, uuid, timestamptz, timestamptz, uuid) is
  'Verdicts by month (week, …): verdicts counts all of them, also those that no longer hold; the rest are those '
  'that hold. moved: with other coordinates, whatever else the verdict is.';

create or replace function datastore.expert_figures(
  pipeline_id uuid default null, model_version_id uuid default null, since timestamptz default null,
  until timestamptz default null,
  container_id uuid default null
) returns table (user_id uuid, email text, verdicts bigint, confirmed bigint, corrected bigint,
not_a_seed bigint, drawn bigint, moved bigint,
                 inferences bigint, first_at timestamptz, last_at timestamptz)
language sql stable parallel safe
begin atomic
  select counted.given_by, user_account.email, sum(counted.verdicts)::bigint, sum(counted.confirmed)::bigint,
         sum(counted.corrected)::bigint,
         sum(counted.not_a_seed)::bigint, sum(counted.drawn)::bigint, sum(counted.moved)::bigint, count(*),
         min(counted.first_at), max(counted.last_at)
  from (
    select judged.given_by, judged.inference_id, count(*) as verdicts,
           count(*) filter (where judged.kind = 'confirmed') as confirmed, count(*)
             filter (where judged.kind = 'corrected') as corrected,
           count(*) filter (where judged.kind = 'not a seed') as not_a_seed, count(*)
             filter (where judged.kind = 'drawn') as drawn,
           count(*) filter (where judged.is_moved) as moved, min(judged.given_at) as first_at,
           max(judged.given_at) as last_at
    from (
      select verdict.given_by, verdict.given_at, verdict.inference_id, verdict.is_current
        and verdict.corners is not null as is_moved,
             datastore.verdict_kind(verdict) as kind
      from datastore.asked_inferences(expert_figures.pipeline_id, expert_figures.model_version_id,
        expert_figures.container_id) as asked
      join datastore.verdict on verdict.inference_id = asked.inference_id and verdict.container_id = asked.container_id
      where (expert_figures.since is null or verdict.given_at >= expert_figures.since)
        and (expert_figures.until is null or verdict.given_at < expert_figures.until)
    ) as judged
    group by 1, 2
  ) as counted
  left join datastore.user_account on user_account.user_id = counted.given_by
  group by 1, 2;
end;
comment on function datastore.expert_figures(uuid, uuid, timestamptz, timestamptz, uuid) is
  'Verdicts by expert, as in datastore.correction_figures, and the number of inferences. user_id is NULL for an '
  'unknown expert.';
