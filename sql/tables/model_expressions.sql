-- What the definitions of these tables call. Rows were stored under these, so they never change: a new rule is a new name.

create function datastore.version_text(version jsonb) returns text
language sql immutable parallel safe
return case jsonb_typeof(version) when 'number' then trim_scale(version::numeric)::text when 'string' then version #>> '{}' else '' end;
comment on function datastore.version_text(jsonb) is
  'What versions are equal by: 5, 5.0 and "5" give 5. No version, or null, gives the empty text.';

create function datastore.task_name(task text) returns text
language sql immutable parallel safe
return lower(replace(task, '-', ' '));
comment on function datastore.task_name(text) is
  'A model''s task as it is compared: Object-Detection gives object detection.';

create type datastore.version_part as (number numeric, word text collate "C");
comment on type datastore.version_part is 'A part of a version: a number, or a word, which comes before every number.';
comment on column datastore.version_part.number is 'The number; -Infinity for a word.';
comment on column datastore.version_part.word is 'The word, in lower case; empty for a number.';
