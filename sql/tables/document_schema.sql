create table datastore.document_schema (
  kind text not null,
  version integer not null,
  schema jsonb not null,
  primary key (kind, version),
  constraint document_schema_schema_check check (datastore.object_v1(schema))
);

comment on table datastore.document_schema is 'The JSON Schemas that documents are checked by, one row for a kind and version. A row never changes.';
comment on column datastore.document_schema.kind is 'picture, picture_set, …';
comment on column datastore.document_schema.version is 'What schema_version of a document says; absent there means 1.';
comment on column datastore.document_schema.schema is 'JSON Schema, draft 2020-12; the files are in sql/documents.';
