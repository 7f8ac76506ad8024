-- Keys of containers: which one to use, which are due, and what to do about it. Storage follows these rows: a process
-- with the account's credentials begins a renewal, makes in storage what its plan says, and finishes it.

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
  'The key of a container to use now, sealed; NULL if there is none. Without a look at who asks.';

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

create or replace function datastore.removable_keys(container_id uuid, with_policies boolean default true) returns setof uuid
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
             and not successor.is_handed_out and successor.retires_at is null and successor.revoked_at is null and successor.removed_at is null
             and successor.settled_at <= now()));
end;
comment on function datastore.removable_keys(uuid, boolean) is
  'Keys that have ended, or whose policy has to go from storage: they were revoked, or their time is over, and another one is there to be used. with_policies => false: only those that have expired.';

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
  'Is there something to do for a container in storage? with_keys: making keys counts, too. with_policies: so does removing policies.';

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
  'What a process needs to reach a container''s blobs, without a look at who asks: {container_id, container_name, is_ready, endpoint, key, renewal_is_due, is_changing}.';

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
  'What a process needs to reach the blobs of a container that the acting user may read or write: {container_id, container_name, is_ready, endpoint, key, renewal_is_due, is_changing}. key is sealed: {key_id, kek_id, nonce, ciphertext, starts_at, expires_at, is_settled}, null if there is none. Errors: DS403 for a key to write where the acting user may only read, DS404.';

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
    perform datastore.refuse('DS404', format('there is no container %s: expected its name, its id, or its user''s email address',
                                             coalesce(to_json(container_called.container)::text, 'NULL')));
  end if;
  return answer;
end
$$;
comment on function datastore.container_called(text) is
  'The container of this name, id, or email address of its user: {container_id, container_name}. Errors: DS404.';

-- Renewal

create or replace function datastore.check_is_worker() returns void
language plpgsql stable as $$
begin
  if row_security_active('datastore.container') and not pg_has_role(current_user, datastore.role_name('worker'), 'usage') then
    perform datastore.refuse('DS403', format(
      'the containers in storage, and their keys, are the business of the role %s, and %s is not in it: grant it, or leave them to datastore-db keys renew with a login that is',
      datastore.role_name('worker'), current_user));
  end if;
end
$$;
comment on function datastore.check_is_worker() is 'Raises DS403 for a role that sees the containers of some users only.';

create or replace function datastore.renewal_plan(
  container_id uuid, with_keys boolean, lifetime interval, with_policies boolean
) returns jsonb
language sql volatile
begin atomic
  with issue as materialized (
    select gen_random_uuid() as key_id, needed.permission,
           date_trunc('second', now() - interval '15 minutes') as starts_at, date_trunc('second', now() + lifetime) as expires_at
    from unnest(datastore.lacking_keys(renewal_plan.container_id)) as needed(permission)
    where with_keys
  ), known as materialized (
    select live.*, row_number() over (partition by live.is_handed_out, live.permission, live.policy_name is null order by live.issued_at desc) as age
    from datastore.container_key as live
    where live.container_id = renewal_plan.container_id and live.removed_at is null
      and live.key_id not in (select datastore.removable_keys(renewal_plan.container_id, with_policies))
  ), keep as materialized (
    -- Two policies for reading and two for writing, the new ones included.
    select known.* from known
    where known.is_handed_out or known.policy_name is null or not with_policies
       or known.age <= case when exists (select from issue where issue.permission = known.permission) then 1 else 2 end
  )
  select jsonb_build_object(
    'issue', (select coalesce(jsonb_agg(jsonb_build_object(
        'key_id', issue.key_id, 'permission', issue.permission,
        'policy_name', case when with_policies then issue.permission || '-' || issue.key_id end,
        'starts_at', issue.starts_at, 'expires_at', issue.expires_at)), '[]') from issue),
    'keep', (select coalesce(jsonb_agg(distinct jsonb_strip_nulls(jsonb_build_object(
        'policy_name', keep.policy_name, 'permission', keep.permission,
        -- What was handed out says itself when it ends.
        'starts_at', case when not keep.is_handed_out then keep.starts_at end,
        'expires_at', case when not keep.is_handed_out then keep.expires_at end))), '[]')
      from keep where keep.policy_name is not null),
    'remove', (select coalesce(jsonb_agg(gone.key_id), '[]') from datastore.container_key as gone
      where gone.container_id = renewal_plan.container_id and gone.removed_at is null
        and gone.key_id not in (select keep.key_id from keep)));
end;
comment on function datastore.renewal_plan(uuid, boolean, interval, boolean) is
  'What to do for a container in storage: {issue: keys to make, keep: policies that stay, remove: ids of keys that have ended, or whose policies go}. with_policies => false: by whoever can set no policies; new keys have none, and no policy is removed before it expires.';

