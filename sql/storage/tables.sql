-- What the definitions call. Rows were stored under these, so they never change: a new rule is a new name.

create function datastore.is_tier(tier text) returns boolean
language sql immutable parallel safe
return tier ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and char_length(tier) <= 26;
comment on function datastore.is_tier(text) is
  'Can it stand before -{user_id} in the name of an Azure container: lower-case letters, digits and single hyphens, '
  '26 characters at most?';

create table datastore.container (
  container_id uuid primary key default gen_random_uuid(),
  user_id uuid not null references datastore.user_account,
  tier text not null default 'user',
  -- Azure: 3 to 63 characters, lower-case letters, digits and single hyphens; the id takes 37 of them.
  name text not null generated always as (tier || '-' || user_id::text) stored,
  created_at timestamptz not null default now(),
  ready_at timestamptz,
  endpoint text,
  taken_over_at timestamptz,
  taken_over_by uuid,
  constraint container_user_id_key unique (user_id),
  constraint container_name_key unique (name),
  constraint container_tier_check check (datastore.is_tier(tier)),
  -- Keys are never sent in clear, but to an emulator on this machine.
  constraint container_endpoint_check check (
    endpoint ~ '^https://[^?#@/]+(/[^?#@]*)?$'
    or endpoint ~ '^http://(127\.0\.0\.1|localhost|\[::1\])(:[0-9]+)?(/[^?#@]*)?$')
);

comment on table datastore.container is
  'A user''s storage container: the tenant. Every row that belongs to one carries container_id.';
comment on column datastore.container.container_id is
  'The tenant key, in the primary key of every tenant table; random, never changed.';
comment on column datastore.container.user_id is 'Whose pictures are in it.';
comment on column datastore.container.tier is
  'What the container is for: user, dev, test-user, …; the first part of its name.';
comment on column datastore.container.name is 'The name of the container in Azure Blob Storage: {tier}-{user_id}.';
comment on column datastore.container.created_at is 'When the row was made.';
comment on column datastore.container.ready_at is 'When it was made in storage; NULL while it is only a row.';
comment on column datastore.container.endpoint is
  'Where it was made: the address of the storage account, https://…, without secrets; NULL while it is only a row.';
comment on column datastore.container.taken_over_at is
  'When this database took it over from another one: datastore-db keys take-over.';
comment on column datastore.container.taken_over_by is 'The acting user of that, if one was set.';

-- Columns and no JSON, as in datastore.model_secret: the message of a failing check shows the row, which holds no key
-- in clear.
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
  'Shared access signatures (SAS) of containers, encrypted before they reached the database: see docs/storage.md. '
  'Each names a stored access policy of its container, and lives as long as that; or it was signed by an identity, '
  'and lives until it expires.';
comment on column datastore.container_key.key_id is 'Random, never used again.';
comment on column datastore.container_key.container_id is 'The tenant; never changed.';
comment on column datastore.container_key.permission is
  'read: reads blobs. write: reads and writes them; it deletes nothing.';
comment on column datastore.container_key.policy_name is
  'The stored access policy in storage. Keys that were handed out share one; each other key has its own. NULL in a '
  'key that was signed by an identity: it can name none, and nothing but its time ends it alone.';
comment on column datastore.container_key.is_handed_out is 'Was it given to a person? Then only that person has it.';
comment on column datastore.container_key.starts_at is
  'When it begins to be good: a while before it was issued, for clocks that differ.';
comment on column datastore.container_key.expires_at is 'When storage refuses it.';
comment on column datastore.container_key.settled_at is
  'From when on storage knows its policy for sure: Azure takes up to 30 seconds.';
comment on column datastore.container_key.kek_id is
  'Which key-encryption key opens it; NULL, like what follows, in one that was handed out or removed.';
comment on column datastore.container_key.nonce is 'The nonce of AES-256-GCM, 12 bytes.';
comment on column datastore.container_key.ciphertext is
  'The SAS, encrypted, and the tag of 16 bytes that proves it. The ids of container and key are its associated '
  'data.';
comment on column datastore.container_key.issued_at is 'When it was made.';
comment on column datastore.container_key.issued_by is 'The acting user, if one was set.';
comment on column datastore.container_key.retires_at is
  'When its policy, if it has one, will be removed, because a newer key took over; NULL in the current one.';
comment on column datastore.container_key.revoked_at is
  'When it was revoked; from then on it is not handed out.';
comment on column datastore.container_key.revoked_by is 'The acting user of that, if one was set.';
comment on column datastore.container_key.removed_at is
  'When its policy was removed from storage, or its time was over: it opens nothing any more.';

create table datastore.container_renewal (
  container_id uuid primary key references datastore.container on delete cascade,
  renewal_id uuid not null,
  begun_at timestamptz not null default now(),
  ends_at timestamptz not null
);

comment on table datastore.container_renewal is
  'Which process is just now making a container or its keys in storage: one at a time. A row of a process that died '
  'counts no more after ends_at. Not in the history: rows come and go with processes; '
  'the keys that they make are in it.';
