-- What the definitions call. Rows were stored under these, so they never change: a new rule is a new name.

create function datastore.counted_id(prefix text, box_place bigint, guess_place bigint default 0) returns text
language sql immutable parallel safe
-- A bit that is always set keeps it at twelve digits, quicker than lpad().
return prefix || to_hex((1::bigint << 47) | (box_place << 24) | guess_place);
comment on function datastore.counted_id(text, bigint, bigint) is
  'The id of a box, or of one of its guesses, as text: the first 24 characters of its inference''s id, then twelve '
  'hexadecimal digits: a bit that is set, the box''s place, from 1, in 23 bits, and the guess''s in 24 bits, 0 for '
  'the box itself.';

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
  'Random, never used again. The ids of its boxes and guesses count on from its first 24 characters: see '
  'datastore.counted_id(text, bigint, bigint).';
comment on column datastore.inference.container_id is 'The tenant; never changed.';
comment on column datastore.inference.picture_id is 'The picture.';
comment on column datastore.inference.position is
  'The order in which inferences were imported; the newest of a picture is the one that counts.';
comment on column datastore.inference.document is
  'What the client fills, as it was sent, unknown keys included. boxes is empty here: each is a row of datastore.box.';
comment on column datastore.inference.schema_version is
  'The version of the document''s schema that this row was written with.';
comment on column datastore.inference.pipeline_id is 'The pipeline that made it; NULL for an unregistered one.';
comment on column datastore.inference.model_version_ids is
  'The model versions that made it, in the order in which they ran; NULL in the place of an unregistered one.';
comment on column datastore.inference.top_seed_id is
  'The species that it is surest of: that of the box with the highest score.';
comment on column datastore.inference.top_score is 'The highest score of a box.';
comment on column datastore.inference.created_at is 'When it was imported.';
comment on column datastore.inference.requested_by is 'The acting user of the import, if one was set.';
comment on column datastore.inference.feedback_at is
  'When an expert said something about it last; NULL while it is the model''s answer alone.';
comment on column datastore.inference.verified_at is
  'When the last of its boxes got a verdict; NULL until then, and after it was opened again.';
comment on column datastore.inference.verified_by is 'The expert of that verdict; NULL if unknown.';

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
    document -> 'box' -> 'topX' <= document -> 'box' -> 'bottomX'
      and document -> 'box' -> 'topY' <= document -> 'box' -> 'bottomY'),
  constraint box_seed_ids_check check (cardinality(seed_ids) = cardinality(scores))
);
create index box_inference_id_idx on datastore.box (inference_id, position);

comment on table datastore.box is
  'A box of an inference, with its guesses: what the model said, or what an expert drew. A row never changes, but '
  'for the species that its labels stand for. Guesses as rows: datastore.guess.';
comment on column datastore.box.box_id is
  'Counted on from the inference''s id: datastore.counted_id(text, bigint, bigint).';
comment on column datastore.box.container_id is 'The tenant; never changed.';
comment on column datastore.box.inference_id is 'The inference.';
comment on column datastore.box.position is
  'Its place in the inference, from 1; drawn boxes come after the model''s, in the order in which they were drawn.';
comment on column datastore.box.is_manual is 'Did an expert draw it?';
comment on column datastore.box.document is 'The box as it was sent, unknown keys included, without topN.';
comment on column datastore.box.guesses is
  'topN as it was sent, each guess with its object_id; without topN the box''s label and score are the only guess. '
  'What an expert adds is in datastore.expert_guess.';
comment on column datastore.box.schema_version is
  'The version of the inference''s schema that this row was written with.';
comment on column datastore.box.seed_id is
  'The species of its label. NULL for a label that can name none, such as a pair of quotes.';
comment on column datastore.box.seed_ids is 'The species of its guesses, in their order.';
comment on column datastore.box.scores is 'The scores of its guesses, in their order.';
comment on column datastore.box.top_place is
  'The place, from 1, of the guess with the highest score, the first of equals. NULL without guesses.';

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
  'A species that an expert named for a box and that the model had not guessed. Apart from the model''s guesses, so '
  'that it never counts as a prediction.';
