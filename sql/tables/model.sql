create table datastore.model (
  model_id uuid primary key default gen_random_uuid(),
  position bigint not null generated always as identity,
  name text not null,
  created_at timestamptz not null default now(),
  constraint model_name_key unique (name),
  constraint model_name_check check (name <> '')
);

comment on table datastore.model is 'A model, whatever its version. A reference table: the same for all containers.';
comment on column datastore.model.model_id is 'Who the model is everywhere else; random, never used again.';
comment on column datastore.model.position is 'The order in which models became known.';
comment on column datastore.model.name is 'What pipelines and inferences call it.';
comment on column datastore.model.created_at is 'When it became known.';
