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
  schema_version integer not null generated always as (coalesce(datastore.number_of(document -> 'schema_version'), 1)::integer) stored,
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

comment on table datastore.picture_set is 'A folder of pictures, one row each. Read it whole with datastore.rebuild_picture_set(uuid).';
comment on column datastore.picture_set.position is 'The order in which sets were made.';
comment on column datastore.picture_set.name is 'What people call it; its own id, as text, where nobody named it.';
comment on column datastore.picture_set.folder_root is 'The uploaded folder''s name, where the set was made from a folder.';
comment on column datastore.picture_set.folder_path is 'The directory''s path inside that folder, '''' for the folder itself.';
comment on column datastore.picture_set.document is 'What the client fills, as it was sent, unknown keys included; what the datastore fills is not in it.';
comment on column datastore.picture_set.kept is 'Unknown keys that a client put into sections that the datastore fills, by section.';
comment on column datastore.picture_set.schema_version is 'The version of the document''s schema that this row was written with.';
comment on column datastore.picture_set.project_name is 'From the document.';
comment on column datastore.picture_set.submitter_name is 'From the document.';
comment on column datastore.picture_set.last_change is 'What happened to it last, for audit_trail.change_log; the history has the rest.';
comment on column datastore.picture_set.created_by is 'The acting user, if one was set.';
comment on column datastore.picture_set.edited_by is 'The acting user of the last change, if one was set.';
comment on column datastore.picture_set.picture_set_id is 'The first part of its blobs'' names; random, never used again.';
comment on column datastore.picture_set.container_id is 'The tenant; never changed.';
comment on column datastore.picture_set.created_at is 'When it was made.';
comment on column datastore.picture_set.edited_at is 'When it was changed last.';
