-- Groups, and the containers that are shared with them. Row-level security says whose they are: sql/security/policies.sql.

create or replace function datastore.find_group(group_id uuid, as_owner boolean default false) returns datastore.user_group
language plpgsql stable as $$
declare
  found_group datastore.user_group;
begin
  select * into found_group
  from datastore.user_group
  where user_group.group_id = find_group.group_id
    -- Said here as well as in the policy, which does not bind functions that run as their owner.
    and (datastore.acting_user() is null
         or user_group.group_id in (select datastore.acting_groups(false) union all select datastore.acting_invitations()));
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
    where user_group.group_id::text = lower(find_group_named.name) or lower(user_group.name) = lower(find_group_named.name)
    order by user_group.created_at);
begin
  if found_ids = '{}' then
    perform datastore.refuse('DS404', format('there is no group %s that the acting user is in', coalesce(to_json(find_group_named.name)::text, 'NULL')));
  elsif cardinality(found_ids) > 1 then
    perform datastore.refuse('DS409', format('%s groups are named %s: name one by its id, %s',
      cardinality(found_ids), to_json(find_group_named.name), array_to_string(found_ids, ', ')));
  end if;
  return found_ids[1];
end
$$;
comment on function datastore.find_group_named(text) is
  'The id of the group of this name, without regard to case, or with this id, among those that the acting user is in. Errors: DS404, DS409 where several have it.';

