-- Columns and no JSON: the message of a failing check shows the row, and must never show a key.
create table datastore.model_secret (
  model_version_id uuid not null references datastore.model_version on delete cascade,
  field text not null,
  kek_id text,
  nonce bytea,
  ciphertext bytea,
  primary key (model_version_id, field),
  constraint model_secret_field_check check (field in ('api_key', 'endpoint')),
  constraint model_secret_sealed_check check (num_nulls(kek_id, nonce, ciphertext) in (0, 3))
);

comment on table datastore.model_secret is 'The keys and addresses of models, encrypted before they reached the database: see docs/keys.md.';
comment on column datastore.model_secret.model_version_id is 'The model version that it opens.';
comment on column datastore.model_secret.field is 'api_key or endpoint.';
comment on column datastore.model_secret.kek_id is 'Which key-encryption key opens it; NULL, like what follows, where the document said null.';
comment on column datastore.model_secret.nonce is 'The nonce of AES-256-GCM, 12 bytes.';
comment on column datastore.model_secret.ciphertext is 'What was encrypted, and the tag of 16 bytes that proves it. The model''s name and the field are its associated data.';
