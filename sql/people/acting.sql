-- A backend says for whom it asks, and what that user may do.

create or replace function datastore.acting_setting(user_id uuid) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return (
    select concat_ws(' ', user_account.user_id, container.container_id)
    from datastore.user_account
    left join datastore.container on container.user_id = user_account.user_id
    where user_account.user_id = acting_setting.user_id);
end
$$;
comment on function datastore.acting_setting(uuid) is
  'What datastore.act_as sets for a user: the ids of the user and of their container. NULL for an unknown one.';

create or replace function datastore.act_as(user_id uuid) returns void
language plpgsql volatile as $$
declare
  setting text := datastore.acting_setting(act_as.user_id);
begin
  if setting is null then
    perform datastore.refuse('DS404', format('there is no user %s', coalesce(act_as.user_id::text, 'NULL')));
  end if;
  perform pg_catalog.set_config('datastore.acting', setting, true);
  if not datastore.role_is_there('app') then
    perform datastore.refuse('DS403',
      format('no user can act: the role %s is missing. Make it, and migrate again',
        datastore.role_name('app')));
  end if;
  -- Row-level security does not hold for owners and superusers: from here on it is the backend's role that asks.
  perform pg_catalog.set_config('role', datastore.role_name('app'), true);
end
$$;
comment on function datastore.act_as(uuid) is
'Sets the acting user for the rest of the transaction, which goes on as the role of backends, for every caller.
Call it in the `from` clause, so that user and question are one statement and one round trip: `select … from
datastore.act_as($1)`.

user_id: the user
Answer: nothing
Errors: `DS404`: there is no such user · `42501`: the connection''s own role may not become that role';

-- What the acting user may see and change beyond the own container. They read rows that not every user may see,
-- to tell only what concerns the acting user.

create or replace function datastore.shared_containers(needed datastore.sharing_level) returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return query
    select share.container_id
    from datastore.membership
    join datastore.container_share as share on share.group_id = membership.group_id
    where membership.user_id = datastore.acting_user() and membership.accepted_at is not null
      and least(membership.role, share.role) >= shared_containers.needed
    union all
    select published.container_id
    from datastore.container_publication as published
    where shared_containers.needed <= datastore.needed_level('see') and datastore.acting_user() is not null;
end
$$;
comment on function datastore.shared_containers(datastore.sharing_level) is
  'Containers in which the acting user has this level or more, because others share them through a group or '
  'publish them. The lesser of the member''s and the share''s level counts.';

create or replace function datastore.level_in(container_id uuid) returns datastore.sharing_level
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  if datastore.acting_user() is null or level_in.container_id = datastore.acting_home() then
    return enum_last(null::datastore.sharing_level);
  end if;
  return (
    select max(given.level)
    from (
      select least(membership.role, share.role) as level
      from datastore.container_share as share
      join datastore.membership on membership.group_id = share.group_id
      where share.container_id = level_in.container_id
        and membership.user_id = datastore.acting_user() and membership.accepted_at is not null
      union all
      select datastore.needed_level('see')
      from datastore.container_publication as published
      where published.container_id = level_in.container_id
    ) as given);
end
$$;
comment on function datastore.level_in(uuid) is
  'The acting user''s level in a container; NULL where they do not see it. Without an acting user the highest: the '
  'privileges of the role decide.';

create or replace function datastore.acting_groups(only_owned boolean) returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return query
    select membership.group_id
    from datastore.membership
    where membership.user_id = datastore.acting_user() and membership.accepted_at is not null
      and (not only_owned or membership.role = 'owner');
end
$$;
comment on function datastore.acting_groups(boolean) is
  'The groups that the acting user is in, without invitations that they have not accepted; or only those of which '
  'they are an owner.';

create or replace function datastore.acting_invitations() returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return query
    select membership.group_id
    from datastore.membership
    where membership.user_id = datastore.acting_user() and membership.accepted_at is null;
end
$$;
comment on function datastore.acting_invitations() is
  'The groups that the acting user was invited to and has not joined.';

create or replace function datastore.known_users() returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return query
    select datastore.acting_user()
    union
    select membership.user_id
    from datastore.membership
    where membership.group_id in (select datastore.acting_groups(false)) and membership.accepted_at is not null
    union
    -- Their owners have named them by their address.
    select membership.user_id
    from datastore.membership
    where membership.group_id in (select datastore.acting_groups(true))
    union
    select container.user_id
    from datastore.container
    where container.container_id in (select datastore.shared_containers(datastore.needed_level('see')));
end
$$;
comment on function datastore.known_users() is
  'The users whose email addresses the acting user sees: members of the same groups, users whom they invited, and '
  'owners of containers that are shared.';

create or replace function datastore.acting_site_role() returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return (select user_account.site_role from datastore.user_account
    where user_account.user_id = datastore.acting_user());
end
$$;
comment on function datastore.acting_site_role() is
  'The acting user''s role on this site: user, verifier or administrator; NULL without an acting user.';

create or replace function datastore.check_site_role(needed text) returns void
language plpgsql stable as $$
declare
  held text := datastore.acting_site_role();
begin
  -- An acting user without an account has no role.
  if datastore.acting_user() is not null and coalesce(held, '') not in ('administrator', check_site_role.needed) then
    perform datastore.refuse('DS403', format(
      'the acting user has the site role %s, and this needs %s: an administrator gives it with '
      'datastore.set_site_role(email, role)',
      coalesce(held, 'none'), needed));
  end if;
end
$$;
comment on function datastore.check_site_role(text) is
  'Raises DS403 where the acting user is neither an administrator nor has the site role named. Without an acting '
  'user the privileges of the role decide.';

create or replace function datastore.acting_home() returns uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return (select container.container_id from datastore.container where container.user_id = datastore.acting_user());
end
$$;
comment on function datastore.acting_home() is
  'The acting user''s container, from its table. Writing asks this one: any session can write the setting behind '
  'datastore.acting_container(), which is quicker, and a pair of ids that do not belong together changes nothing.';
