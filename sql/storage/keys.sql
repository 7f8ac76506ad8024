-- Keys of containers: which one to use, and which are due.

create or replace function datastore.usable_key(container_id uuid, permission text) returns jsonb
language sql stable parallel safe
return (
  select jsonb_build_object(
    'key_id', known.key_id, 'kek_id', known.kek_id,
    'nonce', datastore.to_base64(known.nonce), 'ciphertext', datastore.to_base64(known.ciphertext),
    'starts_at', known.starts_at, 'expires_at', known.expires_at, 'is_settled', known.settled_at <= now())
  from datastore.container_key as known
  where known.container_id = usable_key.container_id and known.permission = usable_key.permission
    and not known.is_handed_out and known.revoked_at is null and known.removed_at is null and known.expires_at > now()
  -- A new policy may be unknown to storage for a while; until then the old one is good.
  order by known.settled_at <= now() desc, known.issued_at desc
  limit 1);
comment on function datastore.usable_key(uuid, text) is
  'The key of a container to use now, sealed; NULL if there is none. Without a check of rights.';

create or replace function datastore.lacking_keys(container_id uuid) returns text[]
language sql stable parallel safe
return (
  select coalesce(array_agg(needed.permission order by needed.permission), '{}')
  from unnest(array['read', 'write']) as needed(permission)
  where not exists (
    select from datastore.container_key as known
    where known.container_id = lacking_keys.container_id and known.permission = needed.permission
      and not known.is_handed_out and known.retires_at is null and known.revoked_at is null and known.removed_at is null
      and now() < known.expires_at - (known.expires_at - known.starts_at) / 3));
comment on function datastore.lacking_keys(uuid) is
  'For what a container needs a new key: read, write. A key needs a successor when a third of its life is left.';

create or replace function datastore.removable_keys(
  container_id uuid, with_policies boolean default true
) returns setof uuid
language sql stable parallel safe
begin atomic
  select known.key_id
  from datastore.container_key as known
  where known.container_id = removable_keys.container_id and known.removed_at is null
    and (known.expires_at <= now()
         -- Without a policy, storage accepts it until it expires, whatever is decided here.
         or known.policy_name is not null and with_policies and known.revoked_at is not null
         or known.policy_name is not null and with_policies and known.retires_at <= now() and exists (
           select from datastore.container_key as successor
           where successor.container_id = known.container_id and successor.permission = known.permission
             and not successor.is_handed_out and successor.retires_at is null and successor.revoked_at is null
             and successor.removed_at is null
             and successor.settled_at <= now()));
end;
comment on function datastore.removable_keys(uuid, boolean) is
  'Keys that have ended, or whose policy has to go from storage: they were revoked, or their time is over, and '
  'another one is there to be used. with_policies => false: only those that have expired.';

create or replace function datastore.renewal_is_due(
  container_id uuid, with_keys boolean default true, with_policies boolean default true
) returns boolean
language sql stable parallel safe
return (
  select container.ready_at is null or with_keys and datastore.lacking_keys(container.container_id) <> '{}'
         or exists (select from datastore.removable_keys(container.container_id, with_policies))
  from datastore.container
  where container.container_id = renewal_is_due.container_id);
comment on function datastore.renewal_is_due(uuid, boolean, boolean) is
  'Is there something to do for a container in storage? with_keys: making keys counts, too. with_policies: so does '
  'removing policies.';

create or replace function datastore.container_access(container_id uuid, permission text) returns jsonb
language sql stable parallel safe
return (
  select jsonb_build_object(
    'container_id', container.container_id,
    'container_name', container.name,
    'is_ready', container.ready_at is not null,
    'endpoint', container.endpoint,
    'key', datastore.usable_key(container.container_id, permission),
    'renewal_is_due', datastore.renewal_is_due(container.container_id),
    'is_changing', exists (
      select from datastore.container_renewal as renewal
      where renewal.container_id = container.container_id and renewal.ends_at > now())
      or exists (
      select from datastore.container_key as known
      where known.container_id = container.container_id and known.revoked_at > now() - interval '10 seconds'))
  from datastore.container
  where container.container_id = container_access.container_id);
comment on function datastore.container_access(uuid, text) is
  'What a process needs to reach a container''s blobs, without a check of rights: {container_id, container_name, '
  'is_ready, endpoint, key, renewal_is_due, is_changing}.';

create or replace function datastore.find_container_key(container_id uuid, permission text default 'read') returns jsonb
language plpgsql stable as $$
declare
  home_id uuid := datastore.own_container(find_container_key.container_id);
begin
  if find_container_key.permission is distinct from 'read' then
    perform datastore.check_may_write(array[home_id]);
  end if;
  return datastore.container_access(home_id, find_container_key.permission);
end
$$;
comment on function datastore.find_container_key(uuid, text) is
'What a process needs to reach the blobs of a container.

Answer: `container_id`, `container_name`; `is_ready`: it was made in storage; `endpoint`: where, the address of
  the storage account; `key`: `{key_id, kek_id, nonce, ciphertext, starts_at, expires_at, is_settled}`, sealed
  (docs/storage.md#how-it-is-done), or null; `renewal_is_due`: a process with the account''s credentials should
  make keys; `is_changing`: keys are just being made; where storage refuses the key, ask again in a moment
Errors: `DS403`: a key to write, where the acting user may only read · `DS404`';

create or replace function datastore.container_called(container text) returns jsonb
language plpgsql stable as $$
declare
  answer jsonb;
begin
  select jsonb_build_object('container_id', home.container_id, 'container_name', home.name) into answer
  from datastore.container as home
  left join datastore.user_account on user_account.user_id = home.user_id
  where home.name = container_called.container or home.container_id::text = lower(container_called.container)
    or lower(user_account.email) = lower(container_called.container);
  if answer is null then
    perform datastore.refuse('DS404',
      format('there is no container %s: expected its name, its id, or its user''s email address',
                                             coalesce(to_json(container_called.container)::text, 'NULL')));
  end if;
  return answer;
end
$$;
comment on function datastore.container_called(text) is
'The container with this name or id, or of the user with this email address.

Answer: `container_id`, `container_name`
Errors: `DS404`';
