create table datastore.fertiliser_label (
  label_id uuid not null default gen_random_uuid(),
  container_id uuid not null references datastore.container,
  document jsonb not null,
  schema_version integer not null
    generated always as (coalesce(datastore.number_of(document -> 'schema_version'), 1)::integer) stored,
  company_name text generated always as (document #>> '{company,name}') stored,
  registration_number text generated always as (document ->> 'registration_number') stored,
  needs_review boolean not null
    generated always as (coalesce(document -> 'needs_review', '{}') <> '{}') stored,
  created_at timestamptz not null default now(),
  created_by uuid default datastore.acting_user(),
  primary key (label_id, container_id),
  constraint fertiliser_label_schema_version_check check (schema_version in (1)),
  constraint fertiliser_label_v1_check check (schema_version <> 1 or datastore.fertiliser_label_v1(document))
);
create index fertiliser_label_registration_number_idx
  on datastore.fertiliser_label (container_id, registration_number);

comment on table datastore.fertiliser_label is 'What an inspector records of the label of a fertiliser.';
comment on column datastore.fertiliser_label.label_id is 'Random, never used again.';
comment on column datastore.fertiliser_label.container_id is 'The tenant; never changed.';
comment on column datastore.fertiliser_label.document is
  'As it was sent, unknown keys included, without its nutrients.';
comment on column datastore.fertiliser_label.schema_version is
  'The version of the document''s schema that this row was written with.';
comment on column datastore.fertiliser_label.company_name is 'From the document.';
comment on column datastore.fertiliser_label.registration_number is 'From the document.';
comment on column datastore.fertiliser_label.needs_review is 'Is a field marked for review?';
comment on column datastore.fertiliser_label.created_at is 'When it was imported.';
comment on column datastore.fertiliser_label.created_by is 'The acting user, if one was set.';

create table datastore.fertiliser_label_picture (
  label_id uuid not null,
  container_id uuid not null,
  place integer not null,
  picture_id uuid not null,
  primary key (label_id, container_id, place),
  foreign key (label_id, container_id) references datastore.fertiliser_label on delete cascade,
  foreign key (picture_id, container_id) references datastore.picture on delete cascade,
  constraint fertiliser_label_picture_place_check check (place between 1 and 5)
);
create index fertiliser_label_picture_picture_id_idx on datastore.fertiliser_label_picture (picture_id, container_id);

comment on table datastore.fertiliser_label_picture is 'The pictures of a label.';
comment on column datastore.fertiliser_label_picture.label_id is 'The label.';
comment on column datastore.fertiliser_label_picture.container_id is 'The tenant; never changed.';
comment on column datastore.fertiliser_label_picture.place is 'In which order the label is read, from 1.';
comment on column datastore.fertiliser_label_picture.picture_id is 'The picture.';

create table datastore.fertiliser_nutrient (
  label_id uuid not null,
  container_id uuid not null,
  place integer not null,
  document jsonb not null,
  name text generated always as (document ->> 'name') stored,
  amount numeric generated always as (datastore.number_of(document -> 'amount')) stored,
  unit text generated always as (document ->> 'unit') stored,
  primary key (label_id, container_id, place),
  foreign key (label_id, container_id) references datastore.fertiliser_label on delete cascade,
  constraint fertiliser_label_v1_nutrient_check check (datastore.fertiliser_label_v1_nutrient(document))
);

comment on table datastore.fertiliser_nutrient is 'What a label guarantees of one nutrient.';
comment on column datastore.fertiliser_nutrient.label_id is 'The label.';
comment on column datastore.fertiliser_nutrient.container_id is 'The tenant; never changed.';
comment on column datastore.fertiliser_nutrient.place is 'Its place on the label, from 0.';
comment on column datastore.fertiliser_nutrient.document is 'As it was sent, unknown keys included.';
comment on column datastore.fertiliser_nutrient.name is 'From the document.';
comment on column datastore.fertiliser_nutrient.amount is 'From the document.';
comment on column datastore.fertiliser_nutrient.unit is 'From the document.';
