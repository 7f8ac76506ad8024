create table datastore.history_seal (
  position bigint primary key,
  last_history_id bigint not null unique,
  history_ids bigint[] not null,
  row_hashes bytea not null,
  hash bytea not null,
  sealed_at timestamptz not null,
  sealed_by text not null,
  constraint history_seal_rows_check check (octet_length(row_hashes) = 32 * cardinality(history_ids) and cardinality(history_ids) > 0)
);

comment on table datastore.history_seal is
  'The history, sealed in batches: each seal covers the rows since the one before, and its hash covers that one''s. Written by datastore.seal_history() alone.';
comment on column datastore.history_seal.position is '1, 2, 3, … without a gap.';
comment on column datastore.history_seal.last_history_id is 'The last row that it covers.';
comment on column datastore.history_seal.history_ids is 'Every row that it covers, in order: 10,000 at most.';
comment on column datastore.history_seal.row_hashes is 'Their SHA-256, 32 bytes each, in this order: datastore.history_hash(history).';
comment on column datastore.history_seal.hash is 'SHA-256 of the hash before, of row_hashes, and of all other columns: datastore.seal_hash(…).';
comment on column datastore.history_seal.sealed_at is 'The start of the transaction that sealed.';
comment on column datastore.history_seal.sealed_by is 'The database user whose connection it was.';
