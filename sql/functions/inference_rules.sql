create or replace function datastore.count_guesses(document jsonb) returns bigint
language sql immutable parallel safe
return (
  select coalesce(sum(jsonb_array_length(case jsonb_typeof(box.item -> 'topN') when 'array' then box.item -> 'topN' else '[]' end)), 0)
  from datastore.items_of(document -> 'boxes') as box);
comment on function datastore.count_guesses(jsonb) is 'How many guesses all boxes of an inference have in topN.';

create or replace function datastore.guesses_message(guesses bigint) returns text
language sql immutable parallel safe
return format('expected at most %s guesses in all boxes together, found %s', datastore.call_limits() -> 'guesses', guesses);
comment on function datastore.guesses_message(bigint) is 'What to say of an inference of too many guesses.';

create or replace function datastore.check_guesses(document jsonb) returns void
language plpgsql stable as $$
declare
  guesses bigint;
begin
  -- Fewer take less: this looks at what is large, before anything looks at each of them.
  if datastore.is_large(check_guesses.document) then
    guesses := datastore.count_guesses(check_guesses.document);
    if guesses > (datastore.call_limits() -> 'guesses')::integer then
      perform datastore.refuse('DS400', 'invalid inference document', jsonb_build_array(jsonb_build_object(
        'instance_path', '/boxes', 'keyword', 'maxItems', 'message', datastore.guesses_message(guesses))));
    end if;
  end if;
end
$$;
comment on function datastore.check_guesses(jsonb) is
  'Raises DS400 for an inference of so many guesses that to say all that is wrong with it would take long.';

create or replace function datastore.inference_rules(document jsonb)
returns table (instance_path text, keyword text, message text)
language sql immutable parallel safe
begin atomic
  select '/totalBoxes', 'totalBoxes', format('expected %s, the number of boxes, found %s', boxes.number, document -> 'totalBoxes')
  from (select case jsonb_typeof(document -> 'boxes') when 'array' then jsonb_array_length(document -> 'boxes') end as number) as boxes
  where datastore.number_of(document -> 'totalBoxes') <> boxes.number
  union all
  select '/boxes', 'maxItems', datastore.guesses_message(boxes.guesses)
  from (select datastore.count_guesses(document) as guesses offset 0) as boxes
  where boxes.guesses > (datastore.call_limits() -> 'guesses')::integer
  union all
  select corner.instance_path, corner.keyword, corner.message
  from datastore.corner_rules(document -> 'boxes') as corner;
end;
comment on function datastore.inference_rules(jsonb) is
  'What is wrong with an inference beyond its schema. totalBoxes: not the number of boxes; maxItems: too many guesses in all; corners: a top beyond its bottom.';
