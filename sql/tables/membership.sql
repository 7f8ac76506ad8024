create table datastore.membership (
  group_id uuid not null references datastore.user_group on delete cascade,
  user_id uuid not null references datastore.user_account on delete cascade,
  role text not null,
  added_at timestamptz not null default now(),
  added_by uuid default datastore.acting_user(),
  accepted_at timestamptz,
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
comment on column datastore.membership.accepted_at is 'When the user accepted the invitation; NULL until then, and neither sees anything of the other. What the database''s owner adds is accepted at once.';
