-- What is missing for training, and what to look at next

create or replace function datastore.training_figures(container_id uuid default null)
returns table (seed_id uuid, seed_name text, status text, known bigint, verified bigint, pictures bigint)
language sql stable parallel safe
begin atomic
  select seed.seed_id, seed.name, seed.status,
         count(distinct label.picture_id) filter (where label.origin = 'known'),
         count(distinct label.picture_id) filter (where label.origin = 'verified'),
         count(distinct label.picture_id)
  from datastore.seed
  left join (
    select picture_label.seed_id, picture_label.picture_id, picture_label.origin
    from datastore.picture_label
    join datastore.picture on picture.picture_id = picture_label.picture_id
      and picture.container_id = picture_label.container_id
    where picture.state = 'stored'
      and (training_figures.container_id is null or picture_label.container_id = training_figures.container_id)
  ) as label on label.seed_id = seed.seed_id
  where seed.merged_into is null
  group by seed.seed_id;
end;
comment on function datastore.training_figures(uuid) is
  'How many stored pictures are labelled with each species: said with the picture (known), by feedback (verified), '
  'and either (pictures). Species without any are in it, with 0.';

create or replace function datastore.seed_margin(seed_ids uuid[], scores numeric[])
returns table (seed_id uuid, score numeric, second_seed_id uuid, second_score numeric)
language sql immutable parallel safe
begin atomic
  select (array_agg(best.seed_id order by best.score desc, best.place))[1],
         (array_agg(best.score order by best.score desc, best.place))[1],
         (array_agg(best.seed_id order by best.score desc, best.place))[2],
         coalesce((array_agg(best.score order by best.score desc, best.place))[2], 0)
  from (
    select distinct on (guess.seed_id) guess.seed_id, guess.score, guess.place
    from unnest(seed_ids, scores) with ordinality as guess(seed_id, score, place)
    order by guess.seed_id, guess.score desc, guess.place
  ) as best;
end;
comment on function datastore.seed_margin(uuid[], numeric[]) is
  'The two species of a box with the best scores, each counted once; the second score is 0 where only one was guessed.';

create or replace function datastore.rebuild_training(container_id uuid default null) returns json
language sql stable parallel safe
return (
  select json_build_object('seeds', coalesce(json_agg(json_build_object(
    'seed_id', training.seed_id, 'seed_name', training.seed_name, 'status', training.status,
    'known', training.known, 'verified', training.verified, 'pictures', training.pictures)
    order by training.pictures, training.seed_name), '[]'))
  from datastore.training_figures(rebuild_training.container_id) as training
);
comment on function datastore.rebuild_training(uuid) is
'How many labelled pictures there are of each species, those with the fewest first.

Answer: `{"seeds": [{seed_id, seed_name, status, known, verified, pictures}]}`';

create or replace function datastore.rebuild_review(
  results integer default 20, newest integer default 1000, container_id uuid default null
) returns json
language plpgsql stable parallel safe as $$
declare
  container_ids uuid[] := array(
    select container.container_id from datastore.container
    where rebuild_review.container_id is null or container.container_id = rebuild_review.container_id);
  open_ids uuid[];
  picture_ids uuid[];
  answer json;
begin
  select array_agg(open.inference_id), array_agg(distinct open.picture_id)
  into open_ids, picture_ids
  from (
    select inference.inference_id, inference.picture_id
    from datastore.inference
    where inference.verified_at is null and inference.container_id = any (container_ids)
    order by inference.position desc
    limit rebuild_review.newest
  ) as open;

  select json_build_object(
    'looked_at', coalesce(cardinality(open_ids), 0),
    'uncertain', coalesce((
      select json_agg(json_build_object(
        'picture_id', uncertain.picture_id, 'inference_id', uncertain.inference_id,
        'box_id', uncertain.box_id, 'boxes', uncertain.boxes,
        'margin', uncertain.margin,
        'seed_id', uncertain.seed_id, 'seed_name', seed.name, 'score', uncertain.score,
        'second_seed_id', uncertain.second_seed_id, 'second_seed_name', second_seed.name,
        'second_score', uncertain.second_score)
        order by uncertain.margin, uncertain.picture_id)
      from (
        select * from (
          select distinct on (box.picture_id) box.*, count(*) over (partition by box.picture_id) as boxes
          from datastore.uncertain_box as box
          where box.inference_id = any (open_ids) and box.container_id = any (container_ids)
          order by box.picture_id, box.margin, box.box_id
        ) as lowest
        order by lowest.margin, lowest.picture_id
        limit rebuild_review.results
      ) as uncertain
      left join datastore.seed on seed.seed_id = uncertain.seed_id
      left join datastore.seed as second_seed on second_seed.seed_id = uncertain.second_seed_id), '[]'),
    'disputed', coalesce((
      select json_agg(json_build_object('picture_id', disputed.picture_id, 'inferences', disputed.inferences)
                      order by disputed.score desc, disputed.picture_id)
      from (
        select * from datastore.disputed_picture
        where disputed_picture.picture_id = any (picture_ids) and disputed_picture.container_id = any (container_ids)
        order by disputed_picture.score desc, disputed_picture.picture_id
        limit rebuild_review.results
      ) as disputed), '[]'))
  into answer;
  return answer;
end
$$;
comment on function datastore.rebuild_review(integer, integer, uuid) is
'Which pictures most deserve an expert''s eye. It looks at the `newest` inferences that are not verified, and
answers at most `results` of each kind.

Uncertain: by picture, the box without a verdict whose two best species are closest in score, and how many boxes
wait. Disputed: the newest inferences of different pipelines are surest of different species; the surest dispute
first.

Answer: `{looked_at, uncertain: [{picture_id, inference_id, box_id, boxes, margin, seed_id, seed_name, score,
  second_seed_id, second_seed_name, second_score}], disputed: [{picture_id, inferences: [{inference_id,
  pipeline_id, pipeline_name, seed_id, seed_name, score}]}]}`';
