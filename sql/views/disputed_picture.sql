create or replace view datastore.disputed_picture with (security_invoker = true) as
select newest.container_id, newest.picture_id, max(newest.top_score) as score,
       json_agg(json_build_object(
         'inference_id', newest.inference_id, 'pipeline_id', newest.pipeline_id, 'pipeline_name', pipeline.name,
         'seed_id', newest.top_seed_id, 'seed_name', seed.name, 'score', newest.top_score) order by newest.top_score desc, newest.position) as inferences
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
  'Pictures on which pipelines disagree: the newest inference of each is surest of another species, and none of them is verified. score: how sure the surest is.';
