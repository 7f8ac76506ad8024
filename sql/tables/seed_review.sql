-- What a person decides about a species that a document brought.
alter table datastore.seed
  add column merged_into uuid references datastore.seed,
  add column reviewed_at timestamptz,
  add column reviewed_by uuid,
  add constraint seed_merged_check check (merged_into <> seed_id);
create index seed_merged_into_idx on datastore.seed (merged_into) where merged_into is not null;

comment on column datastore.seed.merged_into is
  'The species that it turned out to be: whoever names this one means that one. NULL for a species of its own.';
comment on column datastore.seed.reviewed_at is 'When a person accepted it, or merged it into another one.';
comment on column datastore.seed.reviewed_by is 'The acting user of that, if one was set.';