comment on column datastore.container_renewal.container_id is 'The tenant.';
comment on column datastore.container_renewal.renewal_id is 'What the process knows it by; random.';
comment on column datastore.container_renewal.begun_at is 'When it began.';
comment on column datastore.container_renewal.ends_at is 'When another process may take over.';

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
  'The id of this database: its containers in storage carry the id. Made when the first container is; one row. A dump '
  'that is restored elsewhere does not fit where it is, and becomes another instance: datastore.own_instance().';
comment on column datastore.instance.is_the_only_one is 'The key: there is one row.';
comment on column datastore.instance.instance_id is 'The id; random.';
comment on column datastore.instance.system_identifier is
  'The server''s own id, from pg_control_system(); NULL where this may not be read.';
comment on column datastore.instance.database_oid is 'The database''s own id in the server.';
comment on column datastore.instance.copied_from is 'The instance that this one is a copy of.';
comment on column datastore.instance.created_at is 'When it became what it is.';

create table datastore.link (
  link_id uuid not null default gen_random_uuid(),
  container_id uuid not null references datastore.container,
  picture_id uuid not null,
  picture_set_id uuid not null,
  permission text not null,
  policy_name text,
  -- Nothing that is stored has such a name, and no two links have the same.
  blob_name text generated always as (
    case when permission = 'write' then picture_set_id::text || '/' || picture_id::text || '.'
      || link_id::text || '.upload' end) stored,
  starts_at timestamptz not null,
  expires_at timestamptz not null,
  issued_at timestamptz not null default now(),
  issued_by uuid default datastore.acting_user(),
  primary key (link_id, container_id),
  constraint link_permission_check check (permission in ('read', 'write')),
  constraint link_period_check check (starts_at < expires_at),
  -- What comes through one to upload is kept until it ends.
  constraint link_hour_check check (expires_at <= issued_at + interval '1 hour'),
  constraint link_policy_check check (permission = 'read' or policy_name is null)
);
create index link_picture_id_idx on datastore.link (picture_id);
create index link_container_id_idx on datastore.link (container_id, expires_at);

comment on table datastore.link is
  'Links to single pictures that were handed out: by whom, and until when, not the links themselves. A picture may '
  'be gone; its links stay here.';
comment on column datastore.link.link_id is 'Random.';
comment on column datastore.link.container_id is 'The tenant; never changed.';
comment on column datastore.link.picture_id is 'The picture.';
comment on column datastore.link.picture_set_id is 'The set that the picture was in.';
comment on column datastore.link.permission is 'read: to look at it. write: to upload its bytes.';
comment on column datastore.link.policy_name is
  'The stored access policy that it names, one of a key to read: with that it ends. NULL: it ends by itself alone.';
comment on column datastore.link.blob_name is
  'Where the bytes go that come through it, until they are confirmed; NULL for a link to read.';
comment on column datastore.link.starts_at is
  'When it begins to be good: a while before it was issued, for clocks that differ.';
comment on column datastore.link.expires_at is 'When storage refuses it by itself.';
comment on column datastore.link.issued_at is 'When it was handed out.';
comment on column datastore.link.issued_by is 'The acting user, if one was set.';

create table datastore.blob_deletion (
  blob_deletion_id bigint not null generated always as identity,
  container_id uuid not null,
  gone_container text,
  blob_name text not null,
  queued_at timestamptz not null default now(),
  writable_until timestamptz,
  attempts integer not null default 0,
  tried_at timestamptz,
  last_error text,
  primary key (blob_deletion_id, container_id),
  constraint blob_deletion_tried_check check (attempts >= 0 and (attempts = 0) = (num_nulls(tried_at, last_error) = 2))
);

comment on table datastore.blob_deletion is
  'The outbox: blobs whose picture is gone, or that came through a link, to be deleted from storage. Only triggers '
  'add to it, whoever deletes. Not in the history: it says what is left to do; the pictures'' '
  'deletion is in it.';
comment on column datastore.blob_deletion.blob_deletion_id is 'The order of the queue.';
comment on column datastore.blob_deletion.container_id is
  'The tenant. Its row in datastore.container says where the blob is.';
comment on column datastore.blob_deletion.gone_container is
  'The container''s name in storage, where its row went with the picture''s; it counts only while no row has this '
  'name.';
comment on column datastore.blob_deletion.blob_name is 'The blob in that container.';
comment on column datastore.blob_deletion.queued_at is 'When its picture was deleted, or the link handed out.';
comment on column datastore.blob_deletion.writable_until is
  'When the link to it ends; NULL where there is none. It is not due before.';
comment on column datastore.blob_deletion.attempts is 'How often it could not be deleted.';
comment on column datastore.blob_deletion.tried_at is 'When that was tried last.';
comment on column datastore.blob_deletion.last_error is 'What storage said then: a lease, a legal hold, …';
