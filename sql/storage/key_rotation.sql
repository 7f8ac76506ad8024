-- Rotation, revocation, and keys for people

create or replace function datastore.rotate_keys(
  container_ids jsonb default null, overlap interval default '1 hour'
) returns jsonb
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
'Has the keys of containers (an array of ids), or of all, replaced by the next renewal. The old ones stay good
for the overlap, and until there are new ones. Answers the ids of the containers.

Errors: none';

create or replace function datastore.revoke_keys(
  key_ids jsonb default null, container_ids jsonb default null
) returns jsonb
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
        where named.container_id = known.container_id
          and (named.key_id = known.key_id or named.policy_name = known.policy_name))
      and known.removed_at is null and known.revoked_at is null
    returning known.key_id, known.container_id, known.permission, known.is_handed_out,
    known.policy_name is not null as has_policy, known.expires_at
  )
  select jsonb_build_object(
    'container_ids', (select coalesce(jsonb_agg(distinct named.container_id), '[]') from named),
    'keys', (select coalesce(jsonb_agg(to_jsonb(revoked)), '[]') from revoked))
  into answer;
  return answer;
end
$$;
comment on function datastore.revoke_keys(jsonb, jsonb) is
'Revokes keys (an array of ids), or all keys of containers (an array of ids). They are not read from the
database any more; storage refuses them as soon as a renewal has removed their policies. Keys that were handed
out for one container share a policy, and go together. A key without a policy (`has_policy`) was signed by an
identity: storage accepts it until it expires (docs/azure.md#what-cannot-be-revoked-alone).

Answer: `container_ids`, and `keys`: `[{key_id, container_id, permission, is_handed_out, has_policy,
  expires_at}]`
Errors: `DS403`: the container of another user · `DS404`';

create or replace function datastore.plan_key(
  container_id uuid, permission text, lifetime interval, with_policy boolean default true
) returns jsonb
language plpgsql volatile as $$
declare
  home_id uuid := datastore.require_own_container(plan_key.container_id);
  other datastore.container_key;
  longest interval := case when with_policy then interval '7 days' else interval '1 day' end;
begin
  if plan_key.permission is null or plan_key.permission not in ('read', 'write') then
    perform datastore.refuse('DS400', 'invalid permission',
      jsonb_build_array(datastore.error_row('/permission', 'enum', 'expected read or write')));
  end if;
  if coalesce(not plan_key.lifetime between interval '1 minute' and longest, true) then
    perform datastore.refuse('DS400', 'invalid lifetime',
      jsonb_build_array(datastore.error_row('/lifetime', 'maximum',
        format('expected a time between one minute and %s', case
        when with_policy then '7 days'
          else '1 day, because an identity signs the key and nothing ends it sooner' end))));
  end if;
  select known.* into other
  from datastore.container_key as known
  where known.container_id = home_id and known.is_handed_out and known.revoked_at is null
    and known.removed_at is null and known.expires_at > now()
    and with_policy and known.policy_name is not null
  order by known.issued_at limit 1;
  if other.permission <> plan_key.permission then
    perform datastore.refuse('DS409', format(
      'a key to %s was handed out for this container, and the one policy that is left for people '
      'has one permission: revoke key %s, or wait until %s',
      other.permission, other.key_id, other.expires_at));
  end if;
  return (
    select jsonb_build_object(
      'key_id', made.key_id, 'permission', plan_key.permission, 'is_handed_out', true,
      'issued_by', datastore.acting_user(),
      'policy_name', case when with_policy then coalesce(other.policy_name, 'people-' || made.key_id) end,
      'starts_at', date_trunc('second', now() - interval '15 minutes'),
      'expires_at', date_trunc('second', now() + plan_key.lifetime))
    from (select gen_random_uuid() as key_id) as made);
end
$$;
comment on function datastore.plan_key(uuid, text, interval, boolean) is
'A key for a person, to be made in storage within a renewal of the container.

lifetime: 7 days at most, or 1 day without a policy
with_policy: `false`: an identity signs it
Answer: `key_id`, `permission`, `is_handed_out`, `policy_name`, `starts_at`, `expires_at`
Errors: `DS403`: the container of another user · `DS400` · `DS404` · `DS409`: keys with another permission are
  out, and people have one policy';

create or replace function datastore.list_keys(
  container_ids jsonb default null, include_past boolean default false
) returns jsonb
language sql stable
begin atomic
  select coalesce(jsonb_agg(jsonb_build_object(
    'key_id', known.key_id, 'container_id', known.container_id, 'container_name', container.name,
    'permission', known.permission,
    'state', case
      when known.revoked_at is not null then 'revoked'
      when known.expires_at <= now() then 'expired'
      when known.removed_at is not null then 'removed'
      when known.is_handed_out then 'handed out'
      when known.retires_at is not null then 'retiring'
      else 'current' end,
    'policy_name', known.policy_name, 'issued_at', known.issued_at, 'issued_by', known.issued_by,
    'expires_at', case when known.policy_name is null then known.expires_at
      else least(known.expires_at, known.retires_at) end, 'revoked_at', known.revoked_at,
        'revoked_by', known.revoked_by,
    'removed_at', known.removed_at, 'kek_id', known.kek_id)
      order by container.name, known.issued_at, known.permission), '[]')
  from datastore.container_key as known
  join datastore.container on container.container_id = known.container_id
  where (list_keys.container_ids is null
         or known.container_id in (select unnest(datastore.read_ids(list_keys.container_ids))))
    and (include_past or known.removed_at is null);
end;
comment on function datastore.list_keys(jsonb, boolean) is
'The keys of containers (an array of ids), or of all; not the keys themselves.

include_past: also those that open nothing any more
Answer: `[{key_id, container_id, container_name, permission, state, policy_name, issued_at, issued_by,
  expires_at, revoked_at, revoked_by, removed_at, kek_id}]`; `state`: `current`, `retiring` (a newer one took
  over), `handed out`, `revoked`, `expired`, `removed`
Errors: none';

create or replace function datastore.take_over_container(container_id uuid) returns void
language sql volatile
begin atomic
  update datastore.container set taken_over_at = now(), taken_over_by = datastore.acting_user()
  where container.container_id = take_over_container.container_id;
  -- Blobs that were copied to another storage account have other ETags there; size and MD5 are the same.
  update datastore.picture set etag = null
  where picture.container_id = take_over_container.container_id and picture.etag is not null;
  update datastore.picture_derivative set etag = null
  where picture_derivative.container_id = take_over_container.container_id and picture_derivative.etag is not null;
end;
comment on function datastore.take_over_container(uuid) is
'Says that a container in storage that carried another database''s id carries this one''s now. Raises nothing.

The ETags of its blobs are forgotten, because they may have been copied there.';
