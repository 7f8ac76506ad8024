-- What a client said about keys of an inference that the datastore fills.

create or replace function datastore.without_system_keys(document jsonb) returns jsonb
language sql immutable parallel safe
return document - datastore.inference_system_keys('inference') || jsonb_build_object('boxes', (
  select coalesce(jsonb_agg(
    box.item - datastore.inference_system_keys('box') || case when box.item ? 'topN' then jsonb_build_object('topN', (
      select coalesce(jsonb_agg(guess.item - datastore.inference_system_keys('guesses') order by guess.place), '[]')
      from datastore.items_of(box.item -> 'topN') as guess)) else '{}' end order by box.place), '[]')
  from datastore.items_of(document -> 'boxes') as box));
comment on function datastore.without_system_keys(jsonb) is
  'An inference''s document without what the datastore fills.';

create or replace function datastore.differing_keys(sent jsonb, rebuilt jsonb, keys text[]) returns jsonb
language sql immutable parallel safe
return (
  select coalesce(jsonb_object_agg(member.key, member.value), '{}')
  from jsonb_each(sent) as member
  where member.key = any (keys) and member.value is distinct from rebuilt -> member.key
);
comment on function datastore.differing_keys(jsonb, jsonb, text[]) is
  'The members of an object, of these keys, that another object has not.';

create or replace function datastore.items_beside(
  sent jsonb, rebuilt jsonb
) returns table (item jsonb, rebuilt jsonb, place bigint)
language sql immutable parallel safe
begin atomic
  select pair.item, pair.rebuilt, pair.place - 1
  from rows from (
    jsonb_array_elements(case jsonb_typeof(items_beside.sent) when 'array' then items_beside.sent else '[]' end),
    jsonb_array_elements(case jsonb_typeof(items_beside.rebuilt) when 'array' then items_beside.rebuilt else '[]' end)
  ) with ordinality as pair(item, rebuilt, place)
  where pair.item is not null;
end;
comment on function datastore.items_beside(jsonb, jsonb) is
  'The items of an array, each with the item of another one that stands in its place, counted from 0. To take each '
  'by its place would read all before it.';

create or replace function datastore.claimed_inference_keys(document jsonb, rebuilt jsonb) returns jsonb
language sql immutable parallel safe
return (
  select nullif(datastore.differing_keys(document, rebuilt, datastore.inference_system_keys('inference'))
                || case when boxes.claimed is null then '{}' else jsonb_build_object('boxes', boxes.claimed) end, '{}')
  from (
    select jsonb_object_agg(box.place, box.claimed) filter (where box.claimed <> '{}') as claimed
    from (
      select sent.place,
             datastore.differing_keys(sent.item, sent.rebuilt, datastore.inference_system_keys('box'))
             || coalesce((
               select jsonb_build_object('topN', jsonb_object_agg(guess.place, guess.claimed))
               from (
                 select pair.place, datastore.differing_keys(pair.item, pair.rebuilt,
                   datastore.inference_system_keys('guesses')) as claimed
                 from datastore.items_beside(sent.item -> 'topN', sent.rebuilt -> 'topN') as pair
               ) as guess
               where guess.claimed <> '{}'
               having count(*) > 0), '{}') as claimed
      from datastore.items_beside(document -> 'boxes', rebuilt -> 'boxes') as sent
    ) as box
  ) as boxes
);
comment on function datastore.claimed_inference_keys(jsonb, jsonb) is
  'What a client sent in an inference for keys that the datastore fills, where it differs; boxes and guesses by '
  'their place, from 0. NULL if nothing does.';
