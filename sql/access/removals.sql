-- A role that may delete rows of a table may also lock the table against all others. So the role of backends may delete
-- from none, and these functions, which run as their owner, delete what the acting user may.

create or replace function datastore.remove_share(container_id uuid, group_id uuid) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform datastore.check_acting('datastore.container_share');
  delete from datastore.container_share as share
  where share.container_id = remove_share.container_id and share.group_id = remove_share.group_id
    and (datastore.acting_user() is null or share.container_id = datastore.acting_home());
  return found;
end
$$;
comment on function datastore.remove_share(uuid, uuid) is
  'Deletes a share of the acting user''s own container; without an acting user of any. Answers whether there was one.';

create or replace function datastore.remove_publication(container_id uuid) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform datastore.check_acting('datastore.container_publication');
  delete from datastore.container_publication as publication
  where publication.container_id = remove_publication.container_id
    and (datastore.acting_user() is null or publication.container_id = datastore.acting_home());
end
$$;
comment on function datastore.remove_publication(uuid) is
  'Deletes the publication of the acting user''s own container; without an acting user of any.';

create or replace function datastore.remove_personal_data_share(container_id uuid) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform datastore.check_acting('datastore.personal_data_share');
  delete from datastore.personal_data_share as share
  where share.container_id = remove_personal_data_share.container_id
    and (datastore.acting_user() is null or share.container_id = datastore.acting_home());
end
$$;
comment on function datastore.remove_personal_data_share(uuid) is
  'Shows the personal data of the acting user''s own container no longer; without an acting user of any.';
