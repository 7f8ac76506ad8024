-- Who asks. A backend calls: select … from datastore.act_as($1). Without it a call runs as the connection's own role,
-- which sees every container.

create or replace function datastore.act_as(user_id uuid) returns void
language plpgsql volatile as $$
begin
  if not exists (select from datastore.user_account where user_account.user_id = act_as.user_id) then
    perform datastore.refuse('DS404', format('there is no user %s', coalesce(act_as.user_id::text, 'NULL')));
  end if;
  perform set_config('datastore.user_id', act_as.user_id::text, true);
end
$$;
comment on function datastore.act_as(uuid) is
  'Who is asking, for the rest of the transaction. Use: select … from datastore.act_as($1). Errors: DS404 for an unknown user.';

create or replace function datastore.acting_user() returns uuid
language sql stable parallel safe
return nullif(current_setting('datastore.user_id', true), '')::uuid;
comment on function datastore.acting_user() is 'The user set by datastore.act_as, else NULL.';

create or replace function datastore.may_see(owner_id uuid) returns boolean
language sql stable parallel safe
return coalesce(owner_id = datastore.acting_user(), datastore.acting_user() is null);
comment on function datastore.may_see(uuid) is 'May the acting user see the container of this user?';

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
  where (container.container_id = own_container.container_id
         or own_container.container_id is null and container.user_id = datastore.acting_user())
    and datastore.may_see(container.user_id);
  if found_id is null then
    perform datastore.refuse('DS404', coalesce('there is no container ' || own_container.container_id, 'the acting user has no container'));
  end if;
  return found_id;
end
$$;
comment on function datastore.own_container(uuid) is
  'The container that a call works in: the one named, else the acting user''s. Errors: DS403 when neither is given, DS404.';
