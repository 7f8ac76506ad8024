create table datastore.user_group (
  group_id uuid primary key default gen_random_uuid(),
  name text not null,
  created_at timestamptz not null default now(),
  created_by uuid default datastore.acting_user(),
  constraint user_group_name_check check (char_length(name) between 1 and 255)
);
-- A name that somebody else took tells nothing: names are unique for who gave them.
create unique index user_group_name_key on datastore.user_group (created_by, lower(name));

comment on table datastore.user_group is 'People who share containers. A reference table: it points at no tenant''s rows.';
comment on column datastore.user_group.group_id is 'Random, never used again.';
comment on column datastore.user_group.name is 'What people call it; compared without case.';
comment on column datastore.user_group.created_at is 'When it was made.';
comment on column datastore.user_group.created_by is 'Who made it, and was its first owner; NULL where nobody acted.';
