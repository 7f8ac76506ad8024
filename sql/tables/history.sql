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
  'Who did what, when. Written by triggers alone, whoever acts: sql/functions/audit.sql. Without foreign keys: it outlives what it describes.';
comment on column datastore.history.history_id is 'The order in which things happened.';
comment on column datastore.history.container_id is 'The tenant; NULL for what belongs to none, such as a group.';
comment on column datastore.history.entity is 'The table of the row: picture, inference, container_share, …';
comment on column datastore.history.entity_id is 'The row''s id; of a membership the group''s, of a share the container''s.';
comment on column datastore.history.action is 'What was done, in one word or two: see datastore.audit_action(text, jsonb, jsonb).';
comment on column datastore.history.acted_by is 'The acting user; NULL where nobody was set, such as for a DBA.';
comment on column datastore.history.acted_as is 'The database user whose connection it was.';
comment on column datastore.history.acted_at is 'The start of the transaction that did it.';
comment on column datastore.history.before is 'What held before; of a picture or a picture set what the client had said.';
comment on column datastore.history.after is 'What holds since then.';
comment on column datastore.history.claimed is 'What a client sent for keys that the datastore fills, where it differs from what the datastore knows.';
