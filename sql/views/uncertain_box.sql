create or replace view datastore.uncertain_box with (security_invoker = true) as
select inference.container_id, inference.picture_id, inference.inference_id, box.box_id,
       best.score - best.second_score as margin, best.seed_id, best.score, best.second_seed_id, best.second_score
from datastore.inference
join datastore.box on box.inference_id = inference.inference_id and box.container_id = inference.container_id
cross join lateral datastore.species_margin(box.seed_ids, box.scores) as best
where inference.verified_at is null and best.score is not null
  and not exists (
    select from datastore.verdict
    where verdict.box_id = box.box_id and verdict.container_id = box.container_id and verdict.is_current and verdict.outcome is not null);

comment on view datastore.uncertain_box is
  'The boxes that wait for a verdict, with the margin between the scores of the two best species: the smaller, the less sure. A box with one species has its score as margin.';
