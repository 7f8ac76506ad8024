create table datastore.user_account (
  user_id uuid primary key default gen_random_uuid(),
  email text not null,
  site_role text not null default 'user',
  created_at timestamptz not null default now(),
  constraint user_account_email_check check (datastore.email_v1(to_jsonb(email))),
  constraint user_account_site_role_check check (site_role in ('user', 'verifier', 'administrator'))
);
create unique index user_account_email_key on datastore.user_account (lower(email));

comment on table datastore.user_account is
  'A person who uploads pictures or judges them. A reference table: it points at no tenant''s rows.';
comment on column datastore.user_account.user_id is 'The user''s id; random, never used again.';
comment on column datastore.user_account.email is 'As it was written at registration; compared without case.';
comment on column datastore.user_account.created_at is 'When the user was registered.';
comment on column datastore.user_account.site_role is
  'What the user may do with what all containers share. user: nothing. verifier: review species. administrator: '
  'moreover register models and pipelines, and give these roles.';

create table datastore.user_group (
  group_id uuid primary key default gen_random_uuid(),
  name text not null,
  created_at timestamptz not null default now(),
  created_by uuid default datastore.acting_user(),
  constraint user_group_name_check check (char_length(name) between 1 and 255)
);
-- Names are unique for their owner alone, so a refusal tells nothing of others.
create unique index user_group_name_key on datastore.user_group (created_by, lower(name));

comment on table datastore.user_group is
  'People who share containers. A reference table: it points at no tenant''s rows.';
comment on column datastore.user_group.group_id is 'Random, never used again.';
comment on column datastore.user_group.name is 'What people call it; compared without case.';
comment on column datastore.user_group.created_at is 'When it was made.';
comment on column datastore.user_group.created_by is
  'The user who made it, its first owner; NULL without an acting user.';

create table datastore.membership (
  group_id uuid not null references datastore.user_group on delete cascade,
  user_id uuid not null references datastore.user_account on delete cascade,
  role datastore.sharing_level not null,
  added_at timestamptz not null default now(),
  added_by uuid default datastore.acting_user(),
  accepted_at timestamptz,
  primary key (user_id, group_id)
);
create index membership_group_id_idx on datastore.membership (group_id);

comment on table datastore.membership is
  'The members of a group, and their level in the containers that are shared with it.';
comment on column datastore.membership.group_id is 'The group.';
comment on column datastore.membership.user_id is 'The member.';
comment on column datastore.membership.role is
  'What the member may do in the containers that are shared with the group: see datastore.needed_level(text). '
  'owner: says, moreover, who is in the group.';
comment on column datastore.membership.added_at is 'Since when.';
comment on column datastore.membership.added_by is 'The user who added them; NULL without an acting user.';
comment on column datastore.membership.accepted_at is
  'When the user accepted the invitation; NULL until then, and neither sees anything of the other. What the '
  'database''s owner adds is accepted at once.';
