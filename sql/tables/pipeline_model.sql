create table datastore.pipeline_model (
  pipeline_id uuid not null references datastore.pipeline on delete cascade,
  place integer not null,
  model_id uuid not null references datastore.model,
  primary key (pipeline_id, place),
  constraint pipeline_model_place_check check (place >= 1)
);
create index pipeline_model_model_id_idx on datastore.pipeline_model (model_id);

comment on table datastore.pipeline_model is 'Which models a pipeline runs, in which order; a model may run in several pipelines.';
comment on column datastore.pipeline_model.pipeline_id is 'The pipeline.';
comment on column datastore.pipeline_model.place is 'The order in which they run, from 1.';
comment on column datastore.pipeline_model.model_id is 'The model; its active version runs.';
