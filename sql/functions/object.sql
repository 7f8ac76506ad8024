-- Documents are rebuilt as text: to build jsonb of jsonb, and its text again, took three times as long
-- (docs/decisions.md). right(…, -1) is quicker than substr(…, 2), which walks through the text. What is not there is SQL NULL, which concat() passes over.

create or replace function datastore.more_members(object jsonb) returns text
language sql immutable parallel safe
return case when object <> '{}' then ', ' || right(object::text, -1) else '}' end;
comment on function datastore.more_members(jsonb) is
  'The end of an object''s text, with the members of another one: {"b": 2} gives , "b": 2}. SQL NULL and {} give the brace alone.';

create or replace function datastore.with_kept(section jsonb, kept jsonb) returns text
language sql immutable parallel safe
return case when kept is null then section::text else (kept || section)::text end;
comment on function datastore.with_kept(jsonb, jsonb) is
  'A section that the datastore fills, as text, with the unknown keys that a client put into it.';
