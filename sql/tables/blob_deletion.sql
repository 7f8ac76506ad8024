create table datastore.blob_deletion (
  blob_deletion_id bigint primary key generated always as identity,
  container_id uuid not null,
  container_name text not null,
  blob_name text not null,
  queued_at timestamptz not null default now()
);

comment on table datastore.blob_deletion is 'The outbox: blobs whose picture is gone, to be deleted from storage. Filled by triggers, whoever deletes.';
comment on column datastore.blob_deletion.container_id is 'The tenant.';
comment on column datastore.blob_deletion.container_name is 'The container in storage.';
comment on column datastore.blob_deletion.blob_name is 'The blob in that container.';
comment on column datastore.blob_deletion.queued_at is 'When its picture was deleted.';
comment on column datastore.blob_deletion.blob_deletion_id is 'The order of the queue.';
