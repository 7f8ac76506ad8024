-- Keys of containers, links, and the instance that a database is.
-- depends: 0005.pre.sharing

alter table datastore.container
  add column endpoint text,
  add column claimed_at timestamptz,
  add column claimed_by uuid,
  add constraint container_endpoint_check check (endpoint ~ '^https?://[^?#@]+$');

comment on column datastore.container.endpoint is 'Where it was made: the address of the storage account, https://…, without secrets; NULL while it is only a row.';
comment on column datastore.container.claimed_at is 'When this database took it over from another one: datastore-db keys claim.';
comment on column datastore.container.claimed_by is 'The acting user of that, if one was set.';
create table datastore.instance (
  is_the_only_one boolean primary key default true,
  instance_id uuid not null default gen_random_uuid(),
  system_identifier bigint,
  database_oid oid not null,
  copied_from uuid,
  created_at timestamptz not null default now(),
  constraint instance_is_the_only_one_check check (is_the_only_one)
);

comment on table datastore.instance is
  'Who this database is: its containers in storage carry the id. Made when the first container is; one row. A dump that is restored elsewhere does not fit where it is, and becomes another instance: datastore.own_instance().';
comment on column datastore.instance.is_the_only_one is 'The key: there is one row.';
comment on column datastore.instance.instance_id is 'The id; random.';
comment on column datastore.instance.system_identifier is 'The server''s own id, from pg_control_system(); NULL where this may not be read.';
comment on column datastore.instance.database_oid is 'The database''s own id in the server.';
comment on column datastore.instance.copied_from is 'The instance that this one is a copy of.';
comment on column datastore.instance.created_at is 'When it became what it is.';
-- Columns and no JSON, as in datastore.model_secret: the message of a failing check shows the row, which holds no key in clear.
create table datastore.container_key (
  key_id uuid not null default gen_random_uuid(),
  container_id uuid not null references datastore.container,
  permission text not null,
  policy_name text not null,
  is_handed_out boolean not null default false,
  starts_at timestamptz not null,
  expires_at timestamptz not null,
  settled_at timestamptz not null,
  kek_id text,
  nonce bytea,
  ciphertext bytea,
  issued_at timestamptz not null default now(),
  issued_by uuid,
  retires_at timestamptz,
  revoked_at timestamptz,
  revoked_by uuid,
  removed_at timestamptz,
  primary key (key_id, container_id),
  constraint container_key_permission_check check (permission in ('read', 'write')),
  constraint container_key_period_check check (starts_at < expires_at),
  -- A key that was handed out is kept by whom it was given to; one that opens nothing any more is not kept.
  constraint container_key_sealed_check check (
    num_nulls(kek_id, nonce, ciphertext) = case when is_handed_out or removed_at is not null then 3 else 0 end)
);
create unique index container_key_current_key on datastore.container_key (container_id, permission)
  where not is_handed_out and retires_at is null and revoked_at is null and removed_at is null;
create index container_key_container_id_idx on datastore.container_key (container_id, issued_at);

comment on table datastore.container_key is
  'Shared access signatures (SAS) of containers, encrypted before they reached the database: see docs/keys.md. Each names a stored access policy of its container, and lives as long as that.';
comment on column datastore.container_key.key_id is 'Random, never used again.';
comment on column datastore.container_key.container_id is 'The tenant; never changed.';
comment on column datastore.container_key.permission is 'read: reads blobs. write: reads and writes them; it deletes nothing.';
comment on column datastore.container_key.policy_name is 'The stored access policy in storage. Keys that were handed out share one; each other key has its own.';
comment on column datastore.container_key.is_handed_out is 'Was it given to a person? Then only that person has it.';
comment on column datastore.container_key.starts_at is 'When it begins to be good: a while before it was issued, for clocks that differ.';
comment on column datastore.container_key.expires_at is 'When storage refuses it.';
comment on column datastore.container_key.settled_at is 'From when on storage knows its policy for sure: Azure takes up to 30 seconds.';
comment on column datastore.container_key.kek_id is 'Which key-encryption key opens it; NULL, like what follows, in one that was handed out or removed.';
comment on column datastore.container_key.nonce is 'The nonce of AES-256-GCM, 12 bytes.';
comment on column datastore.container_key.ciphertext is 'The SAS, encrypted, and the tag of 16 bytes that proves it. The ids of container and key are its associated data.';
comment on column datastore.container_key.issued_at is 'When it was made.';
comment on column datastore.container_key.issued_by is 'The acting user, if one was set.';
comment on column datastore.container_key.retires_at is 'When its policy will be removed, because a newer key took over; NULL in the current one.';
comment on column datastore.container_key.revoked_at is 'When somebody took it back; from then on nobody gets it from here.';
comment on column datastore.container_key.revoked_by is 'The acting user of that, if one was set.';
comment on column datastore.container_key.removed_at is 'When its policy was removed from storage: it opens nothing any more.';
create table datastore.container_renewal (
  container_id uuid primary key references datastore.container on delete cascade,
  renewal_id uuid not null,
  begun_at timestamptz not null default now(),
  ends_at timestamptz not null
);

comment on table datastore.container_renewal is
  'Which process is just now making a container or its keys in storage: one at a time. A row of a process that died counts no more after ends_at.';
comment on column datastore.container_renewal.container_id is 'The tenant.';
comment on column datastore.container_renewal.renewal_id is 'What the process knows it by; random.';
comment on column datastore.container_renewal.begun_at is 'When it began.';
comment on column datastore.container_renewal.ends_at is 'When another process may take over.';
create table datastore.link (
  link_id uuid not null default gen_random_uuid(),
  container_id uuid not null references datastore.container,
  picture_id uuid not null,
  permission text not null,
  starts_at timestamptz not null,
  expires_at timestamptz not null,
  issued_at timestamptz not null default now(),
  issued_by uuid,
  primary key (link_id, container_id),
  constraint link_permission_check check (permission in ('read', 'write')),
  constraint link_period_check check (starts_at < expires_at)
);
create index link_picture_id_idx on datastore.link (picture_id);

comment on table datastore.link is
  'Links to single pictures that were handed out: by whom, and until when, not the links themselves. A picture may be gone; its links stay here.';
comment on column datastore.link.link_id is 'Random.';
comment on column datastore.link.container_id is 'The tenant; never changed.';
comment on column datastore.link.picture_id is 'The picture.';
comment on column datastore.link.permission is 'read: to look at it. write: to upload its bytes.';
comment on column datastore.link.starts_at is 'When it begins to be good: a while before it was issued, for clocks that differ.';
comment on column datastore.link.expires_at is 'When storage refuses it. It cannot be taken back before.';
comment on column datastore.link.issued_at is 'When it was handed out.';
comment on column datastore.link.issued_by is 'The acting user, if one was set.';
