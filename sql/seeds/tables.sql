-- What the definitions call. Rows were stored under these, so they never change: a new rule is a new name.

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
  'What a label is compared by: trimmed, without one pair of quotes and a leading class number, spaces and case '
  'folded. ''14 Ambrosia  Trifida'' gives ambrosia trifida.';

create table datastore.seed (
  seed_id uuid primary key default gen_random_uuid(),
  name text not null,
  key text not null generated always as (datastore.seed_key(name)) stored,
  status text not null default 'unreviewed',
  created_at timestamptz not null default now(),
  -- what a person decides about a species that a document brought
  merged_into uuid references datastore.seed,
  reviewed_at timestamptz,
  reviewed_by uuid,
  constraint seed_key_key unique (key),
  constraint seed_key_check check (key <> ''),
  constraint seed_status_check check (status in ('known', 'unreviewed')),
  constraint seed_merged_check check (merged_into <> seed_id)
);
create index seed_merged_into_idx on datastore.seed (merged_into) where merged_into is not null;

comment on table datastore.seed is
  'The species that pictures can show. A reference table: the same for all containers.';
comment on column datastore.seed.seed_id is 'What documents call seed_id, and classId in an inference.';
comment on column datastore.seed.name is 'The name as it was first written.';
comment on column datastore.seed.key is 'What the name is compared by: see datastore.seed_key(text).';
comment on column datastore.seed.status is
  'known, or unreviewed: first seen in a document, and waiting for a person''s look.';
comment on column datastore.seed.created_at is 'When it was first seen.';
comment on column datastore.seed.merged_into is
  'The seed that it was merged into: this one stands for that one. NULL for a species of its own.';
comment on column datastore.seed.reviewed_at is 'When a person accepted it, or merged it into another one.';
comment on column datastore.seed.reviewed_by is 'The acting user of that, if one was set.';

insert into datastore.seed (name, status)
select name, 'known'
from unnest(array[
  'Brassica napus', 'Brassica juncea', 'Cirsium arvense', 'Cirsium vulgare', 'Carduus nutans', 'Bromus secalinus',
  'Bromus hordeaceus', 'Bromus japonicus', 'Lolium temulentum', 'Solanum carolinense', 'Solanum nigrum',
  'Solanum rostratum', 'Ambrosia artemisiifolia', 'Ambrosia trifida', 'Ambrosia psilostachya'
]) as name;

create table datastore.label (
  label text primary key,
  seed_id uuid not null references datastore.seed,
  -- Longer ones do not fit into an index; they find their species by their key each time.
  constraint label_label_check check (octet_length(label) <= 1000)
);
create index label_seed_id_idx on datastore.label (seed_id);

comment on table datastore.label is
  'Labels as models and experts write them, with the species that datastore.seed_key(text) finds for them: 14 '
  'Ambrosia trifida. A reference table, filled when a label is first seen.';
comment on column datastore.label.label is 'As it was written.';
comment on column datastore.label.seed_id is 'Its species; a review may change it.';
