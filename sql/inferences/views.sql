create or replace view datastore.guess with (security_invoker = true) as
select box.container_id, box.inference_id, box.box_id,
       (box.guesses -> (guessed.place - 1)::integer ->> 'object_id')::uuid as object_id,
       guessed.place, box.guesses -> (guessed.place - 1)::integer ->> 'label' as label,
       guessed.seed_id, guessed.score, false as is_expert
from datastore.box
cross join lateral unnest(box.seed_ids, box.scores) with ordinality as guessed(seed_id, score, place)
union all
select expert.container_id, box.inference_id, expert.box_id, expert.object_id,
       cardinality(box.seed_ids) + row_number() over (partition by expert.box_id order by expert.position),
       expert.label, expert.seed_id, 0, true
from datastore.expert_guess as expert
join datastore.box on box.box_id = expert.box_id and box.container_id = expert.container_id;

comment on view datastore.guess is
  'Every guess as a row: the model''s, and those that experts added (is_expert). place: its place in topN, from 1.';

create or replace view datastore.judged_box with (security_invoker = true) as
select
  box.container_id, box.inference_id, box.box_id, box.is_manual, box.position,
  verdict.outcome, verdict.given_by, verdict.given_at,
  concat(
    '{"box_id": "', box.box_id,
    '", "classId": ', coalesce('"' || case when verdict.outcome = 'seed' then verdict.seed_id
      else box.seed_id end || '"', 'null'),
    ', "object_type_id": 1, "top_id": ',
    coalesce(to_json(verdict.object_id)::text, (box.guesses -> (box.top_place - 1) -> 'object_id')::text, 'null'),
    ', "is_verified": ', (verdict.outcome is not null)::text,
    ', "is_valid": ', (verdict.outcome is distinct from 'not a seed')::text,
    ', "is_manual": ', box.is_manual::text,
    ', "label": ', coalesce(to_json(verdict.label)::text, (box.document -> 'label')::text),
    ', "score": ', case verdict.outcome when 'seed' then '1' when 'not a seed' then '0'
      else (box.document -> 'score')::text end,
    ', "box": ', coalesce((box.document -> 'box') || verdict.corners, box.document -> 'box'),
    case when verdict.box_id is not null and not box.is_manual then
      concat(', "model": {"label": ', box.document -> 'label', ', "score": ', box.document -> 'score',
        ', "box": ', box.document -> 'box', '}')
    end,
    ', "topN": ', case when expert.guesses is null then box.guesses else box.guesses || expert.guesses end,
    datastore.more_members(box.document - '{label,score,box}'::text[])) as text
from datastore.box
left join datastore.verdict
  on verdict.box_id = box.box_id and verdict.container_id = box.container_id and verdict.is_current
left join lateral (
  select jsonb_agg(jsonb_build_object('label', guess.label, 'score', 0, 'object_id', guess.object_id, 'is_expert', true)
    order by guess.position) as guesses
  from datastore.expert_guess as guess
  where guess.box_id = box.box_id and guess.container_id = box.container_id
) as expert on true;

comment on view datastore.judged_box is
  'Each box as it holds now, as text: what the model said, and the verdict. outcome: seed, not a seed, or NULL '
  'while there is no verdict.';
