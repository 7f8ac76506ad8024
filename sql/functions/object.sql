-- An object with only the keys that are there: jsonb_build_object would write null for a section that was never sent,
-- and jsonb_strip_nulls would lose a null that was.

create or replace function datastore.member(key text, value jsonb) returns text
language sql immutable parallel safe
return to_json(key)::text || ': ' || value::text;
comment on function datastore.member(text, jsonb) is 'A member of a JSON object as text; SQL NULL when the value is SQL NULL.';

create or replace function datastore.object_text(variadic members text[]) returns text
language sql immutable parallel safe
return '{' || array_to_string(members, ', ') || '}';
comment on function datastore.object_text(text[]) is 'A JSON object as text, from datastore.member(text, jsonb); members that are NULL are left out.';

create or replace function datastore.object_of(variadic members text[]) returns jsonb
language sql immutable parallel safe
return datastore.object_text(variadic members)::jsonb;
comment on function datastore.object_of(text[]) is 'A JSON object from datastore.member(text, jsonb); members that are NULL are left out.';

create or replace function datastore.members_of(object jsonb) returns text
language sql immutable parallel safe
return nullif(substr(object::text, 2, char_length(object::text) - 2), '');
comment on function datastore.members_of(jsonb) is 'The members of an object as text, to stand among others; SQL NULL for an empty object.';
