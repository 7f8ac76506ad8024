create table datastore.link (
  link_id uuid not null default gen_random_uuid(),
  container_id uuid not null references datastore.container,
  picture_id uuid not null,
  picture_set_id uuid not null,
  permission text not null,
  policy_name text,
  -- Nothing that is stored has such a name, and no two links have the same.
  blob_name text generated always as (
    case when permission = 'write' then picture_set_id::text || '/' || picture_id::text || '.' || link_id::text || '.upload' end) stored,
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
  'Links to single pictures that were handed out: by whom, and until when, not the links themselves. A picture may be gone; its links stay here.';
comment on column datastore.link.link_id is 'Random.';
comment on column datastore.link.container_id is 'The tenant; never changed.';
comment on column datastore.link.picture_id is 'The picture.';
comment on column datastore.link.picture_set_id is 'The set that the picture was in.';
comment on column datastore.link.permission is 'read: to look at it. write: to upload its bytes.';
comment on column datastore.link.policy_name is 'The stored access policy that it names, one of a key to read: with that it ends. NULL: it ends by itself alone.';
comment on column datastore.link.blob_name is 'Where the bytes go that come through it, until they are confirmed; NULL for a link to read.';
comment on column datastore.link.starts_at is 'When it begins to be good: a while before it was issued, for clocks that differ.';
comment on column datastore.link.expires_at is 'When storage refuses it by itself.';
comment on column datastore.link.issued_at is 'When it was handed out.';
comment on column datastore.link.issued_by is 'The acting user, if one was set.';
