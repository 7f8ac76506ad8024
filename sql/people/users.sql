create or replace function datastore.user_json(user_id uuid) returns jsonb
language sql stable parallel safe
return (
  select jsonb_build_object(
    'user_id', user_account.user_id,
    'email', user_account.email,
    'site_role', user_account.site_role,
    'container_id', container.container_id,
    'container_name', container.name,
    'picture_set_id', (
      select picture_set.picture_set_id from datastore.picture_set
      where picture_set.container_id = container.container_id
      order by picture_set.position limit 1))
  from datastore.user_account
  join datastore.container on container.user_id = user_account.user_id
  where user_account.user_id = user_json.user_id
);
comment on function datastore.user_json(uuid) is 'What register_user and find_user answer.';

create or replace function datastore.register_user(email text, tier text default 'user') returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  person datastore.user_account;
  home datastore.container;
begin
  if datastore.email_v1(to_jsonb(register_user.email)) is not true then
    perform datastore.refuse('DS400', 'invalid email address',
      jsonb_build_array(datastore.error_row('/email', 'format', 'expected an email address such as ana@example.org')));
  end if;
  if datastore.is_tier(register_user.tier) is not true then
    perform datastore.refuse('DS400', 'invalid tier',
      jsonb_build_array(datastore.error_row('/tier', 'pattern',
        'expected lower-case letters, digits and single hyphens, 26 characters at most, as the '
      'name of an Azure container allows')));
  end if;

  insert into datastore.user_account (email) values (register_user.email)
  on conflict (lower(user_account.email)) do nothing;
  -- The lock lets one of several registrations make the container; the others then find it.
  select * into strict person from datastore.user_account
  where lower(user_account.email) = lower(register_user.email) for no key update;

  select * into home from datastore.container where container.user_id = person.user_id;
  if not found then
    insert into datastore.container (user_id, tier) values (person.user_id, register_user.tier) returning * into home;
    insert into datastore.picture_set (container_id, name, created_by, edited_by)
    values (home.container_id, 'General', person.user_id, person.user_id);
  elsif home.tier <> register_user.tier then
    perform datastore.refuse('DS409', format('%s is registered with the tier %s already', person.email, home.tier));
  end if;
  return datastore.user_json(person.user_id);
end
$$;
comment on function datastore.register_user(text, text) is
'Registers a user, with a container and a first picture set that is named *General*. The same address again, in
whatever case, gives the same answer. Several calls at once make one user.

email: the address; it is kept as written, and compared without regard to case
tier: the first part of the container''s name: lower-case letters, digits and single hyphens, 26 characters at
  most
Answer: `user_id`, `email`, `site_role`, `container_id`, `container_name`, and `picture_set_id` of the default
  set
Errors: `DS400`: not an address, or not a tier · `DS409`: registered with another tier already';

create or replace function datastore.find_user(email text) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  found_id uuid := (select user_account.user_id from datastore.user_account
    where lower(user_account.email) = lower(find_user.email));
begin
  if found_id is null then
    perform datastore.refuse('DS404',
      format('there is no user with the email address %s', coalesce(find_user.email, 'NULL')));
  end if;
  return datastore.user_json(found_id);
end
$$;
comment on function datastore.find_user(text) is
'The user with this address, compared without regard to case.

Answer: as of register_user
Errors: `DS404`';

create or replace function datastore.set_site_role(email text, site_role text) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  known_id uuid;
begin
  perform datastore.check_acting('datastore.user_account');
  perform datastore.check_site_role('administrator');
  if set_site_role.site_role is null or set_site_role.site_role not in ('user', 'verifier', 'administrator') then
    perform datastore.refuse('DS400', 'invalid site role',
      jsonb_build_array(datastore.error_row('/site_role', 'enum', 'expected user, verifier or administrator')));
  end if;
  known_id := (datastore.find_user(set_site_role.email) ->> 'user_id')::uuid;
  update datastore.user_account set site_role = set_site_role.site_role
  where user_account.user_id = known_id and user_account.site_role <> set_site_role.site_role;
  return datastore.user_json(known_id);
end
$$;
comment on function datastore.set_site_role(text, text) is
'Gives a user a role for what all containers share: `verifier` reviews species, `administrator` moreover
registers models and pipelines, and gives site roles; `user` takes them back. It is in the history. The first
administrator is made by the database''s owner, without an acting user.

Answer: as of register_user
Errors: `DS400`: another role · `DS403`: the acting user is no administrator · `DS404`';

-- What the history tells of these tables
do $$
begin
  perform datastore.audit_table('datastore.user_account', '{email,site_role}');
end
$$;
