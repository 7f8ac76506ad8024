create table datastore.label (
  label text primary key,
  seed_id uuid not null references datastore.seed,
  -- Longer ones do not fit into an index; they find their species by their key each time.
  constraint label_label_check check (octet_length(label) <= 1000)
);
create index label_seed_id_idx on datastore.label (seed_id);

comment on table datastore.label is
  'Labels as models and experts write them, with the species that datastore.seed_key(text) finds for them: 14 Ambrosia trifida. A reference table, filled when a label is first seen.';
comment on column datastore.label.label is 'As it was written.';
comment on column datastore.label.seed_id is 'Its species; a review may change it.';
