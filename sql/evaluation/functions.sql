-- All figures as one document

create or replace function datastore.decider_name(pipeline_id uuid, model_version_ids uuid[]) returns text
language sql stable parallel safe
return (
  select concat_ws(': ', (select pipeline.name from datastore.pipeline
      where pipeline.pipeline_id = decider_name.pipeline_id),
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
    'model_version_id', version.model_version_id, 'model_name', model.name, 'version', version.version,
    'task', version.task) order by made.place), '[]')
  from unnest(model_versions_json.model_version_ids) with ordinality as made(id, place)
  join datastore.model_version as version on version.model_version_id = made.id
  join datastore.model using (model_id)
);
comment on function datastore.model_versions_json(uuid[]) is
  'Model versions in this order: [{model_version_id, model_name, version: as text, task}].';

create or replace function datastore.left_out(
  counts datastore.prediction_count[], pipeline_id uuid default null, model_version_id uuid default null,
  container_id uuid default null
) returns jsonb
language sql stable parallel safe
return (
  select jsonb_build_object(
    'without_verdict', (
      -- Of the inferences, and not of the boxes: an index for it would cost each import more than this costs a
      -- question.
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
      where counted.classifier_id is null and not counted.is_manual and counted.outcome = 'seed'), 0),
    'several_detectors', coalesce(sum(counted.boxes) filter (where counted.detector_id is null), 0),
    'without_seed', coalesce(sum(counted.boxes) filter (
      where counted.outcome = 'seed' and not counted.is_manual
        and (counted.seed_id is null or counted.model_seed_id is null)), 0),
    'withdrawn', coalesce(sum(counted.boxes) filter (where counted.outcome = 'not a seed' and counted.is_manual), 0))
  from unnest(counts) as counted
);
comment on function datastore.left_out(datastore.prediction_count[], uuid, uuid, uuid) is
  'How many boxes no figure counts, or not each. without_verdict: they are not verified yet, whatever the '
  'period. Of the verified ones: unknown_pipeline: the pipeline or one of its models is unregistered, so they are in '
  'no pipeline''s figures; several_classifiers, several_detectors: it is not known which model decided, so they are '
  'in no model version''s; without_seed: the expert or the model named a label that stands for no species; '
  'withdrawn: drawn by an expert, and then called not a seed.';

create or replace function datastore.check_evaluation_filters(
  per text, pipeline_id uuid, model_version_id uuid
) returns void
language plpgsql stable as $$
begin
  if per is null or per not in ('day', 'week', 'month', 'quarter', 'year') then
    perform datastore.refuse('DS400', 'there is no such period',
      jsonb_build_array(datastore.error_row('/per', 'enum',
        format('expected day, week, month, quarter or year, found %s', coalesce(to_json(per)::text, 'NULL')))));
  end if;
  if not exists (select from datastore.pipeline where pipeline.pipeline_id = check_evaluation_filters.pipeline_id)
     and check_evaluation_filters.pipeline_id is not null then
    perform datastore.refuse('DS404', format('there is no pipeline %s', check_evaluation_filters.pipeline_id));
  end if;
  if not exists (select from datastore.model_version as version
    where version.model_version_id = check_evaluation_filters.model_version_id)
     and check_evaluation_filters.model_version_id is not null then
    perform datastore.refuse('DS404',
      format('there is no model version %s', check_evaluation_filters.model_version_id));
  end if;
end
$$;
comment on function datastore.check_evaluation_filters(text, uuid, uuid) is
  'Raises DS400 for a period that is none, DS404 for an unregistered pipeline or model version.';

create or replace function datastore.decider_figures(
  counts datastore.prediction_count[], pipeline_id uuid, model_version_id uuid,
  since timestamptz, until timestamptz, container_id uuid
) returns jsonb
language plpgsql stable as $$
#variable_conflict use_column
declare
  figures jsonb;
