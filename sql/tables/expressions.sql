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
