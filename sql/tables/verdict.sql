create table datastore.verdict (
  verdict_id bigint not null generated always as identity,
  container_id uuid not null,
  inference_id uuid not null,
  box_id uuid not null,
  is_current boolean not null,
  is_manual boolean not null default false,
  -- what was said, as sent, and by whom
  said jsonb not null,
  said_by uuid default datastore.acting_user(),
  said_at timestamptz not null default now(),
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
  constraint feedback_v1_box_check check (schema_version <> 1 or datastore.feedback_v1_box(said)),
  constraint inference_v1_corners_check check (schema_version <> 1 or datastore.inference_v1_corners(corners)),
  -- A box's id begins like its inference's.
  constraint verdict_box_id_check check (left(box_id::text, 24) = left(inference_id::text, 24)),
  constraint verdict_outcome_check check (outcome in ('species', 'not a seed')),
  constraint verdict_species_check check ((outcome is not distinct from 'species') = (label is not null))
);
-- A box has one verdict at a time, whoever says what.
create unique index verdict_current_key on datastore.verdict (box_id, container_id) where is_current;
create index verdict_box_id_idx on datastore.verdict (box_id, verdict_id);
create index verdict_inference_id_idx on datastore.verdict (inference_id);
create index verdict_seed_id_idx on datastore.verdict (seed_id);

comment on table datastore.verdict is
  'What experts said about boxes, each time: who said what, when, and what has held since then. Nothing is deleted when somebody says something else.';
comment on column datastore.verdict.verdict_id is 'The order in which they were said.';
comment on column datastore.verdict.container_id is 'The tenant; never changed.';
comment on column datastore.verdict.inference_id is 'The inference.';
comment on column datastore.verdict.box_id is 'The box.';
comment on column datastore.verdict.is_current is
  'Does it hold now? One for a box at most. False: another one took its place, or it agreed with the one that held.';
comment on column datastore.verdict.is_manual is 'As in its box: did an expert draw it? Here, too, so that the figures need not read boxes.';
comment on column datastore.verdict.said is 'The box of the feedback document, as it was sent.';
comment on column datastore.verdict.said_by is 'Who said it, if it is known.';
comment on column datastore.verdict.said_at is 'When.';
comment on column datastore.verdict.schema_version is 'The version of the feedback''s schema that this row was written with.';
comment on column datastore.verdict.outcome is 'species: it is that one. not a seed. NULL: it was moved, and has no verdict yet.';
comment on column datastore.verdict.object_id is 'The guess that is right: the model''s, or an expert''s.';
comment on column datastore.verdict.seed_id is 'The species.';
comment on column datastore.verdict.label is 'The label of the guess that is right, as it was written.';
comment on column datastore.verdict.corners is 'The corrected coordinates; NULL where the model''s hold.';
comment on column datastore.verdict.model_seed_id is 'The species of the model''s top guess; NULL in a box that was drawn.';
comment on column datastore.verdict.model_score is 'The score of the model''s top guess.';
comment on column datastore.verdict.model_rank is
  'The rank of the right species among the species that the model guessed, by score: 1 for the top guess, NULL where it is not among them.';
