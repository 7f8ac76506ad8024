create table datastore.personal_data_share (
  container_id uuid primary key references datastore.container on delete cascade,
  shared_at timestamptz not null default now(),
  shared_by uuid default datastore.acting_user()
);

comment on table datastore.personal_data_share is
  'The containers whose owners show the personal data of their pictures to everybody who sees the container.';
comment on column datastore.personal_data_share.container_id is 'The tenant.';
comment on column datastore.personal_data_share.shared_at is 'Since when.';
comment on column datastore.personal_data_share.shared_by is 'The acting user, if one was set.';
