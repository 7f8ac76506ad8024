create table datastore.box (
  box_id uuid not null default gen_random_uuid(),
  container_id uuid not null,
  inference_id uuid not null,
  position integer not null,
  is_manual boolean not null default false,
  -- what the model says, as sent
  document jsonb not null,
  guesses jsonb not null default '[]',
  -- what people filter by
  schema_version integer not null default 1,
  seed_id uuid,
  seed_ids uuid[] not null default '{}',
  scores numeric[] not null default '{}',
  top_place integer,
  primary key (box_id, container_id),
  foreign key (inference_id, container_id) references datastore.inference on delete cascade,
  -- A row keeps the version that it was written with: a newer one adds its own constraints beside these.
  -- A box's id names its inference, so no other container has one like it.
  constraint box_id_check check (box_id = datastore.counted_id(left(inference_id::text, 24), position)::uuid),
  constraint box_schema_version_check check (schema_version in (1)),
  constraint inference_v1_box_check check (schema_version <> 1 or datastore.inference_v1_box(document)),
  constraint inference_v1_guesses_check check (schema_version <> 1 or datastore.inference_v1_guesses(guesses)),
  constraint box_corners_check check (
    document -> 'box' -> 'topX' <= document -> 'box' -> 'bottomX' and document -> 'box' -> 'topY' <= document -> 'box' -> 'bottomY'),
  constraint box_seed_ids_check check (cardinality(seed_ids) = cardinality(scores))
);
create index box_inference_id_idx on datastore.box (inference_id, position);

comment on table datastore.box is
  'A box of an inference, with its guesses: what the model said, or what an expert drew. A row never changes, but for the species that its labels stand for. Guesses as rows: datastore.guess.';
comment on column datastore.box.box_id is 'Counted on from the inference''s id: datastore.counted_id(text, bigint, bigint).';
comment on column datastore.box.container_id is 'The tenant; never changed.';
comment on column datastore.box.inference_id is 'The inference.';
comment on column datastore.box.position is 'Its place in the inference, from 1; drawn boxes come after the model''s, in the order in which they were drawn.';
comment on column datastore.box.is_manual is 'Did an expert draw it?';
comment on column datastore.box.document is 'The box as it was sent, unknown keys included, without topN.';
comment on column datastore.box.guesses is
  'topN as it was sent, each guess with its object_id; without topN the box''s label and score are the only guess. What an expert adds is in datastore.expert_guess.';
comment on column datastore.box.schema_version is 'The version of the inference''s schema that this row was written with.';
comment on column datastore.box.seed_id is 'The species of its label. NULL for a label that can name none, such as a pair of quotes.';
comment on column datastore.box.seed_ids is 'The species of its guesses, in their order.';
comment on column datastore.box.scores is 'The scores of its guesses, in their order.';
comment on column datastore.box.top_place is 'The place, from 1, of the guess with the highest score, the first of equals. NULL without guesses.';
