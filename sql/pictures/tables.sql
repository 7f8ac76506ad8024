create table datastore.picture_set (
  picture_set_id uuid not null default gen_random_uuid(),
  container_id uuid not null references datastore.container,
  position bigint not null generated always as identity,
  name text not null,
  folder_root text,
  folder_path text,
  -- what the client says, as sent
  document jsonb not null default '{}',
  kept jsonb,
  -- what people filter by
  schema_version integer not null generated always
    as (coalesce(datastore.number_of(document -> 'schema_version'), 1)::integer) stored,
  project_name text generated always as (document ->> 'project_name') stored,
  submitter_name text generated always as (document ->> 'submitter_name') stored,
  created_at timestamptz not null default now(),
  created_by uuid default datastore.acting_user(),
  edited_at timestamptz not null default now(),
  edited_by uuid default datastore.acting_user(),
  last_change text not null default 'picture_set created',
  primary key (picture_set_id, container_id),
  -- A row keeps the version that it was written with: a newer one adds its own constraint, and itself to the first.
  constraint picture_set_schema_version_check check (schema_version in (1)),
  constraint picture_set_v1_check check (schema_version <> 1 or datastore.picture_set_v1(document)),
  constraint picture_set_kept_check check (datastore.object_v1(kept)),
  constraint picture_set_name_check check (char_length(name) between 1 and 255),
  constraint picture_set_folder_check check ((folder_root is null) = (folder_path is null)),
  constraint picture_set_folder_key unique (container_id, folder_root, folder_path)
);
create index picture_set_container_id_name_idx on datastore.picture_set (container_id, name);

comment on table datastore.picture_set is
  'A folder of pictures, one row each. Read it whole with datastore.rebuild_picture_set(uuid).';
comment on column datastore.picture_set.position is 'The order in which sets were made.';
comment on column datastore.picture_set.name is 'Its name; its own id, as text, for an unnamed one.';
comment on column datastore.picture_set.folder_root is
  'The uploaded folder''s name, where the set was made from a folder.';
