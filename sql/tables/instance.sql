create table datastore.instance (
  is_the_only_one boolean primary key default true,
  instance_id uuid not null default gen_random_uuid(),
  system_identifier bigint,
  database_oid oid not null,
  copied_from uuid,
  created_at timestamptz not null default now(),
  constraint instance_is_the_only_one_check check (is_the_only_one)
);

comment on table datastore.instance is
  'Who this database is: its containers in storage carry the id. Made when the first container is; one row. A dump that is restored elsewhere does not fit where it is, and becomes another instance: datastore.own_instance().';
comment on column datastore.instance.is_the_only_one is 'The key: there is one row.';
comment on column datastore.instance.instance_id is 'The id; random.';
comment on column datastore.instance.system_identifier is 'The server''s own id, from pg_control_system(); NULL where this may not be read.';
comment on column datastore.instance.database_oid is 'The database''s own id in the server.';
comment on column datastore.instance.copied_from is 'The instance that this one is a copy of.';
comment on column datastore.instance.created_at is 'When it became what it is.';