create or replace function datastore.begin_renewals(
  container_ids jsonb default null, with_keys boolean default true, only_due boolean default true,
  how_many integer default 16, after uuid default null, lifetime interval default null, with_policies boolean default true
) returns jsonb
language plpgsql volatile as $$
declare
  own_id uuid;
  new_id uuid := gen_random_uuid();
begin
  perform datastore.check_is_worker();
  own_id := datastore.own_instance();
  insert into datastore.container_renewal as held (container_id, renewal_id, ends_at)
  select container.container_id, new_id, now() + interval '2 minutes'
  from datastore.container
  where (begin_renewals.container_ids is null
         or container.container_id in (select id::uuid from jsonb_array_elements_text(begin_renewals.container_ids) as id))
    and (begin_renewals.after is null or container.container_id > begin_renewals.after)
    and (not only_due or datastore.renewal_is_due(container.container_id, with_keys, with_policies))
    and not exists (
      select from datastore.container_renewal as other
      where other.container_id = container.container_id and other.ends_at > now())
  order by container.container_id
  limit how_many
  -- Of several processes that come at once one gets the row; the others wait here, and then see that it is taken.
  on conflict (container_id) do update
  set renewal_id = excluded.renewal_id, begun_at = excluded.begun_at, ends_at = excluded.ends_at
  where held.ends_at <= now();

  -- What another process has just finished is seen from here on.
  delete from datastore.container_renewal as held
  where only_due and held.renewal_id = new_id and not datastore.renewal_is_due(held.container_id, with_keys, with_policies);
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
      'container_id', container.container_id, 'container_name', container.name, 'is_ready', container.ready_at is not null,
      'endpoint', container.endpoint, 'renewal_id', held.renewal_id, 'instance_id', own_id)
      || datastore.renewal_plan(
        container.container_id, with_keys,
        -- What no policy can end lives short.
        coalesce(begin_renewals.lifetime, case when with_policies then interval '30 days' else interval '1 day' end), with_policies)
      order by container.container_id), '[]')
    from datastore.container_renewal as held
    join datastore.container on container.container_id = held.container_id
    where held.renewal_id = new_id);
end
$$;
comment on function datastore.begin_renewals(jsonb, boolean, boolean, integer, uuid, interval, boolean) is
'Takes on containers for which there is something to do in storage (the container itself, its keys, or policies that have to go), so that no other process does the same: all that are due, or those of an array of ids; only_due => false: these whether they are due or not. A process that dies holds its containers for two minutes.
with_keys: make keys, too; lifetime: of new keys, 30 days, or 1 day without policies; after: containers whose id comes after this one; with_policies => false: by an identity, whose keys name no stored policy. Answers [{container_id, container_name, is_ready, endpoint, renewal_id, instance_id, issue, keep, remove}]: do it in storage, then call datastore.finish_renewal, else datastore.abandon_renewal.';

create or replace function datastore.finish_renewal(
  container_id uuid, renewal_id uuid, endpoint text, keys jsonb default '[]', removed jsonb default '[]', overlap interval default '1 hour'
) returns void
language plpgsql volatile as $$
#variable_conflict use_column
declare
  home_id uuid := finish_renewal.container_id;
begin
  delete from datastore.container_renewal as held
  where held.container_id = home_id and held.renewal_id = finish_renewal.renewal_id;
  if not found then
    perform datastore.refuse('DS409', format('the renewal of container %s took too long, and another process took over', home_id));
  end if;

  update datastore.container_key
  set removed_at = now(), kek_id = null, nonce = null, ciphertext = null
  where container_id = home_id and key_id in (select id::uuid from jsonb_array_elements_text(finish_renewal.removed) as id);

  -- Those that the new ones take over from stay good for a while: somebody is using them.
  update datastore.container_key as old
  set retires_at = least(old.expires_at, now() + overlap)
  where old.container_id = home_id and not old.is_handed_out and old.retires_at is null and old.revoked_at is null and old.removed_at is null
    and old.permission in (select item ->> 'permission' from jsonb_array_elements(finish_renewal.keys) as item where item -> 'is_handed_out' is distinct from 'true');

  insert into datastore.container_key (key_id, container_id, permission, policy_name, is_handed_out, starts_at, expires_at, settled_at,
                                       kek_id, nonce, ciphertext, issued_by)
  select made.key_id, home_id, made.permission, made.policy_name, coalesce(made.is_handed_out, false), made.starts_at, made.expires_at,
         now() + coalesce(made.settles_in, '0 seconds'), made.kek_id, datastore.from_base64(made.nonce), datastore.from_base64(made.ciphertext),
         coalesce(made.issued_by, datastore.acting_user())
  from jsonb_to_recordset(finish_renewal.keys) as made(
    key_id uuid, permission text, policy_name text, is_handed_out boolean, issued_by uuid, starts_at timestamptz, expires_at timestamptz,
    settles_in interval, kek_id text, nonce text, ciphertext text);

  update datastore.container
  set ready_at = coalesce(ready_at, now()), endpoint = finish_renewal.endpoint
  where container_id = home_id and (ready_at is null or endpoint is distinct from finish_renewal.endpoint);
