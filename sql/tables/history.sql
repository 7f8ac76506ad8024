create table datastore.history (
  history_id bigint primary key generated always as identity,
  container_id uuid not null,
  entity text not null,
  entity_id uuid not null,
  action text not null,
  acted_by uuid,
  acted_at timestamptz not null default now(),
  before jsonb,
  claimed jsonb,
  constraint history_before_check check (datastore.object_v1(before)),
  constraint history_claimed_check check (datastore.object_v1(claimed))
);
create index history_entity_id_idx on datastore.history (entity_id, history_id);

comment on table datastore.history is 'What happened to pictures and picture sets. Without foreign keys: it outlives what it describes.';
comment on column datastore.history.entity is 'The table: picture, picture_set or inference.';
comment on column datastore.history.entity_id is 'The row''s id.';
comment on column datastore.history.action is 'changed, replaced, deleted, reopened (an inference), or claimed.';
comment on column datastore.history.acted_by is 'The acting user, if one was set.';
comment on column datastore.history.acted_at is 'The start of the transaction that did it.';
comment on column datastore.history.before is 'What the client had said before.';
comment on column datastore.history.claimed is 'What a client sent for keys that the datastore fills, where it differs from what the datastore knows.';
comment on column datastore.history.history_id is 'The order in which things happened.';
comment on column datastore.history.container_id is 'The tenant.';
