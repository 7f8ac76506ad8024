create table datastore.history (
  history_id bigint primary key generated always as identity,
  container_id uuid,
  entity text not null,
  entity_id uuid not null,
  action text not null,
  acted_by uuid,
  acted_as text not null default session_user,
  acted_at timestamptz not null default now(),
  before jsonb,
  after jsonb,
  claimed jsonb,
  constraint history_before_check check (datastore.object_v1(before)),
  constraint history_after_check check (datastore.object_v1(after)),
  constraint history_claimed_check check (datastore.object_v1(claimed))
);
create index history_entity_id_idx on datastore.history (entity_id, history_id);
create index history_container_id_idx on datastore.history (container_id, history_id);

comment on table datastore.history is
  'Each change, with its user and time. Written by triggers alone: sql/access/history.sql. Without foreign keys: it '
  'outlives what it describes. Not in the history: it would tell of itself.';
comment on column datastore.history.history_id is 'The order in which things happened.';
comment on column datastore.history.container_id is 'The tenant; NULL for what belongs to none, such as a group.';
comment on column datastore.history.entity is 'The table of the row: picture, inference, container_share, …';
comment on column datastore.history.entity_id is
  'The row''s id; of a membership the group''s, of a share the container''s.';
comment on column datastore.history.action is
  'What was done, in one word or two: see datastore.audit_action(text, jsonb, jsonb).';
comment on column datastore.history.acted_by is 'The acting user; NULL where none was set, such as for a DBA.';
comment on column datastore.history.acted_as is 'The database user whose connection it was.';
comment on column datastore.history.acted_at is 'The start of the transaction that did it.';
comment on column datastore.history.before is
  'What held before; of a picture or a picture set what the client had said.';
comment on column datastore.history.after is 'What holds since then.';
comment on column datastore.history.claimed is
  'What a client sent for keys that the datastore fills, where it differs from what the datastore knows.';

create table datastore.history_seal (
  position bigint primary key,
  last_history_id bigint not null unique,
  history_ids bigint[] not null,
  row_hashes bytea not null,
  hash bytea not null,
  sealed_at timestamptz not null,
  sealed_by text not null,
  constraint history_seal_rows_check check (octet_length(row_hashes) = 32 * cardinality(history_ids)
    and cardinality(history_ids) > 0)
);

comment on table datastore.history_seal is
  'The history, sealed in batches: each seal covers the rows since the one before, and its hash covers that one''s. '
  'Written by datastore.seal_history() alone.';
comment on column datastore.history_seal.position is '1, 2, 3, … without a gap.';
comment on column datastore.history_seal.last_history_id is 'The last row that it covers.';
comment on column datastore.history_seal.history_ids is 'Every row that it covers, in order: 10,000 at most.';
comment on column datastore.history_seal.row_hashes is
  'Their SHA-256, 32 bytes each, in this order: datastore.history_hash(history).';
comment on column datastore.history_seal.hash is
  'SHA-256 of the hash before, of row_hashes, and of all other columns: datastore.seal_hash(…).';
comment on column datastore.history_seal.sealed_at is 'The start of the transaction that sealed.';
comment on column datastore.history_seal.sealed_by is 'The database user whose connection it was.';

create table datastore.container_share (
  container_id uuid not null references datastore.container on delete cascade,
  group_id uuid not null references datastore.user_group on delete cascade,
  role datastore.sharing_level not null default 'contributor',
  shared_at timestamptz not null default now(),
  shared_by uuid default datastore.acting_user(),
  primary key (group_id, container_id),
  constraint container_share_role_check check (role < 'owner')
);
create index container_share_container_id_idx on datastore.container_share (container_id);

comment on table datastore.container_share is 'The containers that their owners share, and with which groups.';
comment on column datastore.container_share.container_id is 'The tenant.';
comment on column datastore.container_share.group_id is 'The group whose members see it.';
comment on column datastore.container_share.role is
  'What members may do at most: the lesser of this and their own role in the group counts.';
comment on column datastore.container_share.shared_at is 'Since when.';
comment on column datastore.container_share.shared_by is 'The user who shared it; NULL without an acting user.';

create table datastore.container_publication (
  container_id uuid primary key references datastore.container on delete cascade,
  published_at timestamptz not null default now(),
  published_by uuid default datastore.acting_user()
);

comment on table datastore.container_publication is 'The containers that every user may see.';
comment on column datastore.container_publication.container_id is 'The tenant.';
comment on column datastore.container_publication.published_at is 'Since when.';
comment on column datastore.container_publication.published_by is
  'The user who published it; NULL without an acting user.';

create table datastore.personal_data_share (
  container_id uuid primary key references datastore.container on delete cascade,
  shared_at timestamptz not null default now(),
  shared_by uuid default datastore.acting_user()
);

comment on table datastore.personal_data_share is
  'The containers whose owners show the personal data of their pictures to every user who sees the container.';
comment on column datastore.personal_data_share.container_id is 'The tenant.';
comment on column datastore.personal_data_share.shared_at is 'Since when.';
comment on column datastore.personal_data_share.shared_by is 'The acting user, if one was set.';