begin
  with species as (
    select pipeline_id, model_version_ids, jsonb_agg(jsonb_build_object(
      'seed_id', seed_id, 'seed_name', seed_name, 'support', support, 'predicted', predicted, 'correct', correct,
      'precision', "precision", 'recall', recall, 'f1', f1) order by seed_name) as items
    from datastore.seed_figures(counts) group by 1, 2
  ), confusion as (
    select pipeline_id, model_version_ids, jsonb_agg(jsonb_build_object(
      'seed_id', seed_id, 'seed_name', seed_name, 'model_seed_id', model_seed_id,
      'model_seed_name', model_seed_name, 'boxes', boxes)
      order by seed_name, model_seed_name) as items
    from datastore.confusion_figures(counts) group by 1, 2
  ), calibration as (
    select pipeline_id, model_version_ids, jsonb_build_object(
      'expected_error', sum(boxes * abs(accuracy - mean_score)) / sum(boxes)::float8,
      'buckets', jsonb_agg(jsonb_build_object(
        'above', round((bucket - 1) / 10.0, 1), 'up_to', round(bucket / 10.0, 1), 'boxes', boxes,
        'mean_score', mean_score, 'accuracy', accuracy) order by bucket)) as item
    from datastore.calibration_figures(
      decider_figures.pipeline_id, decider_figures.model_version_id, decider_figures.since, decider_figures.until,
      decider_figures.container_id)
    group by 1, 2
  ), over_time as (
    select pipeline_id, model_version_ids, jsonb_agg(jsonb_build_object(
      'period', period, 'boxes', boxes, 'correct', correct, 'accuracy', accuracy) order by period) as items
    from datastore.accuracy_over_time(counts) group by 1, 2
  ), classification as (
    select pipeline_id, model_version_ids, jsonb_build_object(
      'boxes', boxes, 'accuracy', accuracy, 'top_n', top_n,
      'macro', jsonb_build_object('precision', macro_precision, 'recall', macro_recall, 'f1', macro_f1),
      'seeds', (select species.items from species
                  where species.model_version_ids = figure.model_version_ids
                    and species.pipeline_id is not distinct from figure.pipeline_id),
      'confusion', (select confusion.items from confusion
                    where confusion.model_version_ids = figure.model_version_ids
                      and confusion.pipeline_id is not distinct from figure.pipeline_id),
      'calibration', (select calibration.item from calibration
                      where calibration.model_version_ids = figure.model_version_ids
                        and calibration.pipeline_id is not distinct from figure.pipeline_id),
      'over_time', (select over_time.items from over_time
                    where over_time.model_version_ids = figure.model_version_ids
                      and over_time.pipeline_id is not distinct from figure.pipeline_id)
    ) as item
    from datastore.accuracy_figures(counts) as figure
  ), detection as (
    select pipeline_id, model_version_ids, jsonb_build_object(
      'hits', hits, 'false_detections', false_detections, 'misses', misses, 'precision', "precision",
      'recall', recall, 'f1', f1) as item
    from datastore.detected(counts)
  ), decider as materialized (
    select found.pipeline_id, found.model_version_ids,
           datastore.decider_name(found.pipeline_id, found.model_version_ids) as name
    from (
      select pipeline_id, model_version_ids from classification
      union
      select pipeline_id, model_version_ids from detection
    ) as found
  )
  select jsonb_agg(
    case when decider.pipeline_id is null then datastore.model_versions_json(decider.model_version_ids) -> 0
         else jsonb_build_object(
           'pipeline_id', decider.pipeline_id, 'pipeline_name', pipeline.name,
           'models', datastore.model_versions_json(decider.model_version_ids))
    end || jsonb_build_object('name', decider.name, 'classification', classification.item, 'detection', detection.item)
    order by decider.name, decider.model_version_ids)
  into figures
  from decider
  left join datastore.pipeline using (pipeline_id)
  left join classification on classification.model_version_ids = decider.model_version_ids
    and classification.pipeline_id is not distinct from decider.pipeline_id
  left join detection on detection.model_version_ids = decider.model_version_ids
    and detection.pipeline_id is not distinct from decider.pipeline_id;
  return coalesce(figures, '[]');
end
$$;
comment on function datastore.decider_figures(datastore.prediction_count[], uuid, uuid, timestamptz, timestamptz, uuid)
is 'What counted predictions say of each pipeline and each model version: its name, how well it classified, and how '
  'well it detected.';

