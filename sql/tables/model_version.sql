create table datastore.model_version (
  model_version_id uuid primary key default gen_random_uuid(),
  model_id uuid not null references datastore.model on delete cascade,
  active boolean not null,
  -- what the client says, as sent, without its secrets
  document jsonb not null,
  -- what people filter by
  schema_version integer not null default 1,
  version text not null generated always as (datastore.version_text(document -> 'version')) stored,
  task text generated always as (datastore.task_name(document ->> 'task')) stored,
  accuracy numeric generated always as (datastore.number_of(document -> 'Accuracy')) stored,
  created_at timestamptz not null default now(),
  created_by uuid default datastore.acting_user(),
  edited_at timestamptz not null default now(),
  edited_by uuid default datastore.acting_user(),
  constraint model_version_key unique (model_id, version),
  -- A row keeps the version that it was written with: a newer one adds its own constraint, and itself to this list.
  constraint model_version_schema_version_check check (schema_version in (1)),
  constraint model_version_v1_check check (schema_version <> 1 or datastore.pipelines_v1_model(document)),
  constraint model_version_secrets_check check (not document ?| array['api_key', 'endpoint'])
);
create unique index model_version_active_key on datastore.model_version (model_id) where active;

comment on table datastore.model_version is 'A version of a model. Inferences point at the versions that made them, so old ones stay.';
comment on column datastore.model_version.model_version_id is 'What inferences point at; random, never used again.';
comment on column datastore.model_version.model_id is 'Whose version it is.';
comment on column datastore.model_version.active is 'Is it the one that pipelines run? One version of a model is.';
comment on column datastore.model_version.document is 'What the document said about it, as it was sent, unknown keys included; its secrets are in model_secret.';
comment on column datastore.model_version.schema_version is 'The version of the document''s schema that this row was written with.';
comment on column datastore.model_version.version is 'The version as text, by which versions are equal; empty where none was given.';
comment on column datastore.model_version.task is 'object detection, classification or segmentation.';
comment on column datastore.model_version.accuracy is 'As the document says, of its own tests; what experts found is another thing.';
comment on column datastore.model_version.created_at is 'When it became known.';
comment on column datastore.model_version.created_by is 'The acting user, if one was set.';
comment on column datastore.model_version.edited_at is 'When a document changed it last.';
comment on column datastore.model_version.edited_by is 'The acting user of the last change, if one was set.';