end
$$;
comment on function datastore.finish_renewal(uuid, uuid, text, jsonb, jsonb, interval) is
'Says that a renewal was done in storage. endpoint: the storage account''s address, without secrets. keys: the new ones, as the plan had them, each with settles_in (until storage knows its policy for sure) and sealed as {kek_id, nonce, ciphertext}, or with is_handed_out. removed: ids of keys whose policies are gone. overlap: how long the keys before the new ones stay good.
Errors: DS409 when another process took over.';

create or replace function datastore.abandon_renewal(container_id uuid, renewal_id uuid) returns void
language sql volatile
begin atomic
  delete from datastore.container_renewal as held
  where held.container_id = abandon_renewal.container_id and held.renewal_id = abandon_renewal.renewal_id;
end;
comment on function datastore.abandon_renewal(uuid, uuid) is 'Gives a container back whose renewal failed, so that another process may try at once.';

-- Rotation, revocation, and keys for people

create or replace function datastore.rotate_keys(container_ids jsonb default null, overlap interval default '1 hour') returns jsonb
language sql volatile
begin atomic
  with rotated as (
    update datastore.container_key as known
    set retires_at = least(known.expires_at, now() + overlap)
    where not known.is_handed_out and known.retires_at is null and known.revoked_at is null and known.removed_at is null
      and (rotate_keys.container_ids is null
           or known.container_id in (select id::uuid from jsonb_array_elements_text(rotate_keys.container_ids) as id))
    returning known.container_id
  )
  select coalesce(jsonb_agg(distinct rotated.container_id), '[]') from rotated;
end;
comment on function datastore.rotate_keys(jsonb, interval) is
  'Has the keys of containers replaced: of all, or of those in an array of ids. They stay good for the overlap; the next renewal makes new ones. Answers the ids of the containers.';

create or replace function datastore.revoke_keys(key_ids jsonb default null, container_ids jsonb default null) returns jsonb
language plpgsql volatile as $$
#variable_conflict use_column
declare
  named_keys uuid[] := datastore.read_ids(revoke_keys.key_ids);
  named_containers uuid[] := datastore.read_ids(revoke_keys.container_ids);
  unknown_id uuid;
  answer jsonb;
begin
  select given.id into unknown_id
  from unnest(named_keys) as given(id)
  where not exists (
    select from datastore.container_key as known where known.key_id = given.id)
  limit 1;
  if unknown_id is not null then
    perform datastore.refuse('DS404', format('there is no key %s', unknown_id));
  end if;
  perform datastore.require_own_container(named.container_id)
  from (
    select known.container_id from datastore.container_key as known
    where known.key_id = any (named_keys)
    union
    select id from unnest(named_containers) as id
  ) as named;

  with named as materialized (
    select known.container_id, known.policy_name, known.key_id
    from datastore.container_key as known
    where known.removed_at is null
      and (known.key_id = any (named_keys)
           or known.container_id = any (named_containers))
  ), revoked as (
    update datastore.container_key as known
    set revoked_at = now()
    -- With a policy end all keys that name it.
    where exists (
        select from named
        where named.container_id = known.container_id and (named.key_id = known.key_id or named.policy_name = known.policy_name))
      and known.removed_at is null and known.revoked_at is null
    returning known.key_id, known.container_id, known.permission, known.is_handed_out, known.policy_name is not null as has_policy, known.expires_at
  )
  select jsonb_build_object(
    'container_ids', (select coalesce(jsonb_agg(distinct named.container_id), '[]') from named),
    'keys', (select coalesce(jsonb_agg(to_jsonb(revoked)), '[]') from revoked))
  into answer;
  return answer;
end
$$;
comment on function datastore.revoke_keys(jsonb, jsonb) is
  'Takes back keys (an array of ids), or all keys of containers (an array of ids): nobody gets them from here any more, and the next renewal removes their policies from storage and makes new keys. Keys that were handed out share a policy and go together. has_policy => false: an identity signed it, and storage accepts it until it expires. Answers {container_ids, keys: [{key_id, container_id, permission, is_handed_out, has_policy, expires_at}]}. Errors: DS403 for the container of another user, DS404.';

