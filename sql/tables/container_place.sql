alter table datastore.container
  add column endpoint text,
  add column claimed_at timestamptz,
  add column claimed_by uuid,
  -- Keys are never sent in clear, but to an emulator on this machine.
  add constraint container_endpoint_check check (
    endpoint ~ '^https://[^?#@/]+(/[^?#@]*)?$' or endpoint ~ '^http://(127\.0\.0\.1|localhost|\[::1\])(:[0-9]+)?(/[^?#@]*)?$');

comment on column datastore.container.endpoint is 'Where it was made: the address of the storage account, https://…, without secrets; NULL while it is only a row.';
comment on column datastore.container.claimed_at is 'When this database took it over from another one: datastore-db keys claim.';
comment on column datastore.container.claimed_by is 'The acting user of that, if one was set.';
