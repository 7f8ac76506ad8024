create table datastore.blob_deletion (
  blob_deletion_id bigint not null generated always as identity,
  container_id uuid not null,
  gone_container text,
  blob_name text not null,
  queued_at timestamptz not null default now(),
  writable_until timestamptz,
  attempts integer not null default 0,
  tried_at timestamptz,
  last_error text,
  primary key (blob_deletion_id, container_id),
  constraint blob_deletion_tried_check check (attempts >= 0 and (attempts = 0) = (num_nulls(tried_at, last_error) = 2))
);

comment on table datastore.blob_deletion is
  'The outbox: blobs whose picture is gone, or that came through a link, to be deleted from storage. Only triggers add to it, whoever deletes.';
comment on column datastore.blob_deletion.blob_deletion_id is 'The order of the queue.';
comment on column datastore.blob_deletion.container_id is 'The tenant. Its row in datastore.container says where the blob is.';
comment on column datastore.blob_deletion.gone_container is 'The container''s name in storage, where its row went with the picture''s; it counts only while no row has this name.';
comment on column datastore.blob_deletion.blob_name is 'The blob in that container.';
comment on column datastore.blob_deletion.queued_at is 'When its picture was deleted, or the link handed out.';
comment on column datastore.blob_deletion.writable_until is 'When the link to it ends; NULL where there is none. It is not due before.';
comment on column datastore.blob_deletion.attempts is 'How often it could not be deleted.';
comment on column datastore.blob_deletion.tried_at is 'When that was tried last.';
comment on column datastore.blob_deletion.last_error is 'What storage said then: a lease, a legal hold, …';