comment on column datastore.picture_set.folder_path is
  'The directory''s path inside that folder, '''' for the folder itself.';
comment on column datastore.picture_set.document is
  'What the client fills, as it was sent, unknown keys included; what the datastore fills is not in it.';
comment on column datastore.picture_set.kept is
  'Unknown keys that a client put into sections that the datastore fills, by section.';
comment on column datastore.picture_set.schema_version is
  'The version of the document''s schema that this row was written with.';
comment on column datastore.picture_set.project_name is 'From the document.';
comment on column datastore.picture_set.submitter_name is 'From the document.';
comment on column datastore.picture_set.last_change is
  'What happened to it last, for audit_trail.change_log; the history has the rest.';
comment on column datastore.picture_set.created_by is 'The acting user, if one was set.';
comment on column datastore.picture_set.edited_by is 'The acting user of the last change, if one was set.';
comment on column datastore.picture_set.picture_set_id is
  'The first part of its blobs'' names; random, never used again.';
comment on column datastore.picture_set.container_id is 'The tenant; never changed.';
comment on column datastore.picture_set.created_at is 'When it was made.';
comment on column datastore.picture_set.edited_at is 'When it was changed last.';

create table datastore.picture (
  picture_id uuid not null default gen_random_uuid(),
  container_id uuid not null,
  picture_set_id uuid not null,
  position bigint not null generated always as identity,
  state text not null default 'pending',
  relative_path text,
  blob_name text not null,
  size bigint,
  md5 bytea,
  etag text,
  -- what the client says, as sent
  document jsonb not null default '{}',
  kept jsonb,
  -- what the machine knows, by section
  metadata jsonb not null default '{}',
  image_data jsonb not null default '{}',
  tags jsonb,
  quality_check jsonb not null default '{}',
  -- what experts said about its inferences
  feedback text not null default '',
  correction_applied text not null default '',
  -- what people filter by
  schema_version integer not null generated always
    as (coalesce(datastore.number_of(document -> 'schema_version'), 1)::integer) stored,
  file_name text generated always as (metadata ->> 'file_name') stored,
  format text generated always as (image_data ->> 'format') stored,
  width numeric generated always as (datastore.number_of(image_data -> 'width')) stored,
  height numeric generated always as (datastore.number_of(image_data -> 'height')) stored,
  sha256 text generated always as (quality_check ->> 'image_checksum') stored,
  zoom numeric generated always as (datastore.number_of(document #> '{user_data,zoom}')) stored,
  number_of_seeds numeric generated always as (datastore.number_of(document #> '{user_data,number_of_seeds}')) stored,
  client_email text generated always as (document #>> '{client_data,client_email}') stored,
  created_at timestamptz not null default now(),
  created_by uuid default datastore.acting_user(),
  edited_at timestamptz not null default now(),
  edited_by uuid default datastore.acting_user(),
  last_change text not null default 'picture created',
  replaced_by uuid,
  has_personal_data boolean not null default false,
  primary key (picture_id, container_id),
  foreign key (picture_set_id, container_id) references datastore.picture_set on delete cascade,
  constraint picture_state_check check (state in ('pending', 'stored', 'replaced')),
  constraint picture_replaced_check check ((state = 'replaced') = (replaced_by is not null)),
  -- A row keeps the version that it was written with: a newer one adds its own constraint, and itself to the first.
  constraint picture_schema_version_check check (schema_version in (1)),
  constraint picture_v1_check check (schema_version <> 1 or datastore.picture_v1(document)),
  constraint picture_kept_check check (datastore.object_v1(kept)),
  constraint inspection_v1_metadata_check check (datastore.inspection_v1_metadata(metadata)),
  constraint inspection_v1_image_data_check check (datastore.inspection_v1_image_data(image_data)),
  constraint picture_tags_check check (tags is null or datastore.object_v1(tags) and image_data <> '{}'),
  constraint inspection_v1_quality_check_check check (datastore.inspection_v1_quality_check(quality_check)),
  constraint picture_size_check check (size > 0),
  constraint picture_md5_check check (octet_length(md5) = 16),
  constraint picture_etag_check check (char_length(etag) between 1 and 100)
);
-- A replacement waits beside the picture that it will replace, so a path is taken once per state.
create unique index picture_stored_path_key
  on datastore.picture (container_id, picture_set_id, relative_path) where state = 'stored';
create unique index picture_pending_path_key
  on datastore.picture (container_id, picture_set_id, relative_path) where state = 'pending';
create index picture_picture_set_id_idx on datastore.picture (picture_set_id, position);
create index picture_sha256_idx on datastore.picture (picture_set_id, sha256);

comment on table datastore.picture is
  'A picture: its blob, and its document: what the client says, and what the machine knows. Read it whole with '
  'datastore.rebuild_picture(uuid).';
comment on column datastore.picture.position is 'The order in which pictures were announced.';
comment on column datastore.picture.state is
  'pending: announced, its blob is not confirmed. stored: its blob is there. replaced: a newer picture has its '
  'path.';
comment on column datastore.picture.relative_path is
  'Its path inside the uploaded folder, with which it is known again; NULL where a backend handed over bytes alone.';
comment on column datastore.picture.blob_name is
  'Where its blob lies in the container: {picture_set_id}/{picture_id}.{extension}.';
comment on column datastore.picture.size is 'Size of the file, in bytes.';
comment on column datastore.picture.md5 is 'MD5 of the file, 16 bytes: the blob''s Content-MD5.';
comment on column datastore.picture.etag is
  'What storage calls this state of the blob since it was confirmed; it is compared on each read. NULL: it was not '
  'told, and size and MD5 are compared.';
comment on column datastore.picture.document is
  'What the client fills, as it was sent, unknown keys included; what the datastore fills is not in it.';
comment on column datastore.picture.kept is
  'Unknown keys that a client put into sections that the datastore fills, by section.';
comment on column datastore.picture.metadata is 'Section metadata: file_name, relative_path, upload_date (in UTC).';
comment on column datastore.picture.image_data is
  'Section image_data: what the file''s inspection found (format, width, height, …), and source: container and '
  'blob.';
comment on column datastore.picture.tags is
  'In section image_data: what else the file says about itself, without what is personal.';
comment on column datastore.picture.quality_check is
  'Section quality_check: what the file''s inspection found (image_checksum, valid_data, …), and upload_check: is '
  'it stored?';
comment on column datastore.picture.feedback is
  'In section error_handling: what experts commented on the newest inference that they looked at.';
comment on column datastore.picture.correction_applied is
  'In section error_handling: how many boxes of that inference they corrected; empty without feedback.';
comment on column datastore.picture.schema_version is
  'The version of the document''s schema that this row was written with.';
comment on column datastore.picture.width is 'Pixels.';
comment on column datastore.picture.height is 'Pixels.';
comment on column datastore.picture.sha256 is 'SHA-256 of the file, in hex.';
comment on column datastore.picture.number_of_seeds is 'As the user said.';
comment on column datastore.picture.client_email is 'The photographer''s address, from the document.';
comment on column datastore.picture.zoom is 'Magnification, times, as the user said.';
comment on column datastore.picture.last_change is
  'What happened to it last, for audit_trail.change_log; the history has the rest.';
comment on column datastore.picture.created_by is 'The acting user, if one was set.';
comment on column datastore.picture.edited_by is 'The acting user of the last change, if one was set.';
comment on column datastore.picture.replaced_by is 'The picture that has its path now.';
comment on column datastore.picture.has_personal_data is
  'Does the file say something of people, places or people''s devices? Then datastore.picture_personal_data has it.';
comment on column datastore.picture.picture_id is 'A part of its blob''s name; random, never used again.';
comment on column datastore.picture.container_id is 'The tenant; never changed.';
comment on column datastore.picture.picture_set_id is 'The set that it is in.';
comment on column datastore.picture.file_name is 'From metadata.';
comment on column datastore.picture.format is
  'From image_data: the name of a picture format in capital letters, such as TIFF.';
comment on column datastore.picture.created_at is 'When it was announced.';
comment on column datastore.picture.edited_at is 'When it was changed last.';

create table datastore.picture_label (
  picture_id uuid not null,
  container_id uuid not null,
  seed_id uuid not null references datastore.seed,
  origin text not null,
  labelled_by uuid default datastore.acting_user(),
  labelled_at timestamptz not null default now(),
  primary key (picture_id, container_id, seed_id, origin),
  foreign key (picture_id, container_id) references datastore.picture on delete cascade,
  constraint picture_label_origin_check check (origin in ('known', 'verified'))
);

comment on table datastore.picture_label is 'A species that a picture shows: what makes it fit for training.';
comment on column datastore.picture_label.origin is
  'known: said with the picture. verified: an expert''s verdict on an inference.';
comment on column datastore.picture_label.labelled_by is 'The acting user, if one was set.';
comment on column datastore.picture_label.labelled_at is 'When it was said.';
comment on column datastore.picture_label.picture_id is 'The picture.';
comment on column datastore.picture_label.container_id is 'The tenant.';
comment on column datastore.picture_label.seed_id is 'The species.';

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

create table datastore.picture_derivative (
  derivative_id uuid not null default gen_random_uuid(),
  container_id uuid not null,
  picture_id uuid not null,
  kind text not null default 'without personal data',
  blob_name text not null
    generated always as ('derivatives/' || picture_id::text || '/' || derivative_id::text) stored,
  state text not null default 'pending',
  size bigint,
  md5 bytea,
  sha256 text,
  etag text,
  reason text,
  begun_at timestamptz not null default now(),
  ended_at timestamptz,
  primary key (derivative_id, container_id),
  constraint picture_derivative_kind_key unique (picture_id, container_id, kind),
  foreign key (picture_id, container_id) references datastore.picture on delete cascade,
  constraint picture_derivative_kind_check check (kind in ('without personal data')),
  constraint picture_derivative_state_check check (state in ('pending', 'stored', 'refused')),
  constraint picture_derivative_stored_check check ((state = 'stored') = (num_nulls(size, md5, sha256) = 0)),
  constraint picture_derivative_refused_check check ((state = 'refused') = (reason is not null)),
  constraint picture_derivative_md5_check check (octet_length(md5) = 16),
  constraint picture_derivative_size_check check (size > 0)
);

comment on table datastore.picture_derivative is
  'What was made of pictures, as blobs of their own in the same container; the pictures are untouched.';
comment on column datastore.picture_derivative.derivative_id is
  'A part of its blob''s name; random, never used again.';
comment on column datastore.picture_derivative.container_id is 'The tenant; never changed.';
comment on column datastore.picture_derivative.picture_id is 'What it was made of.';
comment on column datastore.picture_derivative.kind is
  'without personal data: a copy, its pixels the same byte for byte.';
comment on column datastore.picture_derivative.blob_name is
  'Where its blob lies in the container; it follows from the ids.';
comment on column datastore.picture_derivative.state is
  'pending: it is being made. stored: its blob is there. refused: it cannot be made, and reason says why.';
comment on column datastore.picture_derivative.size is 'Bytes.';
comment on column datastore.picture_derivative.md5 is 'MD5, 16 bytes.';
comment on column datastore.picture_derivative.sha256 is 'SHA-256, in hex.';
comment on column datastore.picture_derivative.etag is
  'What storage calls this state of the blob; NULL where it is not known.';
comment on column datastore.picture_derivative.reason is 'Why it cannot be made.';
comment on column datastore.picture_derivative.begun_at is
  'When a process began to make it; after ten minutes another one may.';
comment on column datastore.picture_derivative.ended_at is 'When it was made, or refused.';