comment on column datastore.expert_guess.object_id is 'Its id in topN.';
comment on column datastore.expert_guess.container_id is 'The tenant; never changed.';
comment on column datastore.expert_guess.box_id is 'The box.';
comment on column datastore.expert_guess.position is 'The order in which they were added.';
comment on column datastore.expert_guess.label is
  'As the expert wrote it; the species'' name where the expert named its id.';
comment on column datastore.expert_guess.seed_id is
  'The species; NULL where the expert agreed with a label that names none.';
comment on column datastore.expert_guess.added_by is 'The expert who named it; NULL if unknown.';
comment on column datastore.expert_guess.added_at is 'When it was named first.';

create table datastore.verdict (
  verdict_id bigint not null generated always as identity,
  container_id uuid not null,
  inference_id uuid not null,
  box_id uuid not null,
  is_current boolean not null,
  is_manual boolean not null default false,
  -- the feedback, as sent, and its expert
  feedback jsonb not null,
  given_by uuid default datastore.acting_user(),
  given_at timestamptz not null default now(),
  schema_version integer not null default 1,
  -- what holds for the box since then
  outcome text,
  object_id uuid,
  seed_id uuid references datastore.seed,
  label text,
  corners jsonb,
  -- what the model had said of it
  model_seed_id uuid,
  model_score numeric,
  model_rank integer,
  primary key (verdict_id, container_id),
  foreign key (inference_id, container_id) references datastore.inference on delete cascade,
  foreign key (box_id, container_id) references datastore.box on delete cascade,
  constraint verdict_schema_version_check check (schema_version in (1)),
  constraint feedback_v1_box_check check (schema_version <> 1 or datastore.feedback_v1_box(feedback)),
  constraint inference_v1_corners_check check (schema_version <> 1 or datastore.inference_v1_corners(corners)),
  -- A box's id begins like its inference's.
  constraint verdict_box_id_check check (left(box_id::text, 24) = left(inference_id::text, 24)),
  constraint verdict_outcome_check check (outcome in ('seed', 'not a seed')),
  constraint verdict_seed_check check ((outcome is not distinct from 'seed') = (label is not null))
);
-- A box has one verdict at a time.
create unique index verdict_current_key on datastore.verdict (box_id, container_id) where is_current;
create index verdict_box_id_idx on datastore.verdict (box_id, verdict_id);
create index verdict_inference_id_idx on datastore.verdict (inference_id);
create index verdict_seed_id_idx on datastore.verdict (seed_id);

comment on table datastore.verdict is
  'The verdicts of experts on boxes: expert, time, feedback, and the state that has held since. A later verdict '
  'deletes nothing.';
comment on column datastore.verdict.verdict_id is 'The order in which they were given.';
comment on column datastore.verdict.container_id is 'The tenant; never changed.';
comment on column datastore.verdict.inference_id is 'The inference.';
comment on column datastore.verdict.box_id is 'The box.';
comment on column datastore.verdict.is_current is
  'Does it hold now? One for a box at most. False: another one took its place, or it agreed with the one that held.';
comment on column datastore.verdict.is_manual is
  'As in its box: did an expert draw it? Here, too, so that the figures need not read boxes.';
comment on column datastore.verdict.feedback is 'The box of the feedback document, as it was sent.';
comment on column datastore.verdict.given_by is 'The expert; NULL if unknown.';
comment on column datastore.verdict.given_at is 'When.';
comment on column datastore.verdict.schema_version is
  'The version of the feedback''s schema that this row was written with.';
comment on column datastore.verdict.outcome is
  'seed: it is that of seed_id. not a seed. NULL: it was moved, and has no verdict yet.';
comment on column datastore.verdict.object_id is 'The guess that is right: the model''s, or an expert''s.';
comment on column datastore.verdict.seed_id is 'The species.';
comment on column datastore.verdict.label is 'The label of the guess that is right, as it was written.';
comment on column datastore.verdict.corners is 'The corrected coordinates; NULL where the model''s hold.';
comment on column datastore.verdict.model_seed_id is
  'The species of the model''s top guess; NULL in a box that was drawn.';
comment on column datastore.verdict.model_score is 'The score of the model''s top guess.';
comment on column datastore.verdict.model_rank is
  'The rank of the right species among the species that the model guessed, by score: 1 for the top guess, NULL '
  'where it is not among them.';
