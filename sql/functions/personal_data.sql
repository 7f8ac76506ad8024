-- Personal data of pictures lies apart from them; row-level security says who sees it: sql/security/policies.sql.

create or replace function datastore.may_see_personal_data(container_id uuid) returns boolean
language sql stable
return datastore.acting_user() is null
  or may_see_personal_data.container_id = datastore.acting_container()
  or exists (
    select from datastore.personal_data_share as shown
    where shown.container_id = may_see_personal_data.container_id);
comment on function datastore.may_see_personal_data(uuid) is
  'May the acting user see the personal data of the pictures in this container, which they see: is it theirs, or '
  'does its owner show it? Where nobody acts, the privileges of the role decide.';

create or replace function datastore.share_personal_data(
  is_shared boolean default true, container_id uuid default null
) returns jsonb
language plpgsql volatile as $$
#variable_conflict use_column
declare
  known_id uuid := datastore.require_own_container(share_personal_data.container_id);
  ended_links jsonb := '0';
begin
  if share_personal_data.is_shared then
    insert into datastore.personal_data_share (container_id) values (known_id)
    on conflict (container_id) do nothing;
  else
    perform datastore.remove_personal_data_share(known_id);
    ended_links := datastore.revoke_links(jsonb_build_array(known_id), true) -> 'links';
  end if;
  return datastore.container_json(known_id) || jsonb_build_object('ended_links', ended_links);
end
$$;
comment on function datastore.share_personal_data(boolean, uuid) is
  'Shows the personal data of the pictures in the acting user''s container (or the one named) to everybody who sees the '
  'container, or no longer; links end then as with datastore.unshare_container. Answers the container, and ended_links. '
  'Errors: DS403, DS404.';

create or replace function datastore.write_image_data(
  picture_id uuid, container_id uuid, image_data jsonb
) returns void
language sql volatile
begin atomic
  with divided as materialized (
    select picture.picture_id, picture.container_id, picture.has_personal_data, read.tags, read.public_tags,
           coalesce(read.public_tags <> read.tags, false) as differs
    from datastore.picture
    cross join lateral (
      select write_image_data.image_data -> 'tags' as tags,
             datastore.public_tags(write_image_data.image_data -> 'tags') as public_tags
    ) as read
    where picture.picture_id = write_image_data.picture_id and picture.container_id = write_image_data.container_id
  ), written as (
    update datastore.picture
    set image_data = write_image_data.image_data - 'tags', tags = divided.public_tags,
        has_personal_data = divided.differs
    from divided
    where picture.picture_id = divided.picture_id and picture.container_id = divided.container_id
  )
  -- It takes the place of what was read before.
  insert into datastore.picture_personal_data (picture_id, container_id, tags)
  select divided.picture_id, divided.container_id, case when divided.differs then divided.tags else '{}' end
  from divided
  where divided.differs or divided.has_personal_data;
end;
comment on function datastore.write_image_data(uuid, uuid, jsonb) is
  'Puts what an inspection found into section image_data of a picture, and its personal tags apart.';

create or replace function datastore.forget_personal_data() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  -- Row-level security refuses whoever may not write there, after this trigger, and tells them nothing.
  if datastore.acting_user() is not null and datastore.may_write(new.container_id) and exists (
    select from datastore.picture
    where picture.picture_id = new.picture_id and picture.container_id = new.container_id
      and picture.state <> 'pending') then
    raise insufficient_privilege using message = format(
      'picture %s is stored: what its file says of people no longer changes', new.picture_id);
  end if;
  delete from datastore.picture_personal_data as known
  where known.picture_id = new.picture_id and known.container_id = new.container_id;
  return new;
end
$$;
comment on function datastore.forget_personal_data() is
  'Trigger: what was read of a picture before makes way for what is read now, until it is stored. Who may write it need '
  'not see it.';

create or replace trigger forget_personal_data
  before insert on datastore.picture_personal_data for each row execute function datastore.forget_personal_data();
