create or replace view datastore.judgement with (security_invoker = true) as
select
  verdict.verdict_id, verdict.container_id, verdict.inference_id, verdict.box_id, inference.picture_id,
  inference.pipeline_id, inference.model_version_ids,
  verdict.said_by, verdict.said_at, verdict.is_current, datastore.verdict_kind(verdict) as kind, verdict.is_manual,
  verdict.is_current and verdict.corners is not null as is_moved,
  verdict.outcome, verdict.seed_id, verdict.model_seed_id, verdict.model_score, verdict.model_rank
from datastore.verdict
join datastore.inference on inference.inference_id = verdict.inference_id and inference.container_id = verdict.container_id
where inference.feedback_at is not null;

comment on view datastore.judgement is
  'Everything that experts said about boxes, with what the model had said (NULL in a drawn box) and who made the inference. A verified box is a row with is_current and an outcome: the figures of docs/performance.md stand on those alone. kind: see datastore.verdict_kind.';
