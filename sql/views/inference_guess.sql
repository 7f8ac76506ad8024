create or replace view datastore.guess with (security_invoker = true) as
select box.container_id, box.inference_id, box.box_id, (box.guesses -> (guessed.place - 1)::integer ->> 'object_id')::uuid as object_id,
       guessed.place, box.guesses -> (guessed.place - 1)::integer ->> 'label' as label, guessed.seed_id, guessed.score, false as is_expert
from datastore.box
cross join lateral unnest(box.seed_ids, box.scores) with ordinality as guessed(seed_id, score, place)
union all
select expert.container_id, box.inference_id, expert.box_id, expert.object_id,
       cardinality(box.seed_ids) + row_number() over (partition by expert.box_id order by expert.position), expert.label, expert.seed_id, 0, true
from datastore.expert_guess as expert
join datastore.box on box.box_id = expert.box_id and box.container_id = expert.container_id;

comment on view datastore.guess is 'Every guess as a row: the model''s, and those that experts added (is_expert). place: its place in topN, from 1.';
