-- Groups, with which containers are shared. Row-level security says whose they are: sql/people/policies.sql.

create or replace function datastore.find_group(
  group_id uuid, as_owner boolean default false
) returns datastore.user_group
language plpgsql stable as $$
declare
  found_group datastore.user_group;
begin
  select * into found_group
  from datastore.user_group
  where user_group.group_id = find_group.group_id
    -- Said here as well as in the policy, which does not bind functions that run as their owner.
    and (datastore.acting_user() is null
         or user_group.group_id in (select datastore.acting_groups(false)
           union all select datastore.acting_invitations()));
  if not found then
    perform datastore.refuse('DS404', format('there is no group %s', coalesce(find_group.group_id::text, 'NULL')));
  end if;
  if find_group.as_owner and datastore.acting_user() is not null
     and found_group.group_id not in (select datastore.acting_groups(true)) then
    perform datastore.refuse('DS403', format('only an owner of the group %s may do this', to_json(found_group.name)));
  end if;
  return found_group;
end
$$;
comment on function datastore.find_group(uuid, boolean) is
  'The row of a group that the acting user is in. as_owner: they must be an owner of it. Errors: DS403, DS404.';

create or replace function datastore.find_group_named(name text) returns uuid
language plpgsql stable as $$
declare
  found_ids uuid[] := array(
    select user_group.group_id from datastore.user_group
    where user_group.group_id::text = lower(find_group_named.name)
      or lower(user_group.name) = lower(find_group_named.name)
    order by user_group.created_at);
begin
  if found_ids = '{}' then
    perform datastore.refuse('DS404', format('there is no group %s that the acting user is in',
        coalesce(to_json(find_group_named.name)::text, 'NULL')));
  elsif cardinality(found_ids) > 1 then
    perform datastore.refuse('DS409', format('%s groups are named %s: name one by its id, %s',
      cardinality(found_ids), to_json(find_group_named.name), array_to_string(found_ids, ', ')));
  end if;
  return found_ids[1];
end
$$;
comment on function datastore.find_group_named(text) is
'The id of the group of this name, without regard to case, or with this id, among those that the acting user is
in. Errors: `DS404`, `DS409` where several have it.';

create or replace function datastore.group_json(group_id uuid) returns jsonb
language sql stable
begin atomic
  -- It is called by functions that run as their owner, too, so it checks what the caller may see.
  select jsonb_build_object(
    'group_id', user_group.group_id,
    'name', user_group.name,
    'invited', caller.is_invited,
    'members', case when caller.is_invited then '[]' else (
      select coalesce(jsonb_agg(jsonb_build_object(
        'user_id', member.user_id, 'email', user_account.email, 'role', member.role,
        'accepted', member.accepted_at is not null)
        order by user_account.email), '[]')
      from datastore.membership as member
      left join datastore.user_account on user_account.user_id = member.user_id
      where member.group_id = user_group.group_id and (member.accepted_at is not null or caller.is_owner)) end,
    'containers', case when caller.is_invited then '[]' else (
      select coalesce(jsonb_agg(jsonb_build_object(
        'container_id', share.container_id, 'container_name', container.name,
        'email', user_account.email, 'role', share.role)
        order by container.name), '[]')
      from datastore.container_share as share
      left join datastore.container on container.container_id = share.container_id
      left join datastore.user_account on user_account.user_id = container.user_id
      where share.group_id = user_group.group_id) end)
  from datastore.user_group
  cross join lateral (
    select datastore.acting_user() is null or user_group.group_id in (select datastore.acting_groups(true)) as is_owner,
           user_group.group_id in (select datastore.acting_invitations()) as is_invited
  ) as caller
  where user_group.group_id = group_json.group_id;
end;
comment on function datastore.group_json(uuid) is
  'A group: {group_id, name, invited: has the acting user yet to join it, members: [{user_id, email, role, '
  'accepted}], containers: [{container_id, container_name, email, role}]}. Invitations to others are seen by owners '
  'of the group, and an invited user sees its name alone.';

create or replace function datastore.create_group(name text) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  made_id uuid;
  acting_id uuid := datastore.acting_user();
begin
  perform datastore.check_acting('datastore.user_group');
  if create_group.name is null or char_length(btrim(create_group.name)) not between 1 and 255 then
    perform datastore.refuse('DS400', 'invalid name of a group',
      jsonb_build_array(datastore.error_row('/name', 'minLength', 'expected 1 to 255 characters')));
  end if;
  insert into datastore.user_group (name) values (btrim(create_group.name))
  on conflict do nothing
  returning user_group.group_id into made_id;
  if made_id is null then
    perform datastore.refuse('DS409',
      format('the acting user made a group named %s already', to_json(btrim(create_group.name))));
  end if;
  if acting_id is not null then
    insert into datastore.membership (group_id, user_id, role, accepted_at) values (made_id, acting_id, 'owner', now());
  end if;
  return datastore.group_json(made_id);
end
$$;
comment on function datastore.create_group(text) is
'Makes a group. The acting user is its first owner.

Answer: `{group_id, name, invited, members: [{user_id, email, role, accepted}], containers: [{container_id,
  container_name, email, role}]}`
