-- What the definitions call. Rows were stored under these, so they never change: a new rule is a new name.

create function datastore.version_text(version jsonb) returns text
language sql immutable parallel safe
return case jsonb_typeof(version) when 'number' then trim_scale(version::numeric)::text when 'string'
  then version #>> '{}' else '' end;
comment on function datastore.version_text(jsonb) is
  'What versions are equal by: 5, 5.0 and "5" give 5. No version, or null, gives the empty text.';

create function datastore.task_name(task text) returns text
language sql immutable parallel safe
return lower(replace(task, '-', ' '));
comment on function datastore.task_name(text) is
  'A model''s task as it is compared: Object-Detection gives object detection.';

create type datastore.version_part as (number numeric, word text collate "C");
comment on type datastore.version_part is 'A part of a version: a number, or a word, which comes before every number.';
comment on column datastore.version_part.number is 'The number; -Infinity for a word.';
comment on column datastore.version_part.word is 'The word, in lower case; empty for a number.';

create table datastore.model (
  model_id uuid primary key default gen_random_uuid(),
  position bigint not null generated always as identity,
  name text not null,
  created_at timestamptz not null default now(),
  constraint model_name_key unique (name),
  constraint model_name_check check (name <> '')
);

comment on table datastore.model is 'A model, whatever its version. A reference table: the same for all containers.';
comment on column datastore.model.model_id is 'The model''s id; random, never used again.';
comment on column datastore.model.position is 'The order in which models became known.';
comment on column datastore.model.name is 'What pipelines and inferences call it.';
comment on column datastore.model.created_at is 'When it became known.';

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

comment on table datastore.model_version is
  'A version of a model. Inferences point at the versions that made them, so old ones stay.';
comment on column datastore.model_version.model_version_id is 'What inferences point at; random, never used again.';
comment on column datastore.model_version.model_id is 'Whose version it is.';
comment on column datastore.model_version.active is 'Is it the one that pipelines run? One version of a model is.';
comment on column datastore.model_version.document is
  'What the document said about it, as it was sent, unknown keys included; its secrets are in model_secret.';
comment on column datastore.model_version.schema_version is
  'The version of the document''s schema that this row was written with.';
comment on column datastore.model_version.version is
  'The version as text, by which versions are equal; empty where none was given.';
comment on column datastore.model_version.task is 'object detection, classification or segmentation.';
comment on column datastore.model_version.accuracy is
  'As the document says, of its own tests; what experts found is another thing.';
comment on column datastore.model_version.created_at is 'When it became known.';
comment on column datastore.model_version.created_by is 'The acting user, if one was set.';
comment on column datastore.model_version.edited_at is 'When a document changed it last.';
comment on column datastore.model_version.edited_by is 'The acting user of the last change, if one was set.';

-- Columns and no JSON: the message of a failing check shows the row, and must never show a key.
create table datastore.model_secret (
  model_version_id uuid not null references datastore.model_version on delete cascade,
  field text not null,
  kek_id text,
  nonce bytea,
  ciphertext bytea,
  primary key (model_version_id, field),
  constraint model_secret_field_check check (field in ('api_key', 'endpoint')),
  constraint model_secret_sealed_check check (num_nulls(kek_id, nonce, ciphertext) in (0, 3))
);

comment on table datastore.model_secret is
  'The keys and addresses of models, encrypted before they reached the database: see docs/storage.md.';
comment on column datastore.model_secret.model_version_id is 'The model version that it opens.';
comment on column datastore.model_secret.field is 'api_key or endpoint.';
comment on column datastore.model_secret.kek_id is
  'Which key-encryption key opens it; NULL, like what follows, where the document said null.';
comment on column datastore.model_secret.nonce is 'The nonce of AES-256-GCM, 12 bytes.';
comment on column datastore.model_secret.ciphertext is
  'What was encrypted, and the tag of 16 bytes that proves it. The model''s name and the field are its associated '
  'data.';

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

comment on table datastore.pipeline is
  'Models that run one after another. A reference table: the same for all containers.';
comment on column datastore.pipeline.pipeline_id is 'The pipeline''s id; random, never used again.';
comment on column datastore.pipeline.position is 'The order in which pipelines became known.';
comment on column datastore.pipeline.is_default is 'Is it for users who chose none? At most one pipeline is.';
comment on column datastore.pipeline.retired_at is
  'When it was retired: no longer listed and no longer chosen; NULL while it is active.';
comment on column datastore.pipeline.document is
  'What the document said about it, as it was sent, unknown keys included; what the datastore fills is not in it.';
comment on column datastore.pipeline.schema_version is
  'The version of the document''s schema that this row was written with.';
comment on column datastore.pipeline.name is 'What inferences call it.';
comment on column datastore.pipeline.version is
  'The version as text, by which versions are equal; empty where none was given.';
comment on column datastore.pipeline.models is
  'Its models'' names, in the order in which they run, for looking up a pipeline by them; the models themselves are '
  'in pipeline_model.';
comment on column datastore.pipeline.created_at is 'When it became known.';
comment on column datastore.pipeline.created_by is 'The acting user, if one was set.';
comment on column datastore.pipeline.edited_at is 'When a document changed it last.';
comment on column datastore.pipeline.edited_by is 'The acting user of the last change, if one was set.';

create table datastore.pipeline_model (
  pipeline_id uuid not null references datastore.pipeline on delete cascade,
  place integer not null,
  model_id uuid not null references datastore.model,
  primary key (pipeline_id, place),
  constraint pipeline_model_place_check check (place >= 1)
);
create index pipeline_model_model_id_idx on datastore.pipeline_model (model_id);

comment on table datastore.pipeline_model is
  'Which models a pipeline runs, in which order; a model may run in several pipelines.';
comment on column datastore.pipeline_model.pipeline_id is 'The pipeline.';
comment on column datastore.pipeline_model.place is 'The order in which they run, from 1.';
comment on column datastore.pipeline_model.model_id is 'The model; its active version runs.';

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

create table datastore.pipelines_import (
  pipelines_import_id bigint primary key generated always as identity,
  document jsonb not null,
  claimed jsonb,
  imported_at timestamptz not null default now(),
  imported_by uuid default datastore.acting_user(),
  constraint pipelines_import_document_check check (datastore.object_v1(document)),
  constraint pipelines_import_claimed_check check (datastore.object_v1(claimed))
);

comment on table datastore.pipelines_import is
  'What documents of pipelines said about themselves. The newest row comes back with the pipelines.';
comment on column datastore.pipelines_import.pipelines_import_id is
  'The order in which documents came; one that says the same as the one before adds no row.';
comment on column datastore.pipelines_import.document is
  'version, date, schema_version and unknown keys of the whole document, as sent.';
comment on column datastore.pipelines_import.claimed is
  'What it said for keys that the datastore fills, where that differs from what the datastore knows: {JSON Pointer: '
  'value}.';
comment on column datastore.pipelines_import.imported_at is 'When it came.';
comment on column datastore.pipelines_import.imported_by is 'The acting user, if one was set.';