create or replace function datastore.plan_key(container_id uuid, permission text, lifetime interval, with_policy boolean default true) returns jsonb
language plpgsql volatile as $$
declare
  home_id uuid := datastore.require_own_container(plan_key.container_id);
  other datastore.container_key;
  longest interval := case when with_policy then interval '7 days' else interval '1 day' end;
begin
  if plan_key.permission is null or plan_key.permission not in ('read', 'write') then
    perform datastore.refuse('DS400', 'invalid permission', jsonb_build_array(jsonb_build_object(
      'instance_path', '/permission', 'keyword', 'enum', 'message', 'expected read or write')));
  end if;
  if coalesce(not plan_key.lifetime between interval '1 minute' and longest, true) then
    perform datastore.refuse('DS400', 'invalid lifetime', jsonb_build_array(jsonb_build_object(
      'instance_path', '/lifetime', 'keyword', 'maximum', 'message', format('expected a time between one minute and %s', case
        when with_policy then '7 days' else '1 day, because an identity signs the key and nothing ends it sooner' end))));
  end if;
  select known.* into other
  from datastore.container_key as known
  where known.container_id = home_id and known.is_handed_out and known.revoked_at is null and known.removed_at is null and known.expires_at > now()
    and with_policy and known.policy_name is not null
  order by known.issued_at limit 1;
  if other.permission <> plan_key.permission then
    perform datastore.refuse('DS409', format(
      'a key to %s was handed out for this container, and the one policy that is left for people has one permission: revoke key %s, or wait until %s',
      other.permission, other.key_id, other.expires_at));
  end if;
  return (
    select jsonb_build_object(
      'key_id', made.key_id, 'permission', plan_key.permission, 'is_handed_out', true, 'issued_by', datastore.acting_user(),
      'policy_name', case when with_policy then coalesce(other.policy_name, 'people-' || made.key_id) end,
      'starts_at', date_trunc('second', now() - interval '15 minutes'), 'expires_at', date_trunc('second', now() + plan_key.lifetime))
    from (select gen_random_uuid() as key_id) as made);
end
$$;
comment on function datastore.plan_key(uuid, text, interval, boolean) is
  'A key for a person, to be made within a renewal: {key_id, permission, is_handed_out, issued_by, policy_name, starts_at, expires_at}. Permission read or write; at most 7 days, or 1 day with_policy => false: signed by an identity, it names no stored policy. Errors: DS400, DS403 for somebody else''s container, DS404, DS409 while keys with another permission are out.';

create or replace function datastore.list_keys(container_ids jsonb default null, include_past boolean default false) returns jsonb
language sql stable
begin atomic
  select coalesce(jsonb_agg(jsonb_build_object(
    'key_id', known.key_id, 'container_id', known.container_id, 'container_name', container.name, 'permission', known.permission,
    'state', case
      when known.revoked_at is not null then 'revoked'
      when known.expires_at <= now() then 'expired'
      when known.removed_at is not null then 'removed'
      when known.is_handed_out then 'handed out'
      when known.retires_at is not null then 'retiring'
      else 'current' end,
    'policy_name', known.policy_name, 'issued_at', known.issued_at, 'issued_by', known.issued_by,
    'expires_at', case when known.policy_name is null then known.expires_at else least(known.expires_at, known.retires_at) end, 'revoked_at', known.revoked_at, 'revoked_by', known.revoked_by,
    'removed_at', known.removed_at, 'kek_id', known.kek_id) order by container.name, known.issued_at, known.permission), '[]')
  from datastore.container_key as known
  join datastore.container on container.container_id = known.container_id
  where (list_keys.container_ids is null
         or known.container_id in (select unnest(datastore.read_ids(list_keys.container_ids))))
    and (include_past or known.removed_at is null);
end;
comment on function datastore.list_keys(jsonb, boolean) is
  'Keys of containers, without the keys: [{key_id, container_id, container_name, permission, state, policy_name, issued_at, issued_by, expires_at, revoked_at, revoked_by, removed_at, kek_id}]. state: current, retiring, handed out, revoked, expired, removed. include_past: those that open nothing any more as well.';

create or replace function datastore.container_is_claimed(container_id uuid) returns void
language sql volatile
begin atomic
  update datastore.container set claimed_at = now(), claimed_by = datastore.acting_user()
  where container.container_id = container_is_claimed.container_id;
  -- Blobs that were copied to another storage account have other ETags there; size and MD5 are the same.
  update datastore.picture set etag = null
  where picture.container_id = container_is_claimed.container_id and picture.etag is not null;
  update datastore.picture_derivative set etag = null
  where picture_derivative.container_id = container_is_claimed.container_id and picture_derivative.etag is not null;
end;
comment on function datastore.container_is_claimed(uuid) is
  'Says that a container in storage, which carried another instance''s id, carries this one''s now. The ETags of its blobs are forgotten, because they may have been copied there.';
