-- Inferences of %(boxes)s boxes with %(guesses)s guesses, verified or not. The boxes of an inference lie together, as imports
-- write them. The right species is the first guess or another one; experts took a year.
with inference as (
  insert into datastore.inference (container_id, picture_id, document, pipeline_id, model_version_ids, feedback_at, verified_at)
  select picture.container_id, picture.picture_id,
         jsonb_build_object('boxes', '[]'::jsonb, 'totalBoxes', %(boxes)s::integer, 'filename', '1.tiff', 'pipeline_name', 'P'),
         pipeline.pipeline_id, datastore.made_by('{"models": []}', pipeline.pipeline_id),
         case when %(verified)s then now() end, case when %(verified)s then now() end
  from generate_series(1, %(inferences)s) as number
  join (select row_number() over () - 1 as place, pipeline_id from datastore.pipeline) as pipeline on pipeline.place = number %% 3
  cross join (select picture_id, container_id from datastore.picture limit 1) as picture
  returning inference_id, container_id
), box as (
  insert into datastore.box (container_id, inference_id, box_id, position, document, guesses, seed_id, seed_ids, scores, top_place)
  select inference.container_id, inference.inference_id, datastore.counted_id(left(inference.inference_id::text, 24), place)::uuid, place,
         '{"box": {"topX": 5, "topY": 5, "bottomX": 9, "bottomY": 9}, "label": "14 Ambrosia psilostachya", "score": 0.5}', '[]',
         guessed.seed_ids[1], guessed.seed_ids, guessed.scores, 1
  from inference
  cross join generate_series(1, %(boxes)s) as place
  cross join lateral (
    select array_agg(known.seed_ids[1 + (start.place + step * start.stride) %% 15] order by step) as seed_ids,
           array_agg(round((start.score / (1 + step))::numeric, 16) order by step) as scores
    from (select (random() * 1e6)::integer as place, 1 + (random() * 1e6)::integer %% 2 as stride, 0.1 + random() * 0.9 as score
          where place > 0 and inference.inference_id is not null) as start
    cross join generate_series(0, %(guesses)s - 1) as step
    cross join (select array_agg(seed_id order by name) as seed_ids from datastore.seed) as known
  ) as guessed
  returning box_id, inference_id, container_id, seed_ids, scores
)
insert into datastore.verdict
  (container_id, inference_id, box_id, is_current, feedback, given_by, given_at, outcome, object_id, seed_id, label, model_seed_id, model_score, model_rank)
select box.container_id, box.inference_id, box.box_id, true, jsonb_build_object('boxId', box.box_id), box.container_id,
       now() - random() * interval '365 days', 'seed', gen_random_uuid(), box.seed_ids[answer.rank], '14 Ambrosia psilostachya',
       box.seed_ids[1], box.scores[1], answer.rank
from box
cross join lateral (select greatest(1, (random() * 1.5 * %(guesses)s)::integer %% (%(guesses)s + 1)) as rank where box.box_id is not null) as answer
where %(verified)s
