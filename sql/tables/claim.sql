create table datastore.claim (
  container_id uuid not null,
  entity text not null,
  entity_id uuid not null,
  claimed jsonb not null,
  claimed_at timestamptz not null default now(),
  primary key (entity_id, container_id),
  constraint claim_entity_check check (entity in ('picture', 'picture_set', 'inference')),
  constraint claim_claimed_check check (datastore.object_v1(claimed))
);

comment on table datastore.claim is
  'What a client said last for keys that the datastore fills, where it differs. What was said before is in the history, as claimed.';
comment on column datastore.claim.container_id is 'The tenant.';
comment on column datastore.claim.entity is 'The table: picture, picture_set or inference.';
comment on column datastore.claim.entity_id is 'The row''s id.';
comment on column datastore.claim.claimed is 'The keys, with the values that were sent.';
comment on column datastore.claim.claimed_at is 'When.';
