create or replace view datastore.judgement with (security_invoker = true) as
select
  verdict.verdict_id, verdict.container_id, verdict.inference_id, verdict.box_id, inference.picture_id,
  inference.pipeline_id, inference.model_version_ids,
  verdict.given_by, verdict.given_at, verdict.is_current, datastore.verdict_kind(verdict) as kind, verdict.is_manual,
  verdict.is_current and verdict.corners is not null as is_moved,
  verdict.outcome, verdict.seed_id, verdict.model_seed_id, verdict.model_score, verdict.model_rank
from datastore.verdict
join datastore.inference on inference.inference_id = verdict.inference_id
  and inference.container_id = verdict.container_id
where inference.feedback_at is not null;

comment on view datastore.judgement is
  'The feedback of experts on boxes, with the model''s answer (NULL in a drawn box) and the pipeline and model '
  'versions that made the inference. A verified box is a row with is_current and an outcome: the '
  'figures of docs/evaluation.md stand on those alone. kind: see datastore.verdict_kind.';

-- The figures of sql/evaluation/, of everything that the caller may see. With arguments: those functions.
-- The counts are asked for in a subquery, because the planner would ask for them as well.

create or replace view datastore.accuracy with (security_invoker = true) as
select datastore.decider_name(figure.pipeline_id, figure.model_version_ids) as decider, figure.*
from datastore.accuracy_figures((select datastore.count_predictions())) as figure;
comment on view datastore.accuracy is
  'Top-1 and top-N accuracy and macro averages, by pipeline, and by the model version that decided the species: see '
  'datastore.accuracy_figures.';

create or replace view datastore.detection with (security_invoker = true) as
select datastore.decider_name(figure.pipeline_id, figure.model_version_ids) as decider, figure.*
from datastore.detected((select datastore.count_predictions())) as figure;
comment on view datastore.detection is
  'How good the detection is, by pipeline, and by the model version that found the boxes: see datastore.detected.';

create or replace view datastore.seed_accuracy with (security_invoker = true) as
select datastore.decider_name(figure.pipeline_id, figure.model_version_ids) as decider, figure.*
from datastore.seed_figures((select datastore.count_predictions())) as figure;
comment on view datastore.seed_accuracy is
  'Precision, recall and F1 of each species, by pipeline and by model version: see datastore.seed_figures.';

create or replace view datastore.confusion with (security_invoker = true) as
select datastore.decider_name(figure.pipeline_id, figure.model_version_ids) as decider, figure.*
from datastore.confusion_figures((select datastore.count_predictions())) as figure;
comment on view datastore.confusion is
  'The confusion matrix, a row for each cell that is not 0, by pipeline and by model version: see '
  'datastore.confusion_figures.';

create or replace view datastore.calibration with (security_invoker = true) as
select datastore.decider_name(figure.pipeline_id, figure.model_version_ids) as decider, figure.*
from datastore.calibration_figures() as figure;
comment on view datastore.calibration is
  'How often the model is right where it gives such a score, by pipeline and by model version: see '
  'datastore.calibration_figures.';

create or replace view datastore.accuracy_by_month with (security_invoker = true) as
select datastore.decider_name(figure.pipeline_id, figure.model_version_ids) as decider, figure.*
from datastore.accuracy_over_time((select datastore.count_predictions())) as figure;
comment on view datastore.accuracy_by_month is
  'Accuracy by month of the verdict, by pipeline and by model version: see datastore.accuracy_over_time.';

create or replace view datastore.corrections_by_month with (security_invoker = true) as
select figure.* from datastore.correction_figures() as figure;
comment on view datastore.corrections_by_month is 'What experts said in each month: see datastore.correction_figures.';

create or replace view datastore.expert_work with (security_invoker = true) as
select figure.* from datastore.expert_figures() as figure;
comment on view datastore.expert_work is 'The work of each expert: see datastore.expert_figures.';

create or replace view datastore.uncertain_box with (security_invoker = true) as
select inference.container_id, inference.picture_id, inference.inference_id, box.box_id,
       best.score - best.second_score as margin, best.seed_id, best.score, best.second_seed_id, best.second_score
from datastore.inference
join datastore.box on box.inference_id = inference.inference_id and box.container_id = inference.container_id
cross join lateral datastore.seed_margin(box.seed_ids, box.scores) as best
where inference.verified_at is null and best.score is not null
  and not exists (
    select from datastore.verdict
    where verdict.box_id = box.box_id and verdict.container_id = box.container_id and verdict.is_current
      and verdict.outcome is not null);

comment on view datastore.uncertain_box is
  'The boxes that wait for a verdict, with the margin between the scores of the two best species: the smaller, the '
  'less sure. A box with one species has its score as margin.';

create or replace view datastore.disputed_picture with (security_invoker = true) as
select newest.container_id, newest.picture_id, max(newest.top_score) as score,
       json_agg(json_build_object(
         'inference_id', newest.inference_id, 'pipeline_id', newest.pipeline_id, 'pipeline_name', pipeline.name,
         'seed_id', newest.top_seed_id, 'seed_name', seed.name, 'score', newest.top_score)
           order by newest.top_score desc, newest.position) as inferences
from (
  select distinct on (inference.picture_id, inference.container_id, inference.pipeline_id) inference.*
  from datastore.inference
  where inference.pipeline_id is not null
  order by inference.picture_id, inference.container_id, inference.pipeline_id, inference.position desc
) as newest
join datastore.pipeline on pipeline.pipeline_id = newest.pipeline_id
join datastore.seed on seed.seed_id = newest.top_seed_id
group by newest.container_id, newest.picture_id
having count(distinct newest.top_seed_id) > 1 and bool_and(newest.verified_at is null);

comment on view datastore.disputed_picture is
  'Pictures on which pipelines disagree: the newest inference of each is surest of another species, and none of '
  'them is verified. score: how sure the surest is.';

create or replace view datastore.training with (security_invoker = true) as
select figure.* from datastore.training_figures() as figure;
comment on view datastore.training is
  'How many pictures each species has to be trained with: see datastore.training_figures.';
