-- The containers that are shared with groups. Row-level security says whose they are: sql/access/policies.sql.

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
comment on function datastore.require_own_container(uuid) is
  'The container named, which must be the acting user''s own; without a name that one. Errors: DS403, DS404.';

create or replace function datastore.share_container(
  group_id uuid, role text default 'contributor', container_id uuid default null
) returns jsonb
language plpgsql volatile as $$
declare
  known_id uuid := datastore.require_own_container(share_container.container_id);
  known_group datastore.user_group := datastore.find_group(share_container.group_id);
  level datastore.sharing_level := datastore.read_level(share_container.role, 'owner');
begin
  if known_group.group_id in (select datastore.acting_invitations()) then
    perform datastore.refuse('DS403',
      format('the acting user was invited to the group %s: join it first', to_json(known_group.name)));
  end if;
  insert into datastore.container_share as known (container_id, group_id, role)
  values (known_id, known_group.group_id, level)
  on conflict on constraint container_share_pkey do update set role = excluded.role
  where known.role <> excluded.role;
  return datastore.container_json(known_id);
end
$$;
comment on function datastore.share_container(uuid, text, uuid) is
'Shares the acting user''s container (or the one named) with a group that they are in. `role` is what its members
may do at most, a sharing level below *owner*: the lesser of it and a member''s own role counts.

Answer: the container, as `rebuild_containers` lists it
Errors: `DS400` for another role, `DS403` for another user''s container, `DS404`';

create or replace function datastore.unshare_container(group_id uuid, container_id uuid default null) returns jsonb
language plpgsql volatile as $$
declare
  known_id uuid := datastore.require_own_container(unshare_container.container_id);
begin
  if not datastore.remove_share(known_id, unshare_container.group_id) then
    perform datastore.refuse('DS404',
      format('the container is not shared with the group %s', coalesce(unshare_container.group_id::text, 'NULL')));
  end if;
  return datastore.container_json(known_id)
    || jsonb_build_object('ended_links', datastore.revoke_links(jsonb_build_array(known_id), true) -> 'links');
end
$$;
comment on function datastore.unshare_container(uuid, uuid) is
'Shares the acting user''s container (or the one named) with a group no more. Where another user than the owner
handed out links to its pictures, all open links to read end.

Answer: the container, and `ended_links`: how many
Errors: `DS403` · `DS404`';

create or replace function datastore.publish_container(
  is_public boolean default true, container_id uuid default null
) returns jsonb
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
'Lets every user see the acting user''s container (or the one named), or no longer; links end then as with
unshare_container.

Answer: the container, and `ended_links`: how many
Errors: `DS403` · `DS404`';

create or replace function datastore.container_json(container_id uuid) returns jsonb
language sql stable
return (
  select jsonb_build_object(
    'container_id', container.container_id,
    'container_name', container.name,
    'tier', container.tier,
    'is_ready', container.ready_at is not null,
    'email', user_account.email,
    'is_public', exists (select from datastore.container_publication as published
      where published.container_id = container.container_id),
    'shows_personal_data', exists (select from datastore.personal_data_share as shown
      where shown.container_id = container.container_id),
    'permission', datastore.level_in(container.container_id),
    'shared_with', (
      select coalesce(jsonb_agg(jsonb_build_object('group_id', share.group_id, 'name', user_group.name,
          'role', share.role) order by user_group.name), '[]')
      from datastore.container_share as share
      left join datastore.user_group on user_group.group_id = share.group_id
      where share.container_id = container.container_id))
  from datastore.container
  left join datastore.user_account on user_account.user_id = container.user_id
  where container.container_id = container_json.container_id
);
comment on function datastore.container_json(uuid) is
  'A container as the acting user sees it: {container_id, container_name, tier, is_ready: is it made in storage, '
  'email: whose, is_public, shows_personal_data: to everybody who sees it, permission: their sharing level, '
  'shared_with: [{group_id, name, role}]}.';

create or replace function datastore.rebuild_containers() returns jsonb
language sql stable
return (
  select coalesce(jsonb_agg(datastore.container_json(container.container_id) order by
    container.container_id is distinct from datastore.acting_container(), container.created_at), '[]')
  from datastore.container
);
comment on function datastore.rebuild_containers() is
'The containers that the acting user sees, their own first. `permission` is their sharing level in it.

Their folders: rebuild_folders.';

-- What the history tells of these tables
do $$
begin
  perform datastore.audit_table('datastore.container_share', '{group_id,role}', 'container_id');
  perform datastore.audit_table('datastore.container_publication', '{}');
end
$$;
