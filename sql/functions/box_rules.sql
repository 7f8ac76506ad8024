-- The boxes of an inference and those of feedback have their corners alike.

create or replace function datastore.items_of(list jsonb) returns table (item jsonb, place integer)
language sql immutable parallel safe
begin atomic
  select element.item, element.place::integer - 1
  from jsonb_array_elements(case jsonb_typeof(list) when 'array' then list else '[]' end) with ordinality as element(item, place);
end;
comment on function datastore.items_of(jsonb) is
  'The items of an array with their places, counted from 0; none of what is no array, which the schema refuses.';

create or replace function datastore.corner_rules(boxes jsonb)
returns table (instance_path text, keyword text, message text)
language sql immutable parallel safe
begin atomic
  select format('/boxes/%s/box/%s', box.place, axis.top), 'corners',
         format('expected at most %s, which is %s, found %s', axis.bottom,
                box.item -> 'box' -> axis.bottom, box.item -> 'box' -> axis.top)
  from datastore.items_of(boxes) as box
  cross join (values ('topX', 'bottomX'), ('topY', 'bottomY')) as axis(top, bottom)
  where datastore.number_of(box.item -> 'box' -> axis.top) > datastore.number_of(box.item -> 'box' -> axis.bottom);
end;
comment on function datastore.corner_rules(jsonb) is
  'corners: the top left corner of a box is beyond its bottom right one. Equal corners are a valid, empty box.';
