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

create or replace function datastore.shared_containers(may_write boolean) returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return query
    select share.container_id
    from datastore.membership
    join datastore.container_share as share on share.group_id = membership.group_id
    where membership.user_id = datastore.acting_user() and membership.accepted_at is not null
      and (not shared_containers.may_write or (membership.role <> 'reader' and share.role <> 'reader'))
    union all
    select published.container_id
    from datastore.container_publication as published
    where not shared_containers.may_write and datastore.acting_user() is not null;
end
$$;
comment on function datastore.shared_containers(boolean) is
  'Containers that others share with the acting user, through a group or with everybody: those to see, or with may_write those to change.';

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
    where container.container_id in (select datastore.shared_containers(false));
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

create or replace function datastore.may_write(container_id uuid) returns boolean
language plpgsql stable as $$
declare
  acting_id uuid := datastore.acting_user();
  home_id uuid := datastore.acting_home();
begin
  if acting_id is null or may_write.container_id = home_id then
    return true;
  end if;
  return may_write.container_id in (select datastore.shared_containers(true));
end
$$;
comment on function datastore.may_write(uuid) is 'May the acting user change what is in this container? Where nobody acts, the privileges of the role decide.';

create or replace function datastore.check_may_write(container_ids uuid[]) returns void
language plpgsql stable as $$
begin
  if datastore.acting_user() is not null
     and exists (select from (select distinct unnest(container_ids)) as named(container_id) where not datastore.may_write(named.container_id)) then
    perform datastore.refuse('DS403', 'the acting user may see this container, and not change it: its owner shares it with readers only');
  end if;
end
$$;
comment on function datastore.check_may_write(uuid[]) is 'Raises DS403 for a container that the acting user may see and not change.';

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
