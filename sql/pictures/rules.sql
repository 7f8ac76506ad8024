create or replace function datastore.picture_set_rules(document jsonb)
returns table (instance_path text, keyword text, message text)
language sql immutable parallel safe
begin atomic
  select datastore.json_pointer(found.path || found.wrong),
         'spelling', datastore.spelling_message(found.wrong, found."right")
  from datastore.picture_set_misspellings(document) as found;
end;
comment on function datastore.picture_set_rules(jsonb) is
  'What is wrong with a picture set''s document beyond its schema. spelling: a known key in camelCase.';

create or replace function datastore.picture_rules(document jsonb)
returns table (instance_path text, keyword text, message text)
language sql immutable parallel safe
begin atomic
  select datastore.json_pointer(found.path || found.wrong),
         'spelling', datastore.spelling_message(found.wrong, found."right")
  from datastore.picture_misspellings(document) as found;
end;
comment on function datastore.picture_rules(jsonb) is
  'What is wrong with a picture''s document beyond its schema. spelling: a known key in camelCase.';
