alter table datastore.container
  add column endpoint text,
  add column claimed_at timestamptz,
  add column claimed_by uuid,
  add constraint container_endpoint_check check (endpoint ~ '^https?://[^?#@]+$');

comment on column datastore.container.endpoint is 'Where it was made: the address of the storage account, https://…, without secrets; NULL while it is only a row.';
comment on column datastore.container.claimed_at is 'When this database took it over from another one: datastore-db keys claim.';
comment on column datastore.container.claimed_by is 'The acting user of that, if one was set.';
