create table datastore.picture_label (
  picture_id uuid not null,
  container_id uuid not null,
  seed_id uuid not null references datastore.seed,
  origin text not null,
  labelled_by uuid default datastore.acting_user(),
  labelled_at timestamptz not null default now(),
  primary key (picture_id, container_id, seed_id, origin),
  foreign key (picture_id, container_id) references datastore.picture on delete cascade,
  constraint picture_label_origin_check check (origin in ('known', 'verified'))
);

comment on table datastore.picture_label is 'A species that a picture shows: what makes it fit for training.';
comment on column datastore.picture_label.origin is 'known: said with the picture. verified: an expert''s verdict on an inference.';
comment on column datastore.picture_label.labelled_by is 'The acting user, if one was set.';
comment on column datastore.picture_label.labelled_at is 'When it was said.';
comment on column datastore.picture_label.picture_id is 'The picture.';
comment on column datastore.picture_label.container_id is 'The tenant.';
comment on column datastore.picture_label.seed_id is 'The species.';
