create table datastore.expert_guess (
  object_id uuid not null default gen_random_uuid(),
  container_id uuid not null,
  box_id uuid not null,
  position bigint not null generated always as identity,
  label text not null,
  seed_id uuid references datastore.seed,
  added_by uuid default datastore.acting_user(),
  added_at timestamptz not null default now(),
  primary key (object_id, container_id),
  foreign key (box_id, container_id) references datastore.box on delete cascade,
  constraint expert_guess_label_check check (label <> '')
);
create index expert_guess_box_id_idx on datastore.expert_guess (box_id, position);
create index expert_guess_seed_id_idx on datastore.expert_guess (seed_id);

comment on table datastore.expert_guess is
  'A species that an expert named for a box and that the model had not guessed. Apart from the model''s guesses, so that it never counts as a prediction.';
comment on column datastore.expert_guess.object_id is 'Its id in topN.';
comment on column datastore.expert_guess.container_id is 'The tenant; never changed.';
comment on column datastore.expert_guess.box_id is 'The box.';
comment on column datastore.expert_guess.position is 'The order in which they were added.';
comment on column datastore.expert_guess.label is 'As the expert wrote it; the species'' name where the expert named its id.';
comment on column datastore.expert_guess.seed_id is 'The species; NULL where the expert agreed with a label that names none.';
comment on column datastore.expert_guess.added_by is 'Who named it, if it is known.';
comment on column datastore.expert_guess.added_at is 'When it was named first.';
