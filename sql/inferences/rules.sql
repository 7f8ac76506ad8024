-- The boxes of an inference and those of feedback have their corners alike.

create or replace function datastore.items_of(list jsonb) returns table (item jsonb, place integer)
language sql immutable parallel safe
begin atomic
  select element.item, element.place::integer - 1
  from jsonb_array_elements(case jsonb_typeof(list) when 'array' then list
    else '[]' end) with ordinality as element(item, place);
end;
comment on function datastore.items_of(jsonb) is
  'The items of an array with their places, counted from 0; none of what is no array, which the schema refuses.';

create or replace function datastore.corner_rules(boxes jsonb)
returns table (instance_path text, keyword text, message text)
language sql immutable parallel safe
begin atomic
  select format('/boxes/%s/box/%s', box.place, axis.top), 'corners',
         format(datastore.wording('corners'), axis.bottom,
                box.item -> 'box' -> axis.bottom, box.item -> 'box' -> axis.top)
  from datastore.items_of(boxes) as box
  cross join (values ('topX', 'bottomX'), ('topY', 'bottomY')) as axis(top, bottom)
  where datastore.number_of(box.item -> 'box' -> axis.top) > datastore.number_of(box.item -> 'box' -> axis.bottom);
end;
comment on function datastore.corner_rules(jsonb) is
  'corners: the top left corner of a box is beyond its bottom right one. Equal corners are a valid, empty box.';

create or replace function datastore.count_guesses(document jsonb) returns bigint
language sql immutable parallel safe
return (
  select coalesce(sum(jsonb_array_length(case jsonb_typeof(box.item -> 'topN') when 'array'
      then box.item -> 'topN' else '[]' end)), 0)
  from datastore.items_of(document -> 'boxes') as box);
comment on function datastore.count_guesses(jsonb) is 'How many guesses all boxes of an inference have in topN.';

create or replace function datastore.guesses_message(guesses bigint) returns text
language sql immutable parallel safe
return format(datastore.wording('guesses'),
  datastore.call_limits() -> 'guesses', guesses);
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
      perform datastore.refuse('DS400', 'invalid inference document',
        jsonb_build_array(datastore.error_row('/boxes', 'maxItems', datastore.guesses_message(guesses))));
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
  select '/totalBoxes', 'totalBoxes',
         format(datastore.wording('totalBoxes'), boxes.number, document -> 'totalBoxes')
  from (select case jsonb_typeof(document -> 'boxes') when 'array'
    then jsonb_array_length(document -> 'boxes') end as number) as boxes
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
  'What is wrong with an inference beyond its schema. totalBoxes: not the number of boxes; maxItems: too many '
  'guesses in all; corners: a top beyond its bottom.';

create or replace function datastore.feedback_rules(document jsonb)
returns table (instance_path text, keyword text, message text)
language sql immutable parallel safe
begin atomic
  select corner.instance_path, corner.keyword, corner.message
  from datastore.corner_rules(document -> 'boxes') as corner
  union all
  -- null is the same as absent everywhere here, and ->> makes both of them NULL
  select '/boxes/' || box.place, 'drawnBox',
         format(datastore.wording('drawnBox'),
                case when box.item ->> 'box' is null then 'box' else 'label or classId' end)
  from datastore.items_of(document -> 'boxes') as box
  where jsonb_typeof(box.item) = 'object' and coalesce(box.item ->> 'boxId', '') = ''
    and (box.item ->> 'box' is null
         or coalesce(box.item ->> 'label', '') = '' and coalesce(box.item ->> 'classId', '') = '')
  union all
  select '/boxes/' || box.place, 'seed',
         case when box.item ->> 'label' is null then format(datastore.wording('seed'), 'label', 'classId')
              else format(datastore.wording('seed'), 'classId', 'label') end
  from datastore.items_of(document -> 'boxes') as box
  where jsonb_typeof(box.item) = 'object'
    and coalesce(box.item ->> 'label', box.item ->> 'classId') = ''
    and (box.item ->> 'label' is null or box.item ->> 'classId' is null)
  union all
  select format('/boxes/%s/boxId', twice.place), 'uniqueBoxId',
         format(datastore.wording('uniqueBoxId'), twice.id, twice.first_place)
  from (
    select box.place, box.item -> 'boxId' as id,
           min(box.place) over (partition by lower(box.item ->> 'boxId')) as first_place
    from datastore.items_of(document -> 'boxes') as box
    where box.item ->> 'boxId' <> ''
  ) as twice
  where twice.place > twice.first_place;
end;
comment on function datastore.feedback_rules(jsonb) is
  'What is wrong with feedback beyond its schema. corners: a top beyond its bottom; drawnBox: neither boxId nor box '
  'and seed; seed: one of label and classId empty, the other absent; uniqueBoxId: a box twice.';
