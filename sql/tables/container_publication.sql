create table datastore.container_publication (
  container_id uuid primary key references datastore.container on delete cascade,
  published_at timestamptz not null default now(),
  published_by uuid default datastore.acting_user()
);

comment on table datastore.container_publication is 'The containers that every user may see.';
comment on column datastore.container_publication.container_id is 'The tenant.';
comment on column datastore.container_publication.published_at is 'Since when.';
comment on column datastore.container_publication.published_by is 'Who published it, if it is known.';
