create table datastore.picture_personal_data (
  picture_id uuid not null,
  container_id uuid not null,
  tags jsonb not null,
  noted_at timestamptz not null default now(),
  primary key (picture_id, container_id),
  foreign key (picture_id, container_id) references datastore.picture on delete cascade,
  constraint picture_personal_data_tags_check check (datastore.object_v1(tags))
);

comment on table datastore.picture_personal_data is
  'What picture files say of people, places and people''s devices. Seen by the container''s owner, and by others '
  'only where the owner says so.';
comment on column datastore.picture_personal_data.picture_id is
  'The picture; picture.has_personal_data says that there is a row.';
comment on column datastore.picture_personal_data.container_id is 'The tenant; never changed.';
comment on column datastore.picture_personal_data.tags is
  'All tags of the file, the personal ones among the others; picture.tags has the others alone. Which are personal: '
  'datastore.is_personal_tag(text, text, jsonb).';
comment on column datastore.picture_personal_data.noted_at is 'When they were read.';
