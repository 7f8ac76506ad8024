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
comment on function datastore.acting_setting(uuid) is 'What datastore.act_as sets for a user: the ids of the user and of their container. NULL for an unknown one.';

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
    perform datastore.refuse('DS403', format('nobody can act for users: the role %s is missing. Make it, and migrate again', datastore.role_name('app')));
  end if;
  -- Row-level security does not hold for owners and superusers: from here on it is the backend's role that asks.
  perform pg_catalog.set_config('role', datastore.role_name('app'), true);
end
$$;
comment on function datastore.act_as(uuid) is
'Says who is asking, for the rest of the transaction, which goes on as the role of backends, whoever called. Call
it in the `from` clause, so that who asks and what is asked are one statement and one round trip: `select … from
datastore.act_as($1)`.

user_id: the user
Answer: nothing
Errors: `DS404`: there is no such user · `42501`: the connection''s own role may not become that role';

-- What the acting user may see and change beyond the own container. They look at what is not to be seen by everybody,
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
  'Containers in which the acting user has this level or more, because others share them through a group or with everybody. The lesser of the member''s and the share''s level counts.';

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
  'The acting user''s level in a container; NULL where they do not see it. Without an acting user the highest: the privileges of the role decide.';

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
  'The groups that the acting user is in, without invitations that they have not accepted; or only those of which they are an owner.';

create or replace function datastore.acting_invitations() returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return query
    select membership.group_id
    from datastore.membership
    where membership.user_id = datastore.acting_user() and membership.accepted_at is null;
end
$$;
comment on function datastore.acting_invitations() is 'The groups that the acting user was invited to and has not joined.';

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
  'The users whose email addresses the acting user sees: members of the same groups, users whom they invited, and owners of containers that are shared.';

create or replace function datastore.acting_site_role() returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return (select user_account.site_role from datastore.user_account where user_account.user_id = datastore.acting_user());
end
$$;
comment on function datastore.acting_site_role() is 'The acting user''s role on this site: user, verifier or administrator; NULL without an acting user.';

create or replace function datastore.check_site_role(needed text) returns void
language plpgsql stable as $$
declare
  held text := datastore.acting_site_role();
begin
  -- An acting user without an account has no role.
  if datastore.acting_user() is not null and coalesce(held, '') not in ('administrator', check_site_role.needed) then
    perform datastore.refuse('DS403', format(
      'the acting user has the site role %s, and this needs %s: an administrator gives it with datastore.set_site_role(email, role)',
      coalesce(held, 'none'), needed));
  end if;
end
$$;
comment on function datastore.check_site_role(text) is
  'Raises DS403 where the acting user is neither an administrator nor has the site role named. Without an acting user the privileges of the role decide.';

create or replace function datastore.acting_home() returns uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return (select container.container_id from datastore.container where container.user_id = datastore.acting_user());
end
$$;
comment on function datastore.acting_home() is
  'The acting user''s container, from its table. Writing asks this one: any session can write the setting behind datastore.acting_container(), which is quicker, and a pair of ids that do not belong together changes nothing.';

-- A function that runs as its owner asks what its caller may, before it does what the caller alone could not.

create or replace function datastore.calling_role() returns name
language sql stable
-- SECURITY DEFINER changes current_user, and leaves this setting as SET ROLE made it.
return case current_setting('role') when 'none' then session_user else current_setting('role') end;
comment on function datastore.calling_role() is 'The role as which a session runs, also inside of functions that run as their owner.';

create or replace function datastore.check_acting(changed regclass) returns void
language plpgsql stable as $$
begin
  if datastore.acting_user() is null and not pg_catalog.has_table_privilege(datastore.calling_role(), check_acting.changed, 'delete') then
    perform datastore.refuse('DS403', 'no user is acting: call datastore.act_as(user_id) in the same statement');
  end if;
end
$$;
comment on function datastore.check_acting(regclass) is
  'Raises DS403 without an acting user, unless the calling role may change the table by itself. For functions that run as their owner.';

-- Asked by functions that are about to change something, because a policy would only hide the rows.

create or replace function datastore.may_write(container_id uuid, deed text default 'change') returns boolean
language sql stable
return coalesce(datastore.level_in(container_id) >= datastore.needed_level(deed), false);
comment on function datastore.may_write(uuid, text) is
  'May the acting user change what is in this container, or judge what models said of it? deed: as of datastore.needed_level(text). Where nobody acts, the privileges of the role decide.';

