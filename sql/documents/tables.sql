-- What the definitions call. Rows were stored under these, so they never change: a new rule is a new name.

create function datastore.number_of(value jsonb) returns numeric
language sql immutable parallel safe
return case jsonb_typeof(value) when 'number' then value::numeric end;
comment on function datastore.number_of(jsonb) is 'A JSON number as numeric; NULL for anything else.';

create table datastore.document_schema (
  kind text not null,
  version integer not null,
  schema jsonb not null,
  primary key (kind, version),
  constraint document_schema_schema_check check (datastore.object_v1(schema))
);

comment on table datastore.document_schema is
  'The JSON Schemas that documents are checked by, one row for a kind and version. A row never changes.';
comment on column datastore.document_schema.kind is 'picture, picture_set, …';
comment on column datastore.document_schema.version is 'What schema_version of a document says; absent there means 1.';
comment on column datastore.document_schema.schema is 'JSON Schema, draft 2020-12; the files are in sql/documents.';

create table datastore.claim (
  container_id uuid not null,
  entity text not null,
  entity_id uuid not null,
  claimed jsonb not null,
  claimed_at timestamptz not null default now(),
  primary key (entity_id, container_id),
  constraint claim_entity_check check (entity in ('picture', 'picture_set', 'inference')),
  constraint claim_claimed_check check (datastore.object_v1(claimed))
);

comment on table datastore.claim is
  'What a client said last for keys that the datastore fills, where it differs. What was said before is in the '
  'history, as claimed.';
comment on column datastore.claim.container_id is 'The tenant.';
comment on column datastore.claim.entity is 'The table: picture, picture_set or inference.';
comment on column datastore.claim.entity_id is 'The row''s id.';
comment on column datastore.claim.claimed is 'The keys, with the values that were sent.';
comment on column datastore.claim.claimed_at is 'When.';
