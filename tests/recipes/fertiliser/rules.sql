create or replace function datastore.fertiliser_label_rules(document jsonb)
returns table (instance_path text, keyword text, message text)
language sql immutable parallel safe
begin atomic
  select '/needs_review' || datastore.json_pointer(array[field.name]), 'reviewedField',
         format('expected a JSON Pointer into this label, found %s', to_json(field.name))
  from jsonb_object_keys(case jsonb_typeof(document -> 'needs_review')
                           when 'object' then document -> 'needs_review' else '{}' end) as field(name)
  where left(field.name, 1) <> '/'
    or not document ? replace(replace(split_part(field.name, '/', 2), '~1', '/'), '~0', '~')
  union all
  select format('/nutrients/%s/name', nutrient.place), 'uniqueName',
         format('expected each nutrient once, found %s at /nutrients/%s, too', nutrient.name, nutrient.first_place)
  from (
    select listed.place, listed.item -> 'name' as name,
           min(listed.place) over (partition by listed.item -> 'name') as first_place
    from datastore.items_of(document -> 'nutrients') as listed
    where listed.item -> 'name' is not null
  ) as nutrient
  where nutrient.place > nutrient.first_place;
end;
comment on function datastore.fertiliser_label_rules(jsonb) is
  'What is wrong with a label beyond its schema. '
  'reviewedField: a note on what is not in it; uniqueName: a nutrient twice.';