create or replace function datastore.check_may_write(container_ids uuid[], deed text default 'change') returns void
language plpgsql stable as $$
declare
  held record;
begin
  if datastore.acting_user() is null then
    return;
  end if;
  select level_in as level into held
  from (select distinct unnest(container_ids)) as named(container_id)
  cross join lateral datastore.level_in(named.container_id)
  where (level_in >= datastore.needed_level(check_may_write.deed)) is not true
  limit 1;
  if found then
    perform datastore.refuse('DS403', format(
      'the acting user may see this container, and not %s it: they have the level %s in it, and %s is needed. Its owner gives it',
      check_may_write.deed, coalesce(held.level::text, 'none'), datastore.needed_level(check_may_write.deed)));
  end if;
end
$$;
comment on function datastore.check_may_write(uuid[], text) is
  'Raises DS403 for a container that the acting user may see and not change, or not judge. deed: as of datastore.needed_level(text).';

create or replace function datastore.read_level(named text, below datastore.sharing_level default null) returns datastore.sharing_level
language plpgsql stable as $$
declare
  levels text[] := array(
    select level from unnest(enum_range(null::datastore.sharing_level)) as level
    where read_level.below is null or level < read_level.below);
begin
  if read_level.named is null or read_level.named <> all (levels) then
    perform datastore.refuse('DS400', 'invalid role', jsonb_build_array(jsonb_build_object(
      'instance_path', '/role', 'keyword', 'enum', 'message', 'expected ' || concat_ws(' or ',
        nullif(array_to_string(trim_array(levels, 1), ', '), ''), levels[cardinality(levels)]))));
  end if;
  return read_level.named::datastore.sharing_level;
end
$$;
comment on function datastore.read_level(text, datastore.sharing_level) is
  'A sharing level by its name. below: only those before this one. Errors: DS400, with the levels that are expected, at /role.';

create or replace function datastore.own_container(container_id uuid default null) returns uuid
language plpgsql stable as $$
declare
  found_id uuid;
begin
  if own_container.container_id is null and datastore.acting_user() is null then
    perform datastore.refuse('DS403', 'nobody is acting: call datastore.act_as(user_id) in the same statement, or name a container_id');
  end if;
  select container.container_id into found_id
  from datastore.container
  where container.container_id = coalesce(own_container.container_id, datastore.acting_container());
  if found_id is null then
    perform datastore.refuse('DS404', coalesce('there is no container ' || own_container.container_id, 'the acting user has no container'));
  end if;
  return found_id;
end
$$;
comment on function datastore.own_container(uuid) is
  'The container that a call works in: the one named, else the acting user''s. Errors: DS403 when neither is given, DS404.';

create or replace function datastore.lock_container(container_id uuid) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform datastore.check_acting('datastore.container');
  perform datastore.check_may_write(array[lock_container.container_id]);
  perform from datastore.container where container.container_id = lock_container.container_id for no key update;
end
$$;
comment on function datastore.lock_container(uuid) is
  'Has other calls that make picture sets in a container wait until the transaction ends. A row is locked by a role that may update it, and the role of backends may not update containers. Errors: DS403.';

create or replace function datastore.act_as_worker() returns void
language plpgsql volatile as $$
declare
  worker_role name := datastore.role_name('worker');
begin
  -- What may be set as the role depends on who logged in, not on who asks now.
  if not datastore.role_is_there('worker')
     or not pg_catalog.pg_has_role(session_user, worker_role,
                                   case when current_setting('server_version_num')::integer >= 160000 then 'SET' else 'MEMBER' end) then
    perform datastore.refuse('DS403', format(
      'the containers in storage, and their keys, are the business of the role %s, and %s is not in it: grant it, or leave them to datastore-db keys renew with a login that is',
      worker_role, session_user));
  end if;
  perform pg_catalog.set_config('datastore.acting', '', true);
  perform pg_catalog.set_config('role', worker_role, true);
end
$$;
comment on function datastore.act_as_worker() is
'For the rest of the transaction no user acts, and the role of workers asks, which sees every container. It is
for what a backend does by the way for the container of a user, such as making its keys, where the backend''s
login is in that role as well. Call it as a statement of its own before the one that needs it; in a pipeline
both are one transaction and one round trip.

Answer: nothing
Errors: `DS403`: the login is not in the role of workers';
