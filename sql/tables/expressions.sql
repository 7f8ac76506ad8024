-- What table definitions call. Rows were stored under these, so they never change: a new rule is a new name.

create function datastore.is_tier(tier text) returns boolean
language sql immutable parallel safe
return tier ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and char_length(tier) <= 26;
comment on function datastore.is_tier(text) is
  'Can it stand before -{user_id} in the name of an Azure container: lower-case letters, digits and single hyphens, 26 characters at most?';

create function datastore.number_of(value jsonb) returns numeric
language sql immutable parallel safe
return case jsonb_typeof(value) when 'number' then value::numeric end;
comment on function datastore.number_of(jsonb) is 'A JSON number as numeric; NULL for anything else.';

create function datastore.seed_key(label text) returns text
language sql immutable parallel safe
return lower(regexp_replace(
  btrim(regexp_replace(
    -- one pair of quotes, then a leading class number
    regexp_replace(btrim(label, E' \t\r\n'), '^(["''])(.*)\1$', '\2'),
    '^\s*[0-9]+\s+', ''), E' \t\r\n'),
  '\s+', ' ', 'g'));
comment on function datastore.seed_key(text) is
  'What a label is compared by: trimmed, without one pair of quotes and a leading class number, spaces and case folded. ''14 Ambrosia  Trifida'' gives ambrosia trifida.';

create function datastore.system_keys(schema jsonb) returns jsonb
language sql immutable parallel safe
return (
  select coalesce(jsonb_object_agg(section.key, array(select jsonb_object_keys(section.value -> 'properties') as key order by key)), '{}')
  from jsonb_each(schema -> 'properties') as section
  where section.value @> '{"readOnly": true}'
);
comment on function datastore.system_keys(jsonb) is
  'The keys of a document that the datastore fills (readOnly in its schema), each with the keys inside it: {"metadata": ["file_name", …], "labels": []}.';

create function datastore.misspellings(schema jsonb) returns jsonb
language sql immutable parallel safe
return (
  with recursive section(path, properties) as (
    select array[]::text[], schema -> 'properties'
    union all
    select section.path || child.key, child.value -> 'properties'
    from section, jsonb_each(section.properties) as child
    where child.value ? 'properties'
  ), misspelling as (
    select section.path, property.key as right_key,
           split_part(property.key, '_', 1) || replace(initcap(replace(substr(property.key, strpos(property.key, '_') + 1), '_', ' ')), ' ', '') as wrong_key
    from section, jsonb_object_keys(section.properties) as property(key)
    where property.key like '%\_%'
  )
  select coalesce(jsonb_agg(jsonb_build_object('path', by_path.path, 'keys', by_path.keys) order by by_path.path), '[]')
  from (
    select misspelling.path, jsonb_object_agg(misspelling.wrong_key, misspelling.right_key) as keys
    from misspelling group by misspelling.path
  ) as by_path
);
comment on function datastore.misspellings(jsonb) is
  'The camelCase spellings of a schema''s snake_case keys, by section: [{"path": ["user_data"], "keys": {"numberOfSeeds": "number_of_seeds"}}, …].';
