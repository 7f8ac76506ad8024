create table datastore.pipelines_import (
  pipelines_import_id bigint primary key generated always as identity,
  document jsonb not null,
  claimed jsonb,
  imported_at timestamptz not null default now(),
  imported_by uuid default datastore.acting_user(),
  constraint pipelines_import_document_check check (datastore.object_v1(document)),
  constraint pipelines_import_claimed_check check (datastore.object_v1(claimed))
);

comment on table datastore.pipelines_import is 'What documents of pipelines said about themselves. The newest row comes back with the pipelines.';
comment on column datastore.pipelines_import.pipelines_import_id is 'The order in which documents came; one that says the same as the one before adds no row.';
comment on column datastore.pipelines_import.document is 'version, date, schema_version and unknown keys of the whole document, as sent.';
comment on column datastore.pipelines_import.claimed is 'What it said for keys that the datastore fills, where that differs from what the datastore knows: {JSON Pointer: value}.';
comment on column datastore.pipelines_import.imported_at is 'When it came.';
comment on column datastore.pipelines_import.imported_by is 'The acting user, if one was set.';
