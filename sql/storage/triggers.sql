-- What triggers write about keys and blobs.

create or replace function datastore.stamp_revoked() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  new.revoked_at := now();
  new.revoked_by := datastore.acting_user();
  return new;
end
$$;
comment on function datastore.stamp_revoked() is 'Trigger: stamps the user and time of a revocation.';

create or replace function datastore.queue_all_blob_deletions() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  -- The containers may be truncated as well.
  insert into datastore.blob_deletion (container_id, gone_container, blob_name)
  select picture.container_id, container.name, picture.blob_name
  from datastore.picture join datastore.container on container.container_id = picture.container_id;
  return null;
end
$$;
comment on function datastore.queue_all_blob_deletions() is
  'Trigger: puts the blobs of all pictures into the outbox, before a TRUNCATE.';

create or replace trigger stamp_revoked
  before update on datastore.container_key for each row
  when (new.revoked_at is distinct from old.revoked_at and new.revoked_at is not null)
  execute function datastore.stamp_revoked();
create or replace trigger queue_all_blob_deletions
  before truncate on datastore.picture
  for each statement execute function datastore.queue_all_blob_deletions();

-- What the history tells of these tables
do $$
begin
  perform datastore.audit_table('datastore.container', '{name,user_id,ready_at,endpoint,taken_over_at}');
  perform datastore.audit_table('datastore.container_key',
    '{permission,policy_name,is_handed_out,expires_at,retires_at,revoked_at,removed_at,kek_id}', 'key_id');
  perform datastore.audit_table('datastore.link', '{link_id,permission,expires_at}', 'picture_id');
  perform datastore.audit_table('datastore.instance', '{instance_id,copied_from}', 'instance_id');
end
$$;
