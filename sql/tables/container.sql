create table datastore.container (
  container_id uuid primary key default gen_random_uuid(),
  user_id uuid not null references datastore.user_account,
  tier text not null default 'user',
  -- Azure: 3 to 63 characters, lower-case letters, digits and single hyphens; the id takes 37 of them.
  name text not null generated always as (tier || '-' || user_id::text) stored,
  created_at timestamptz not null default now(),
  ready_at timestamptz,
  constraint container_user_id_key unique (user_id),
  constraint container_name_key unique (name),
  constraint container_tier_check check (datastore.is_tier(tier))
);

comment on table datastore.container is 'A user''s storage container: the tenant. Every row that belongs to one carries container_id.';
comment on column datastore.container.container_id is 'The tenant key, in the primary key of every tenant table; random, never changed.';
comment on column datastore.container.user_id is 'Whose pictures are in it.';
comment on column datastore.container.tier is 'What the container is for: user, dev, test-user, …; the first part of its name.';
comment on column datastore.container.name is 'The name of the container in Azure Blob Storage: {tier}-{user_id}.';
comment on column datastore.container.ready_at is 'When it was made in storage; NULL while it is only a row.';
comment on column datastore.container.created_at is 'When the row was made.';
