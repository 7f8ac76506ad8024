create or replace function datastore.inference_rules(document jsonb)
returns table (instance_path text, keyword text, message text)
language sql immutable parallel safe
begin atomic
  select '/totalBoxes', 'totalBoxes', format('expected %s, the number of boxes, found %s', boxes.number, document -> 'totalBoxes')
  from (select case jsonb_typeof(document -> 'boxes') when 'array' then jsonb_array_length(document -> 'boxes') end as number) as boxes
  where datastore.number_of(document -> 'totalBoxes') <> boxes.number
  union all
  select corner.instance_path, corner.keyword, corner.message
  from datastore.corner_rules(document -> 'boxes') as corner;
end;
comment on function datastore.inference_rules(jsonb) is
  'What is wrong with an inference beyond its schema. totalBoxes: not the number of boxes; corners: a top beyond its bottom.';
