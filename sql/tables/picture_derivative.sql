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
