create table datastore.installed_part (
  part text primary key,
  digest text not null,
  installed_at timestamptz not null default now(),
  installed_by text not null default session_user
);
create table datastore.installed_object (
  kind text not null,
  name text not null,
  part text,
  digest text not null,
  primary key (kind, name)
);

comment on table datastore.installed_part is
  'The files of sql/repeatable.sql that this database has: migrate replaces those that differ. For the owner alone.';
comment on column datastore.installed_part.part is 'The file''s path below sql/.';
comment on column datastore.installed_part.digest is 'The SHA-256 of its text, in hexadecimal digits.';
comment on column datastore.installed_part.installed_at is 'When it was last applied.';
comment on column datastore.installed_part.installed_by is 'The database user that applied it.';
comment on table datastore.installed_object is
  'What was in the catalogue when the parts were applied: an object that differs now was changed by hand. For the '
  'owner alone.';
comment on column datastore.installed_object.kind is 'function, view, trigger, policy, privileges or roles.';
comment on column datastore.installed_object.name is
  'The object''s name; of functions with their arguments, of triggers and policies with their table.';
comment on column datastore.installed_object.part is
  'The part that makes it; NULL for what a migration made, or a person.';
comment on column datastore.installed_object.digest is 'See datastore.catalogue_objects().';
