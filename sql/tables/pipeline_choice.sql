create table datastore.pipeline_choice (
  user_id uuid primary key references datastore.user_account on delete cascade,
  pipeline_id uuid references datastore.pipeline on delete cascade,
  chosen_at timestamptz not null default now()
);
create index pipeline_choice_pipeline_id_idx on datastore.pipeline_choice (pipeline_id);

comment on table datastore.pipeline_choice is 'The pipeline that a user prefers to the default one.';
comment on column datastore.pipeline_choice.user_id is 'The user.';
comment on column datastore.pipeline_choice.pipeline_id is 'Their choice; NULL where they gave it up.';
comment on column datastore.pipeline_choice.chosen_at is 'When they made it.';
