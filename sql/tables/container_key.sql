-- Columns and no JSON, as in datastore.model_secret: the message of a failing check shows the row, which holds no key in clear.
create table datastore.container_key (
  key_id uuid not null default gen_random_uuid(),
  container_id uuid not null references datastore.container,
  permission text not null,
  policy_name text,
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
  'Shared access signatures (SAS) of containers, encrypted before they reached the database: see docs/keys.md. Each names a stored access policy of its container, and lives as long as that; or it was signed by an identity, and lives until it expires.';
comment on column datastore.container_key.key_id is 'Random, never used again.';
comment on column datastore.container_key.container_id is 'The tenant; never changed.';
comment on column datastore.container_key.permission is 'read: reads blobs. write: reads and writes them; it deletes nothing.';
comment on column datastore.container_key.policy_name is 'The stored access policy in storage. Keys that were handed out share one; each other key has its own. NULL in a key that was signed by an identity: it can name none, and nothing but its time ends it alone.';
comment on column datastore.container_key.is_handed_out is 'Was it given to a person? Then only that person has it.';
comment on column datastore.container_key.starts_at is 'When it begins to be good: a while before it was issued, for clocks that differ.';
comment on column datastore.container_key.expires_at is 'When storage refuses it.';
comment on column datastore.container_key.settled_at is 'From when on storage knows its policy for sure: Azure takes up to 30 seconds.';
comment on column datastore.container_key.kek_id is 'Which key-encryption key opens it; NULL, like what follows, in one that was handed out or removed.';
comment on column datastore.container_key.nonce is 'The nonce of AES-256-GCM, 12 bytes.';
comment on column datastore.container_key.ciphertext is 'The SAS, encrypted, and the tag of 16 bytes that proves it. The ids of container and key are its associated data.';
comment on column datastore.container_key.issued_at is 'When it was made.';
comment on column datastore.container_key.issued_by is 'The acting user, if one was set.';
comment on column datastore.container_key.retires_at is 'When its policy, if it has one, will be removed, because a newer key took over; NULL in the current one.';
comment on column datastore.container_key.revoked_at is 'When somebody took it back; from then on nobody gets it from here.';
comment on column datastore.container_key.revoked_by is 'The acting user of that, if one was set.';
comment on column datastore.container_key.removed_at is 'When its policy was removed from storage, or its time was over: it opens nothing any more.';
