create table datastore.container_share (
  container_id uuid not null references datastore.container on delete cascade,
  group_id uuid not null references datastore.user_group on delete cascade,
  role text not null default 'contributor',
  shared_at timestamptz not null default now(),
  shared_by uuid default datastore.acting_user(),
  primary key (group_id, container_id),
  constraint container_share_role_check check (role in ('reader', 'contributor'))
);
create index container_share_container_id_idx on datastore.container_share (container_id);

comment on table datastore.container_share is 'The containers that their owners share, and with which groups.';
comment on column datastore.container_share.container_id is 'The tenant.';
comment on column datastore.container_share.group_id is 'The group whose members see it.';
comment on column datastore.container_share.role is
  'What members may do at most. reader: see it, whatever their own role. contributor: what their own role in the group says.';
comment on column datastore.container_share.shared_at is 'Since when.';
comment on column datastore.container_share.shared_by is 'Who shared it, if it is known.';
