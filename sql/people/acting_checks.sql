-- A function that runs as its owner asks what its caller may, before it does what the caller alone could not.

create or replace function datastore.calling_role() returns name
language sql stable
-- SECURITY DEFINER changes current_user, and leaves this setting as SET ROLE made it.
return case current_setting('role') when 'none' then session_user else current_setting('role') end;
comment on function datastore.calling_role() is
  'The role as which a session runs, also inside of functions that run as their owner.';

create or replace function datastore.check_acting(changed regclass) returns void
language plpgsql stable as $$
begin
  if datastore.acting_user() is null
     and not pg_catalog.has_table_privilege(datastore.calling_role(), check_acting.changed, 'delete') then
    perform datastore.refuse('DS403', 'no user is acting: call datastore.act_as(user_id) in the same statement');
  end if;
end
$$;
comment on function datastore.check_acting(regclass) is
  'Raises DS403 without an acting user, unless the calling role may change the table by itself. For functions that '
  'run as their owner.';

-- Asked by functions that are about to change something, because a policy would only hide the rows.

create or replace function datastore.may_write(container_id uuid, deed text default 'change') returns boolean
language sql stable
return coalesce(datastore.level_in(container_id) >= datastore.needed_level(deed), false);
comment on function datastore.may_write(uuid, text) is
  'May the acting user change what is in this container, or judge what models said of it? deed: as of '
  'datastore.needed_level(text). Without an acting user, the privileges of the role decide.';

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
      'the acting user may see this container, and not %s it: they have the level %s in it, '
      'and %s is needed. Its owner gives it',
      check_may_write.deed, coalesce(held.level::text, 'none'), datastore.needed_level(check_may_write.deed)));
  end if;
end
$$;
comment on function datastore.check_may_write(uuid[], text) is
  'Raises DS403 for a container that the acting user may see and not change, or not judge. deed: as of '
  'datastore.needed_level(text).';

create or replace function datastore.read_level(
  named text, below datastore.sharing_level default null
) returns datastore.sharing_level
language plpgsql stable as $$
declare
  levels text[] := array(
    select level from unnest(enum_range(null::datastore.sharing_level)) as level
    where read_level.below is null or level < read_level.below);
begin
  if read_level.named is null or read_level.named <> all (levels) then
    perform datastore.refuse('DS400', 'invalid role',
      jsonb_build_array(datastore.error_row('/role', 'enum',
        'expected ' || concat_ws(' or ',
        nullif(array_to_string(trim_array(levels, 1), ', '), ''), levels[cardinality(levels)]))));
  end if;
  return read_level.named::datastore.sharing_level;
end
$$;
comment on function datastore.read_level(text, datastore.sharing_level) is
  'A sharing level by its name. below: only those before this one. Errors: DS400, with the levels that are '
  'expected, at /role.';

create or replace function datastore.own_container(container_id uuid default null) returns uuid
language plpgsql stable as $$
declare
  found_id uuid;
begin
  if own_container.container_id is null and datastore.acting_user() is null then
    perform datastore.refuse('DS403',
      'no acting user: call datastore.act_as(user_id) in the same statement, or name a container_id');
  end if;
  select container.container_id into found_id
  from datastore.container
  where container.container_id = coalesce(own_container.container_id, datastore.acting_container());
  if found_id is null then
    perform datastore.refuse('DS404',
      coalesce('there is no container ' || own_container.container_id, 'the acting user has no container'));
  end if;
  return found_id;
end
$$;
comment on function datastore.own_container(uuid) is
  'The container that a call works in: the one named, else the acting user''s. Errors: DS403 when neither is given, '
  'DS404.';

create or replace function datastore.lock_container(container_id uuid) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform datastore.check_acting('datastore.container');
  perform datastore.check_may_write(array[lock_container.container_id]);
  perform from datastore.container where container.container_id = lock_container.container_id for no key update;
end
$$;
comment on function datastore.lock_container(uuid) is
  'Has other calls that make picture sets in a container wait until the transaction ends. A row is locked by a role '
  'that may update it, and the role of backends may not update containers. Errors: DS403.';

create or replace function datastore.act_as_worker() returns void
language plpgsql volatile as $$
declare
  worker_role name := datastore.role_name('worker');
begin
  -- What may be set as the role depends on the login, not on the acting user.
  if not datastore.role_is_there('worker')
     or not pg_catalog.pg_has_role(session_user, worker_role,
                                   case when current_setting('server_version_num')::integer >= 160000
                                     then 'SET' else 'MEMBER' end) then
    perform datastore.refuse('DS403', format(
      'the containers in storage, and their keys, are the business of the role %s, and %s is '
      'not in it: grant it, or leave them to datastore-db keys renew with a login that is',
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
