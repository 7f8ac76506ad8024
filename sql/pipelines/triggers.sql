-- What triggers write about pipelines and models.

create or replace function datastore.stamp_edited() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  new.edited_at := now();
  new.edited_by := datastore.acting_user();
  return new;
end
$$;
comment on function datastore.stamp_edited() is 'Trigger: stamps the last user and time of a change.';

create or replace function datastore.stamp_chosen() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  new.chosen_at := now();
  return new;
end
$$;
comment on function datastore.stamp_chosen() is 'Trigger: when a user chose a pipeline.';

create or replace trigger stamp_edited
  before update on datastore.pipeline for each row execute function datastore.stamp_edited();
create or replace trigger stamp_edited
  before update on datastore.model_version for each row execute function datastore.stamp_edited();
create or replace trigger stamp_chosen
  before update on datastore.pipeline_choice for each row execute function datastore.stamp_chosen();

-- What the history tells of these tables
do $$
begin
  perform datastore.audit_table('datastore.pipeline', '{name,version,is_default,retired_at}');
  perform datastore.audit_table('datastore.model_version', '{model_id,version,active}');
  perform datastore.audit_table('datastore.model_secret', '{field,kek_id}');
end
$$;
