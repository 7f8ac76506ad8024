-- Groups, and the containers that are shared with them.
-- depends: 0004.pre.inferences

create table datastore.user_group (
  group_id uuid primary key default gen_random_uuid(),
  name text not null,
  created_at timestamptz not null default now(),
  created_by uuid,
  constraint user_group_name_check check (char_length(name) between 1 and 255)
);
-- A name that somebody else took tells nothing: names are unique for who gave them.
create unique index user_group_name_key on datastore.user_group (created_by, lower(name));

comment on table datastore.user_group is 'People who share containers. A reference table: it points at no tenant''s rows.';
comment on column datastore.user_group.group_id is 'Random, never used again.';
comment on column datastore.user_group.name is 'What people call it; compared without case.';
comment on column datastore.user_group.created_at is 'When it was made.';
comment on column datastore.user_group.created_by is 'Who made it, and was its first owner; NULL where nobody acted.';
create table datastore.membership (
  group_id uuid not null references datastore.user_group on delete cascade,
  user_id uuid not null references datastore.user_account on delete cascade,
  role text not null,
  added_at timestamptz not null default now(),
  added_by uuid,
  primary key (user_id, group_id),
  constraint membership_role_check check (role in ('reader', 'contributor', 'owner'))
);
create index membership_group_id_idx on datastore.membership (group_id);

comment on table datastore.membership is 'Who is in a group, and what they may do in the containers that are shared with it.';
comment on column datastore.membership.group_id is 'The group.';
comment on column datastore.membership.user_id is 'The member.';
comment on column datastore.membership.role is
  'reader: sees what is shared with the group. contributor: changes it, too. owner: says, moreover, who is in the group.';
comment on column datastore.membership.added_at is 'Since when.';
comment on column datastore.membership.added_by is 'Who added them, if it is known.';
create table datastore.container_share (
  container_id uuid not null references datastore.container on delete cascade,
  group_id uuid not null references datastore.user_group on delete cascade,
  role text not null default 'contributor',
  shared_at timestamptz not null default now(),
  shared_by uuid,
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
create table datastore.container_publication (
  container_id uuid primary key references datastore.container on delete cascade,
  published_at timestamptz not null default now(),
  published_by uuid
);

comment on table datastore.container_publication is 'The containers that every user may see.';
comment on column datastore.container_publication.container_id is 'The tenant.';
comment on column datastore.container_publication.published_at is 'Since when.';
comment on column datastore.container_publication.published_by is 'Who published it, if it is known.';
