-- Documents are rebuilt as text: to build jsonb of jsonb, and its text again, took three times as long
-- (docs/decisions.md). right(…, -1) is quicker than substr(…, 2), which walks through the text. What is not there is
-- SQL NULL, which concat() passes over.

create or replace function datastore.more_members(object jsonb) returns text
language sql immutable parallel safe
return case when object <> '{}' then ', ' || right(object::text, -1) else '}' end;
comment on function datastore.more_members(jsonb) is
  'The end of an object''s text, with the members of another one: {"b": 2} gives , "b": 2}. SQL NULL and {} give '
  'the brace alone.';

create or replace function datastore.with_kept(section jsonb, kept jsonb) returns text
language sql immutable parallel safe
return case when kept is null then section::text else (kept || section)::text end;
comment on function datastore.with_kept(jsonb, jsonb) is
  'A section that the datastore fills, as text, with the unknown keys that a client put into it.';

-- Bytes in JSON

create or replace function datastore.to_base64(content bytea) returns text
language sql immutable parallel safe
return translate(encode(content, 'base64'), E'\n', '');
comment on function datastore.to_base64(bytea) is 'Base64 on one line.';

create or replace function datastore.from_base64(encoded text) returns bytea
language sql immutable parallel safe
return case
  when encoded ~ '^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)$'
    and datastore.to_base64(decode(encoded, 'base64')) = encoded
  then decode(encoded, 'base64')
end;
comment on function datastore.from_base64(text) is
  'The bytes, or NULL for what datastore.to_base64 would not write: it raises nothing, so it shows nothing.';