create or replace function datastore.rebuild_evaluation(
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
  perform datastore.check_evaluation_filters(rebuild_evaluation.per, rebuild_evaluation.pipeline_id,
    rebuild_evaluation.model_version_id);
  counts := datastore.count_predictions(
    rebuild_evaluation.per, rebuild_evaluation.pipeline_id, rebuild_evaluation.model_version_id,
    rebuild_evaluation.since, rebuild_evaluation.until, rebuild_evaluation.container_id);
  deciders := datastore.decider_figures(
    counts, rebuild_evaluation.pipeline_id, rebuild_evaluation.model_version_id,
    rebuild_evaluation.since, rebuild_evaluation.until, rebuild_evaluation.container_id);

  select json_build_object(
    'verified_boxes', (select coalesce(sum(counted.boxes), 0) from unnest(counts) as counted),
    'left_out', datastore.left_out(
      counts, rebuild_evaluation.pipeline_id, rebuild_evaluation.model_version_id, rebuild_evaluation.container_id),
    'pipelines', jsonb_path_query_array(deciders, '$[*] ? (exists (@.pipeline_id))'),
    'model_versions', jsonb_path_query_array(deciders, '$[*] ? (exists (@.model_version_id))'),
    'corrections', coalesce((
      select json_agg(json_build_object(
        'period', figure.period, 'verdicts', figure.verdicts, 'confirmed', figure.confirmed,
        'corrected', figure.corrected,
        'not_a_seed', figure.not_a_seed, 'drawn', figure.drawn, 'moved', figure.moved) order by figure.period)
      from datastore.correction_figures(
        rebuild_evaluation.per, rebuild_evaluation.pipeline_id, rebuild_evaluation.model_version_id,
        rebuild_evaluation.since, rebuild_evaluation.until, rebuild_evaluation.container_id) as figure), '[]'),
    'experts', coalesce((
      select json_agg(json_build_object(
        'user_id', figure.user_id, 'email', figure.email, 'verdicts', figure.verdicts, 'confirmed', figure.confirmed,
        'corrected', figure.corrected,
        'not_a_seed', figure.not_a_seed, 'drawn', figure.drawn, 'moved', figure.moved, 'inferences', figure.inferences,
        'first_at', to_char(figure.first_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'last_at', to_char(figure.last_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
        order by figure.verdicts desc, figure.email)
      from datastore.expert_figures(
        rebuild_evaluation.pipeline_id, rebuild_evaluation.model_version_id,
        rebuild_evaluation.since, rebuild_evaluation.until, rebuild_evaluation.container_id) as figure), '[]'))
  into answer;
  return answer;
end
$$;
comment on function datastore.rebuild_evaluation(text, uuid, uuid, timestamptz, timestamptz, uuid) is
'How good pipelines and models are, as experts found: figures of verified boxes alone. Definitions:
docs/evaluation.md#definitions.

per: `day`, `week`, `month`, `quarter` or `year`: the periods of what is told over time
pipeline_id, model_version_id: of this pipeline; of inferences that this model version took part in
since, until: of verdicts at or after the one and before the other
Answer: `{verified_boxes, left_out, pipelines, model_versions, corrections, experts}`
pipelines[]: `name`, `pipeline_id`, `pipeline_name`, `models: [{model_version_id, model_name, version, task}]`,
  `classification`, `detection`
model_versions[]: `name`, `model_version_id`, `model_name`, `version`, `task`, `classification`, `detection`
classification, or null: `{boxes, accuracy, top_n: [among the first 1, 2, 3, 4, 5], macro: {precision, recall,
  f1}, seeds: [{seed_id, seed_name, support, predicted, correct, precision, recall, f1}], confusion:
  [{seed_id, seed_name, model_seed_id, model_seed_name, boxes}], calibration: {expected_error, buckets: [{above,
  up_to, boxes, mean_score, accuracy}]}, over_time: [{period, boxes, correct, accuracy}]}`
detection, or null: `{hits, false_detections, misses, precision, recall, f1}`
corrections[]: `{period, verdicts, confirmed, corrected, not_a_seed, drawn, moved}`
experts[]: `{user_id, email, verdicts, confirmed, corrected, not_a_seed, drawn, moved, inferences, first_at,
  last_at}`
left_out: how many boxes are not counted (docs/evaluation.md#definitions)
Errors: `DS400` for `per` · `DS404` for a pipeline or a model version';
