create table datastore.seed (
  seed_id uuid primary key default gen_random_uuid(),
  name text not null,
  key text not null generated always as (datastore.seed_key(name)) stored,
  status text not null default 'unreviewed',
  created_at timestamptz not null default now(),
  constraint seed_key_key unique (key),
  constraint seed_key_check check (key <> ''),
  constraint seed_status_check check (status in ('known', 'unreviewed'))
);

comment on table datastore.seed is 'The species that pictures can show. A reference table: the same for all containers.';
comment on column datastore.seed.name is 'The name as it was first written.';
comment on column datastore.seed.key is 'What the name is compared by: see datastore.seed_key(text).';
comment on column datastore.seed.status is 'known, or unreviewed: first seen in a document, and waiting for a person''s look.';
comment on column datastore.seed.created_at is 'When it was first seen.';

insert into datastore.seed (name, status)
select name, 'known'
from unnest(array[
  'Brassica napus', 'Brassica juncea', 'Cirsium arvense', 'Cirsium vulgare', 'Carduus nutans', 'Bromus secalinus',
  'Bromus hordeaceus', 'Bromus japonicus', 'Lolium temulentum', 'Solanum carolinense', 'Solanum nigrum',
  'Solanum rostratum', 'Ambrosia artemisiifolia', 'Ambrosia trifida', 'Ambrosia psilostachya'
]) as name;
comment on column datastore.seed.seed_id is 'What documents call seed_id, and classId in an inference.';
