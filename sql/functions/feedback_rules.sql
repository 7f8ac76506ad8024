create or replace function datastore.feedback_rules(document jsonb)
returns table (instance_path text, keyword text, message text)
language sql immutable parallel safe
begin atomic
  select corner.instance_path, corner.keyword, corner.message
  from datastore.corner_rules(document -> 'boxes') as corner
  union all
  -- null is the same as absent everywhere here, and ->> makes both of them NULL
  select '/boxes/' || box.place, 'drawnBox',
         format('expected a boxId, or a box that was drawn, with box and a label or classId; found no boxId and no %s',
                case when box.item ->> 'box' is null then 'box' else 'label or classId' end)
  from datastore.items_of(document -> 'boxes') as box
  where jsonb_typeof(box.item) = 'object' and coalesce(box.item ->> 'boxId', '') = ''
    and (box.item ->> 'box' is null
         or coalesce(box.item ->> 'label', '') = '' and coalesce(box.item ->> 'classId', '') = '')
  union all
  select '/boxes/' || box.place, 'species',
         case when box.item ->> 'label' is null then 'expected a label beside the empty classId, found none'
              else 'expected a classId beside the empty label, found none' end
         || ': both are empty for what is no seed, both are absent where the top guess is right'
  from datastore.items_of(document -> 'boxes') as box
  where jsonb_typeof(box.item) = 'object'
    and coalesce(box.item ->> 'label', box.item ->> 'classId') = '' and (box.item ->> 'label' is null or box.item ->> 'classId' is null)
  union all
  select format('/boxes/%s/boxId', twice.place), 'uniqueBoxId', format('expected each box once, found %s at /boxes/%s, too', twice.id, twice.first_place)
  from (
    select box.place, box.item -> 'boxId' as id, min(box.place) over (partition by lower(box.item ->> 'boxId')) as first_place
    from datastore.items_of(document -> 'boxes') as box
    where box.item ->> 'boxId' <> ''
  ) as twice
  where twice.place > twice.first_place;
end;
comment on function datastore.feedback_rules(jsonb) is
  'What is wrong with feedback beyond its schema. corners: a top beyond its bottom; drawnBox: neither boxId nor box and species; species: one of label and classId empty, the other absent; uniqueBoxId: a box twice.';
