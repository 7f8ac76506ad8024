create table datastore.user_account (
  user_id uuid primary key default gen_random_uuid(),
  email text not null,
  site_role text not null default 'user',
  created_at timestamptz not null default now(),
  constraint user_account_email_check check (datastore.email_v1(to_jsonb(email))),
  constraint user_account_site_role_check check (site_role in ('user', 'verifier', 'administrator'))
);
create unique index user_account_email_key on datastore.user_account (lower(email));

comment on table datastore.user_account is 'A person who uploads pictures or judges them. A reference table: it points at no tenant''s rows.';
comment on column datastore.user_account.user_id is 'Who the user is everywhere else; random, never used again.';
comment on column datastore.user_account.email is 'As it was written at registration; compared without case.';
comment on column datastore.user_account.created_at is 'When the user was registered.';
comment on column datastore.user_account.site_role is
  'What the user may do with what all containers share. user: nothing. verifier: review species. administrator: moreover register models and pipelines, and give these roles.';
