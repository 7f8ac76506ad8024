-- What functions of sql/evaluation/ hand to each other, so that verdicts are read once for all questions.
create type datastore.prediction_count as (
  pipeline_id uuid,
  model_version_ids uuid[],
  classifier_id uuid,
  detector_id uuid,
  period date,
  is_manual boolean,
  outcome text,
  seed_id uuid,
  model_seed_id uuid,
  model_rank integer,
  boxes bigint
);

comment on type datastore.prediction_count is
  'How many verified boxes are alike in what the model said and what holds.';
comment on column datastore.prediction_count.pipeline_id is 'The pipeline; NULL for an unregistered one.';
comment on column datastore.prediction_count.model_version_ids is
  'Its model versions, in their order; NULL in the place of an unregistered one.';
comment on column datastore.prediction_count.classifier_id is
  'The model version that decided the species; NULL if it may have been any of several.';
comment on column datastore.prediction_count.detector_id is
  'The model version that found the boxes; NULL if it may have been any of several.';
comment on column datastore.prediction_count.period is 'The first day of the month, week, … of the verdict, in UTC.';
comment on column datastore.prediction_count.is_manual is 'Did an expert draw the box?';
comment on column datastore.prediction_count.outcome is 'seed, or not a seed.';
comment on column datastore.prediction_count.seed_id is 'The right species.';
comment on column datastore.prediction_count.model_seed_id is 'The model''s species.';
comment on column datastore.prediction_count.model_rank is
  'The rank of the right species among those that the model guessed; NULL if it is not among them.';
comment on column datastore.prediction_count.boxes is 'How many boxes.';