create or replace function datastore.group_json(group_id uuid) returns jsonb
language sql stable
begin atomic
  -- It is called by functions that run as their owner, too, so what the caller may see is said here.
  select jsonb_build_object(
    'group_id', user_group.group_id,
    'name', user_group.name,
    'invited', caller.is_invited,
    'members', case when caller.is_invited then '[]' else (
      select coalesce(jsonb_agg(jsonb_build_object(
        'user_id', member.user_id, 'email', user_account.email, 'role', member.role, 'accepted', member.accepted_at is not null)
        order by user_account.email), '[]')
      from datastore.membership as member
      left join datastore.user_account on user_account.user_id = member.user_id
      where member.group_id = user_group.group_id and (member.accepted_at is not null or caller.is_owner)) end,
    'containers', case when caller.is_invited then '[]' else (
      select coalesce(jsonb_agg(jsonb_build_object(
        'container_id', share.container_id, 'container_name', container.name, 'email', user_account.email, 'role', share.role)
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
  'A group: {group_id, name, invited: has the acting user yet to join it, members: [{user_id, email, role, accepted}], containers: [{container_id, container_name, email, role}]}. Invitations to others are seen by owners of the group, and an invited user sees its name alone.';

create or replace function datastore.create_group(name text) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  made_id uuid;
  acting_id uuid := datastore.acting_user();
begin
  perform datastore.check_acting('datastore.user_group');
  if create_group.name is null or char_length(btrim(create_group.name)) not between 1 and 255 then
    perform datastore.refuse('DS400', 'invalid name of a group', jsonb_build_array(jsonb_build_object(
      'instance_path', '/name', 'keyword', 'minLength', 'message', 'expected 1 to 255 characters')));
  end if;
  insert into datastore.user_group (name) values (btrim(create_group.name))
  on conflict do nothing
  returning user_group.group_id into made_id;
  if made_id is null then
    perform datastore.refuse('DS409', format('the acting user made a group named %s already', to_json(btrim(create_group.name))));
  end if;
  if acting_id is not null then
    insert into datastore.membership (group_id, user_id, role, accepted_at) values (made_id, acting_id, 'owner', now());
  end if;
  return datastore.group_json(made_id);
end
$$;
comment on function datastore.create_group(text) is
  'Makes a group, with the acting user as its owner, and answers {group_id, name, members, containers}. Errors: DS400, DS409 for a name that the same user gave already.';

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
  'Deletes a group: nothing is shared with its members any more, and no picture is touched. Errors: DS403 for who is not its owner, DS404.';

create or replace function datastore.set_member(group_id uuid, email text, role text default 'reader') returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  known datastore.user_group;
  member_id uuid;
begin
  perform datastore.check_acting('datastore.membership');
  known := datastore.find_group(set_member.group_id, true);
  member_id := (datastore.find_user(set_member.email) ->> 'user_id')::uuid;
  if set_member.role is null or set_member.role not in ('reader', 'contributor', 'owner') then
    perform datastore.refuse('DS400', 'invalid role', jsonb_build_array(jsonb_build_object(
      'instance_path', '/role', 'keyword', 'enum', 'message', 'expected reader, contributor or owner')));
  end if;
  -- Two changes wait for each other here, so that the last owner stays.
  perform from datastore.user_group where user_group.group_id = known.group_id for no key update;
  if set_member.role <> 'owner' then
    perform datastore.check_not_last_owner(known.group_id, member_id);
  end if;
  insert into datastore.membership as known_member (group_id, user_id, role, accepted_at)
  values (known.group_id, member_id, set_member.role, case when datastore.acting_user() is null then now() end)
  on conflict on constraint membership_pkey do update set role = excluded.role
  where known_member.role <> excluded.role;
  return datastore.group_json(known.group_id);
end
$$;
comment on function datastore.set_member(uuid, text, text) is
  'Invites a user to a group, or gives a member another role: reader, contributor or owner. An invitation is accepted with datastore.join_group(uuid); one that is given without an acting user is accepted at once. Answers the group. Errors: DS400, DS403 for who is not an owner of it, DS404 for the group or the email address, DS409 for its last owner.';

create or replace function datastore.check_not_last_owner(group_id uuid, user_id uuid) returns void
language plpgsql stable as $$
begin
  if array[check_not_last_owner.user_id] = array(
    select membership.user_id from datastore.membership
    where membership.group_id = check_not_last_owner.group_id and membership.role = 'owner' and membership.accepted_at is not null) then
    perform datastore.refuse('DS409', 'they are the last owner of the group: make somebody else an owner first, or delete it');
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
    perform datastore.refuse('DS404', format('the acting user has no invitation to a group %s', coalesce(join_group.group_id::text, 'NULL')));
  end if;
  return datastore.group_json(join_group.group_id);
end
$$;
comment on function datastore.join_group(uuid) is
  'Accepts the acting user''s invitation to a group; again: the same answer. Answers the group. Errors: DS404 without an invitation.';

create or replace function datastore.remove_member(group_id uuid, email text) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  member_id uuid;
  known datastore.user_group;
begin
  perform datastore.check_acting('datastore.membership');
  -- First the group: who is not in it is not told whether there is such a user.
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
  'Takes a user out of a group; everybody may leave. Answers the group, NULL to who left. Errors: DS403 for who is not an owner of it, DS404, DS409 for its last owner.';

create or replace function datastore.rebuild_groups() returns jsonb
language sql stable
return (select coalesce(jsonb_agg(datastore.group_json(user_group.group_id) order by user_group.name, user_group.created_at), '[]') from datastore.user_group);
comment on function datastore.rebuild_groups() is
  'The groups of the acting user, with their members and what is shared with them, and their invitations: an array as of datastore.group_json(uuid).';

create or replace function datastore.require_own_container(container_id uuid default null) returns uuid
language plpgsql stable as $$
declare
  known_id uuid := datastore.own_container(require_own_container.container_id);
begin
  if datastore.acting_user() is not null and known_id is distinct from datastore.acting_home() then
    perform datastore.refuse('DS403', 'only its owner may do this with a container');
  end if;
  return known_id;
end
$$;
comment on function datastore.require_own_container(uuid) is 'The container named, which must be the acting user''s own; without a name that one. Errors: DS403, DS404.';

create or replace function datastore.share_container(group_id uuid, role text default 'contributor', container_id uuid default null) returns jsonb
language plpgsql volatile as $$
declare
  known_id uuid := datastore.require_own_container(share_container.container_id);
  known_group datastore.user_group := datastore.find_group(share_container.group_id);
begin
  if share_container.role is null or share_container.role not in ('reader', 'contributor') then
    perform datastore.refuse('DS400', 'invalid role', jsonb_build_array(jsonb_build_object(
      'instance_path', '/role', 'keyword', 'enum', 'message', 'expected reader or contributor')));
  end if;
  if known_group.group_id in (select datastore.acting_invitations()) then
    perform datastore.refuse('DS403', format('the acting user was invited to the group %s: join it first', to_json(known_group.name)));
  end if;
  insert into datastore.container_share as known (container_id, group_id, role)
  values (known_id, known_group.group_id, share_container.role)
  on conflict on constraint container_share_pkey do update set role = excluded.role
  where known.role <> excluded.role;
  return datastore.container_json(known_id);
end
$$;
comment on function datastore.share_container(uuid, text, uuid) is
  'Shares the acting user''s container (or the one named) with a group that they are in. role: what its members may do at most, reader or contributor. Answers the container, as rebuild_containers does. Errors: DS400, DS403, DS404.';

create or replace function datastore.unshare_container(group_id uuid, container_id uuid default null) returns jsonb
language plpgsql volatile as $$
declare
  known_id uuid := datastore.require_own_container(unshare_container.container_id);
begin
  if not datastore.remove_share(known_id, unshare_container.group_id) then
    perform datastore.refuse('DS404', format('the container is not shared with the group %s', coalesce(unshare_container.group_id::text, 'NULL')));
  end if;
  return datastore.container_json(known_id)
    || jsonb_build_object('ended_links', datastore.revoke_links(jsonb_build_array(known_id), true) -> 'links');
end
$$;
comment on function datastore.unshare_container(uuid, uuid) is
  'Shares the acting user''s container (or the one named) with a group no more. Where somebody else than the owner handed out links to its pictures, all open links to read end. Answers the container, and ended_links: how many. Errors: DS403, DS404.';

create or replace function datastore.publish_container(is_public boolean default true, container_id uuid default null) returns jsonb
language plpgsql volatile as $$
#variable_conflict use_column
declare
  known_id uuid := datastore.require_own_container(publish_container.container_id);
  ended_links jsonb := '0';
begin
  if publish_container.is_public then
    insert into datastore.container_publication (container_id) values (known_id)
    on conflict (container_id) do nothing;
  else
    perform datastore.remove_publication(known_id);
    ended_links := datastore.revoke_links(jsonb_build_array(known_id), true) -> 'links';
  end if;
  return datastore.container_json(known_id) || jsonb_build_object('ended_links', ended_links);
end
$$;
comment on function datastore.publish_container(boolean, uuid) is
  'Lets every user see the acting user''s container (or the one named), or no longer; links end then as with datastore.unshare_container. Answers the container, and ended_links. Errors: DS403, DS404.';

create or replace function datastore.container_json(container_id uuid) returns jsonb
language sql stable
return (
  select jsonb_build_object(
    'container_id', container.container_id,
    'container_name', container.name,
    'tier', container.tier,
    'is_ready', container.ready_at is not null,
    'email', user_account.email,
    'is_public', exists (select from datastore.container_publication as published where published.container_id = container.container_id),
    'shows_personal_data', exists (select from datastore.personal_data_share as shown where shown.container_id = container.container_id),
    'permission', case
      when datastore.acting_user() is null or container.container_id = datastore.acting_container() then 'owner'
      when datastore.may_write(container.container_id) then 'contributor' else 'reader' end,
    'shared_with', (
      select coalesce(jsonb_agg(jsonb_build_object('group_id', share.group_id, 'name', user_group.name, 'role', share.role) order by user_group.name), '[]')
      from datastore.container_share as share
      left join datastore.user_group on user_group.group_id = share.group_id
      where share.container_id = container.container_id))
  from datastore.container
  left join datastore.user_account on user_account.user_id = container.user_id
  where container.container_id = container_json.container_id
);
comment on function datastore.container_json(uuid) is
  'A container as the acting user sees it: {container_id, container_name, tier, is_ready: is it made in storage, email: whose, is_public, shows_personal_data: to everybody who sees it, permission: owner, contributor or reader, shared_with: [{group_id, name, role}]}.';

create or replace function datastore.rebuild_containers() returns jsonb
language sql stable
return (
  select coalesce(jsonb_agg(datastore.container_json(container.container_id) order by
    container.container_id is distinct from datastore.acting_container(), container.created_at), '[]')
  from datastore.container
);
comment on function datastore.rebuild_containers() is
  'The containers that the acting user sees, their own first: see datastore.container_json(uuid). Their folders: datastore.rebuild_folders(container_id).';

create or replace function datastore.rebuild_audit(
  entity_id uuid default null, container_id uuid default null, since timestamptz default null, how_many integer default 100
) returns jsonb
language plpgsql stable as $$
declare
  told_ids bigint[];
  is_administrator boolean := datastore.acting_site_role() is not distinct from 'administrator';
begin
  if datastore.acting_user() is null or rebuild_audit.entity_id is not null or rebuild_audit.container_id is not null then
    told_ids := array(
      select history.history_id
      from datastore.history
      where (rebuild_audit.entity_id is null or history.entity_id = rebuild_audit.entity_id)
        and (rebuild_audit.container_id is null or history.container_id = rebuild_audit.container_id)
        and (rebuild_audit.since is null or history.acted_at >= rebuild_audit.since)
      order by history.history_id desc
      limit how_many);
  else
    -- Row-level security would find the same, in all that ever happened to anybody.
    told_ids := array(
      select history.history_id
      from datastore.history
      where (history.container_id = any (array(select datastore.acting_container() union all select datastore.shared_containers(true)))
             or history.entity_id = any (array(select datastore.acting_groups(true)))
             or is_administrator and history.container_id is null)
        and (rebuild_audit.since is null or history.acted_at >= rebuild_audit.since)
      order by history.history_id desc
      limit how_many);
  end if;
  return (
    select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
      'at', to_char(told.acted_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
      'action', told.action, 'entity', told.entity, 'entity_id', told.entity_id, 'container_id', told.container_id,
      'by', told.acted_by, 'email', user_account.email, 'database_user', told.acted_as))
      || case when told.before is not null then jsonb_build_object('before', told.before) else '{}' end
      || case when told.after is not null then jsonb_build_object('after', told.after) else '{}' end
      || case when told.claimed is not null then jsonb_build_object('claimed', told.claimed) else '{}' end
      order by told.history_id desc), '[]')
    from datastore.history as told
    left join datastore.user_account on user_account.user_id = told.acted_by
    where told.history_id = any (told_ids));
end
$$;
comment on function datastore.rebuild_audit(uuid, uuid, timestamptz, integer) is
  'What happened, the newest first: [{at, action, entity, entity_id, container_id, by: user id, email: theirs, database_user, before, after, claimed}], of what the acting user may change; an administrator is told moreover of what belongs to no container. entity_id: of one picture, inference, group, …';
