-- Whether others see the personal data of a container's pictures. Row-level security asks: sql/access/policies.sql.

create or replace function datastore.may_see_personal_data(container_id uuid) returns boolean
language sql stable
return datastore.acting_user() is null
  or may_see_personal_data.container_id = datastore.acting_container()
  or exists (
    select from datastore.personal_data_share as shown
    where shown.container_id = may_see_personal_data.container_id);
comment on function datastore.may_see_personal_data(uuid) is
  'May the acting user see the personal data of the pictures in this container, which they see: is it theirs, or '
  'does its owner show it? Without an acting user, the privileges of the role decide.';

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
'Shows the personal data of the pictures in the acting user''s container (or the one named) to every user who sees
the container, or no longer; links end then as with unshare_container. See docs/access.md#personal-data.

Answer: the container, and `ended_links`: how many
Errors: `DS403` · `DS404`';

-- What the history tells of these tables
do $$
begin
  perform datastore.audit_table('datastore.personal_data_share', '{}');
end
$$;
