create table datastore.link (
  link_id uuid not null default gen_random_uuid(),
  container_id uuid not null references datastore.container,
  picture_id uuid not null,
  permission text not null,
  starts_at timestamptz not null,
  expires_at timestamptz not null,
  issued_at timestamptz not null default now(),
  issued_by uuid default datastore.acting_user(),
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
