create table datastore.pipeline (
  pipeline_id uuid primary key default gen_random_uuid(),
  position bigint not null generated always as identity,
  is_default boolean not null default false,
  retired_at timestamptz,
  -- what the client says, as sent
  document jsonb not null,
  -- what people filter by
  schema_version integer not null default 1,
  name text not null generated always as (document ->> 'pipeline_name') stored,
  version text not null generated always as (datastore.version_text(document -> 'version')) stored,
  models jsonb not null generated always as (document -> 'models') stored,
  created_at timestamptz not null default now(),
  created_by uuid default datastore.acting_user(),
  edited_at timestamptz not null default now(),
  edited_by uuid default datastore.acting_user(),
  constraint pipeline_name_key unique (name),
  -- A row keeps the version that it was written with: a newer one adds its own constraint, and itself to this list.
  constraint pipeline_schema_version_check check (schema_version in (1)),
  constraint pipeline_v1_check check (schema_version <> 1 or datastore.pipelines_v1_pipeline(document))
);
create unique index pipeline_default_key on datastore.pipeline (is_default) where is_default;
create index pipeline_models_idx on datastore.pipeline using hash (models);  -- of any length

comment on table datastore.pipeline is 'Models that run one after another. A reference table: the same for all containers.';
comment on column datastore.pipeline.pipeline_id is 'Who the pipeline is everywhere else; random, never used again.';
comment on column datastore.pipeline.position is 'The order in which pipelines became known.';
comment on column datastore.pipeline.is_default is 'Is it for users who chose none? At most one pipeline is.';
comment on column datastore.pipeline.retired_at is 'When it was retired: no longer listed and no longer chosen; NULL while it is active.';
comment on column datastore.pipeline.document is 'What the document said about it, as it was sent, unknown keys included; what the datastore fills is not in it.';
comment on column datastore.pipeline.schema_version is 'The version of the document''s schema that this row was written with.';
comment on column datastore.pipeline.name is 'What inferences call it.';
comment on column datastore.pipeline.version is 'The version as text, by which versions are equal; empty where none was given.';
comment on column datastore.pipeline.models is 'Its models'' names, in the order in which they run, for looking up a pipeline by them; the models themselves are in pipeline_model.';
comment on column datastore.pipeline.created_at is 'When it became known.';
comment on column datastore.pipeline.created_by is 'The acting user, if one was set.';
comment on column datastore.pipeline.edited_at is 'When a document changed it last.';
comment on column datastore.pipeline.edited_by is 'The acting user of the last change, if one was set.';
