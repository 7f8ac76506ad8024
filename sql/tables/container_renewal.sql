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
