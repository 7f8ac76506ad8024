-- Personal data of pictures lies apart from them; row-level security says who sees it: sql/pictures/policies.sql.

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
  -- Row-level security refuses a user without the right, after this trigger, and discloses nothing.
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
  'Trigger: what was read of a picture before makes way for what is read now, until it is stored. A user who may '
  'write it need not see it.';

create or replace trigger forget_personal_data
  before insert on datastore.picture_personal_data for each row execute function datastore.forget_personal_data();
