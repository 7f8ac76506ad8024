create table datastore.inference (
  inference_id uuid not null default gen_random_uuid(),
  container_id uuid not null,
  picture_id uuid not null,
  position bigint not null generated always as identity,
  -- what the client says, as sent, with no boxes in boxes: they are rows of datastore.box
  document jsonb not null,
  -- what people filter by
  schema_version integer not null default 1,
  pipeline_id uuid,
  model_version_ids uuid[] not null default '{}',
  top_seed_id uuid,
  top_score numeric,
  created_at timestamptz not null default now(),
  requested_by uuid default datastore.acting_user(),
  feedback_at timestamptz,
  verified_at timestamptz,
  verified_by uuid,
  primary key (inference_id, container_id),
  foreign key (picture_id, container_id) references datastore.picture on delete cascade,
  -- A row keeps the version that it was written with: a newer one adds its own constraints beside these.
  constraint inference_schema_version_check check (schema_version in (1)),
  constraint inference_v1_check check (schema_version <> 1 or datastore.inference_v1(document)),
  constraint inference_boxes_check check (document -> 'boxes' = '[]'),
  constraint inference_verified_check check (verified_by is null or verified_at is not null)
);
create index inference_picture_id_idx on datastore.inference (picture_id, position);
create index inference_unknown_models_idx on datastore.inference (position)
  where pipeline_id is null or array_position(model_version_ids, null) is not null;
-- What is said of the models is read from what experts looked at, and from nothing else.
create index inference_feedback_at_idx on datastore.inference (feedback_at) where feedback_at is not null;

comment on table datastore.inference is
  'What a pipeline of models said about a picture. Read it whole with datastore.rebuild_inference(uuid).';
comment on column datastore.inference.inference_id is
  'Random, never used again. The ids of its boxes and guesses count on from its first 24 characters: see datastore.counted_id(text, bigint, bigint).';
comment on column datastore.inference.container_id is 'The tenant; never changed.';
comment on column datastore.inference.picture_id is 'The picture.';
comment on column datastore.inference.position is 'The order in which inferences were imported; the newest of a picture is the one that counts.';
comment on column datastore.inference.document is
  'What the client fills, as it was sent, unknown keys included. boxes is empty here: each is a row of datastore.box.';
comment on column datastore.inference.schema_version is 'The version of the document''s schema that this row was written with.';
comment on column datastore.inference.pipeline_id is 'The pipeline that made it; NULL if nobody knows it.';
comment on column datastore.inference.model_version_ids is
  'The model versions that made it, in the order in which they ran; NULL in the place of one that nobody knows.';
comment on column datastore.inference.top_seed_id is 'The species that it is surest of: that of the box with the highest score.';
comment on column datastore.inference.top_score is 'The highest score of a box.';
comment on column datastore.inference.created_at is 'When it was imported.';
comment on column datastore.inference.requested_by is 'The acting user of the import, if one was set.';
comment on column datastore.inference.feedback_at is 'When an expert said something about it last; NULL while it is the model''s answer alone.';
comment on column datastore.inference.verified_at is 'When the last of its boxes got a verdict; NULL until then, and after it was opened again.';
comment on column datastore.inference.verified_by is 'Who gave that verdict, if it is known.';
