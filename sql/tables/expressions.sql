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
  -- Not \s+: most spaces stand alone, and to put each in its own place takes thirty times as long.
  '\s\s+|(?! )\s', ' ', 'g'));
comment on function datastore.seed_key(text) is
  'What a label is compared by: trimmed, without one pair of quotes and a leading class number, spaces and case folded. ''14 Ambrosia  Trifida'' gives ambrosia trifida.';

create function datastore.counted_id(prefix text, box_place bigint, guess_place bigint default 0) returns text
language sql immutable parallel safe
-- A bit that is always set keeps it at twelve digits, quicker than lpad().
return prefix || to_hex((1::bigint << 47) | (box_place << 24) | guess_place);
comment on function datastore.counted_id(text, bigint, bigint) is
  'The id of a box, or of one of its guesses, as text: the first 24 characters of its inference''s id, then twelve hexadecimal digits: a bit that is set, the box''s place, from 1, in 23 bits, and the guess''s in 24 bits, 0 for the box itself.';