Errors: `DS400` for a name of none or more than 255 characters, `DS409` for one that the same user gave already';

create or replace function datastore.delete_group(group_id uuid) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  known datastore.user_group;
begin
  perform datastore.check_acting('datastore.user_group');
  -- Not within the DELETE: where there is no group at all, that would ask nothing, and refuse nothing.
  known := datastore.find_group(delete_group.group_id, true);
  delete from datastore.user_group where user_group.group_id = known.group_id;
end
$$;
comment on function datastore.delete_group(uuid) is
'Deletes a group: nothing is shared with its members any more, and no picture is touched. Errors: `DS403`,
`DS404`.';

create or replace function datastore.set_member(group_id uuid, email text, role text default 'reader') returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  known datastore.user_group;
  member_id uuid;
  level datastore.sharing_level;
begin
  perform datastore.check_acting('datastore.membership');
  known := datastore.find_group(set_member.group_id, true);
  member_id := (datastore.find_user(set_member.email) ->> 'user_id')::uuid;
  level := datastore.read_level(set_member.role);
  -- Two changes wait for each other here, so that the last owner stays.
  perform from datastore.user_group where user_group.group_id = known.group_id for no key update;
  if level < 'owner' then
    perform datastore.check_not_last_owner(known.group_id, member_id);
  end if;
  insert into datastore.membership as known_member (group_id, user_id, role, accepted_at)
  values (known.group_id, member_id, level, case when datastore.acting_user() is null then now() end)
  on conflict on constraint membership_pkey do update set role = excluded.role
  where known_member.role <> excluded.role;
  return datastore.group_json(known.group_id);
end
$$;
comment on function datastore.set_member(uuid, text, text) is
'Invites a user to a group, or gives a member another role. Nothing is seen on either side until the user accepts
with join_group; without an acting user the invitation is accepted at once. A role is a sharing level: a *reader*
sees what is shared with the group, a *contributor* changes it, too, and an *owner* says, moreover, who is in it.

Answer: the group, as `create_group` answers it
Errors: `DS400` for another role, `DS403` without the level owner in the group, `DS404` for the group or the
  address, `DS409` for its last owner';

create or replace function datastore.check_not_last_owner(group_id uuid, user_id uuid) returns void
language plpgsql stable as $$
begin
  if array[check_not_last_owner.user_id] = array(
    select membership.user_id from datastore.membership
    where membership.group_id = check_not_last_owner.group_id and membership.role = 'owner'
      and membership.accepted_at is not null) then
    perform datastore.refuse('DS409',
      'they are the last owner of the group: make another member an owner first, or delete it');
  end if;
end
$$;
comment on function datastore.check_not_last_owner(uuid, uuid) is 'Raises DS409 for the only owner of a group.';

create or replace function datastore.join_group(group_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  update datastore.membership
  set accepted_at = coalesce(membership.accepted_at, now())
  where membership.group_id = join_group.group_id and membership.user_id = datastore.acting_user();
  if not found then
    perform datastore.refuse('DS404',
      format('the acting user has no invitation to a group %s', coalesce(join_group.group_id::text, 'NULL')));
  end if;
  return datastore.group_json(join_group.group_id);
end
$$;
comment on function datastore.join_group(uuid) is
'Accepts the acting user''s invitation to a group, and answers the group. remove_member declines one. Errors:
`DS404` without an invitation.';

create or replace function datastore.remove_member(group_id uuid, email text) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  member_id uuid;
  known datastore.user_group;
begin
  perform datastore.check_acting('datastore.membership');
  -- First the group: a user outside of it does not learn whether there is such a user.
  perform datastore.find_group(remove_member.group_id);
  member_id := (datastore.find_user(remove_member.email) ->> 'user_id')::uuid;
  known := datastore.find_group(remove_member.group_id, member_id is distinct from datastore.acting_user());
  -- Two changes wait for each other here, so that the last owner stays.
  perform from datastore.user_group where user_group.group_id = known.group_id for no key update;
  perform datastore.check_not_last_owner(known.group_id, member_id);
  delete from datastore.membership where membership.group_id = known.group_id and membership.user_id = member_id;
  if not found then
    perform datastore.refuse('DS404', format('%s is not in the group %s', remove_member.email, to_json(known.name)));
  end if;
  return case when member_id is distinct from datastore.acting_user() then datastore.group_json(known.group_id) end;
end
$$;
comment on function datastore.remove_member(uuid, text) is
'Takes a user out of a group; each member may leave. Answers the group, `NULL` to a member who left. Errors: `DS403`,
`DS404`, `DS409` for its last owner.';

create or replace function datastore.rebuild_groups() returns jsonb
language sql stable
return (select coalesce(jsonb_agg(datastore.group_json(user_group.group_id)
    order by user_group.name, user_group.created_at), '[]') from datastore.user_group);
comment on function datastore.rebuild_groups() is
'The groups of the acting user, with their members and what is shared with them, and their invitations: an array
of what create_group answers.';

-- What the history tells of these tables
do $$
begin
  perform datastore.audit_table('datastore.user_group', '{name}');
  perform datastore.audit_table('datastore.membership', '{user_id,role,accepted_at}', 'group_id');
end
$$;
