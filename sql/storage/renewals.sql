-- Storage follows the rows of keys: a process with the account's credentials begins a renewal, makes in storage what
-- its plan says, and finishes it.

create or replace function datastore.check_is_worker() returns void
language plpgsql stable as $$
begin
  if row_security_active('datastore.container')
     and not pg_has_role(current_user, datastore.role_name('worker'), 'usage') then
    perform datastore.refuse('DS403', format(
      'the containers in storage, and their keys, are the business of the role %s, and %s is '
      'not in it: grant it, or leave them to datastore-db keys renew with a login that is',
      datastore.role_name('worker'), current_user));
  end if;
end
$$;
comment on function datastore.check_is_worker() is
  'Raises DS403 for a role that sees the containers of some users only.';

create or replace function datastore.renewal_plan(
  container_id uuid, with_keys boolean, lifetime interval, with_policies boolean
) returns jsonb
language sql volatile
begin atomic
  with issue as materialized (
    select gen_random_uuid() as key_id, needed.permission,
           date_trunc('second', now() - interval '15 minutes') as starts_at,
           date_trunc('second', now() + lifetime) as expires_at
    from unnest(datastore.lacking_keys(renewal_plan.container_id)) as needed(permission)
    where with_keys
  ), known as materialized (
    select live.*, row_number() over (partition by live.is_handed_out, live.permission, live.policy_name is null
      order by live.issued_at desc) as age
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
  'What to do for a container in storage: {issue: keys to make, keep: policies that stay, remove: ids of keys that '
  'have ended, or whose policies go}. with_policies => false: by a process that can set no policies; new keys have '
  'none, and no policy is removed before it expires.';

create or replace function datastore.begin_renewals(
  container_ids jsonb default null, with_keys boolean default true, only_due boolean default true,
  how_many integer default 16, after uuid default null, lifetime interval default null,
  with_policies boolean default true
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
         or container.container_id in (select id::uuid
           from jsonb_array_elements_text(begin_renewals.container_ids) as id))
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
  where only_due and held.renewal_id = new_id
    and not datastore.renewal_is_due(held.container_id, with_keys, with_policies);
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
      'container_id', container.container_id, 'container_name', container.name,
      'is_ready', container.ready_at is not null,
      'endpoint', container.endpoint, 'renewal_id', held.renewal_id, 'instance_id', own_id)
      || datastore.renewal_plan(
        container.container_id, with_keys,
        -- What no policy can end lives short.
        coalesce(begin_renewals.lifetime, case when with_policies then interval '30 days'
          else interval '1 day' end), with_policies)
      order by container.container_id), '[]')
    from datastore.container_renewal as held
    join datastore.container on container.container_id = held.container_id
    where held.renewal_id = new_id);
end
$$;
comment on function datastore.begin_renewals(jsonb, boolean, boolean, integer, uuid, interval, boolean) is
'Takes on containers for which there is something to do in storage: to make the container, to make a key where
there is none or a third of its life is left, or to remove the policies of keys that were revoked or whose time
is over. What one process has taken on no other gets, until it says that it is done, or for two minutes.

Do what the answer says in storage, then call finish_renewal, else abandon_renewal.

container_ids: an array of ids; without it, all containers
with_keys: whether the process can make keys
only_due: `false`: whether or not something is due, which makes the policies in storage anew
how_many, after: at most so many, whose ids come after this one
lifetime: of new keys: 30 days, or 1 day without policies
with_policies: `false`: the process has an identity and no account key. New keys name no policy, and policies
  are left as they are
Answer: `[{container_id, container_name, is_ready, endpoint, renewal_id, instance_id, issue, keep, remove}]`;
  `issue`: keys to make, `{key_id, permission, policy_name, starts_at, expires_at}`; `keep`: policies that stay,
  five at most with the new ones; `remove`: ids of keys that have ended, or whose policies go
Errors: none';

create or replace function datastore.finish_renewal(
  container_id uuid, renewal_id uuid, endpoint text, keys jsonb default '[]', removed jsonb default '[]',
  overlap interval default '1 hour'
) returns void
language plpgsql volatile as $$
#variable_conflict use_column
declare
  home_id uuid := finish_renewal.container_id;
begin
  delete from datastore.container_renewal as held
  where held.container_id = home_id and held.renewal_id = finish_renewal.renewal_id;
  if not found then
    perform datastore.refuse('DS409',
      format('the renewal of container %s took too long, and another process took over', home_id));
  end if;

  update datastore.container_key
  set removed_at = now(), kek_id = null, nonce = null, ciphertext = null
  where container_id = home_id
    and key_id in (select id::uuid from jsonb_array_elements_text(finish_renewal.removed) as id);

  -- Those that the new ones take over from stay good for a while: they may be in use.
  update datastore.container_key as old
  set retires_at = least(old.expires_at, now() + overlap)
  where old.container_id = home_id and not old.is_handed_out and old.retires_at is null
    and old.revoked_at is null and old.removed_at is null
    and old.permission in (select item ->> 'permission' from jsonb_array_elements(finish_renewal.keys) as item
      where item -> 'is_handed_out' is distinct from 'true');

  insert into datastore.container_key (key_id, container_id, permission, policy_name, is_handed_out,
    starts_at, expires_at, settled_at,
                                       kek_id, nonce, ciphertext, issued_by)
  select made.key_id, home_id, made.permission, made.policy_name, coalesce(made.is_handed_out, false),
         made.starts_at, made.expires_at,
         now() + coalesce(made.settles_in, '0 seconds'), made.kek_id, datastore.from_base64(made.nonce),
         datastore.from_base64(made.ciphertext),
         coalesce(made.issued_by, datastore.acting_user())
  from jsonb_to_recordset(finish_renewal.keys) as made(
    key_id uuid, permission text, policy_name text, is_handed_out boolean, issued_by uuid,
    starts_at timestamptz, expires_at timestamptz,
    settles_in interval, kek_id text, nonce text, ciphertext text);

  update datastore.container
  set ready_at = coalesce(ready_at, now()), endpoint = finish_renewal.endpoint
  where container_id = home_id and (ready_at is null or endpoint is distinct from finish_renewal.endpoint);
end
$$;
comment on function datastore.finish_renewal(uuid, uuid, text, jsonb, jsonb, interval) is
'Says that a renewal was done in storage.

endpoint: the address of the storage account, without secrets
keys: the plan''s `issue`, each with `settles_in` (after which time storage knows its policy for sure) and sealed
  as `kek_id`, `nonce`, `ciphertext`, or with `is_handed_out`
removed: the plan''s `remove`
overlap: how long the keys before the new ones stay good
Errors: `DS409`: it took too long, and another process took over';

create or replace function datastore.abandon_renewal(container_id uuid, renewal_id uuid) returns void
language sql volatile
begin atomic
  delete from datastore.container_renewal as held
  where held.container_id = abandon_renewal.container_id and held.renewal_id = abandon_renewal.renewal_id;
end;
comment on function datastore.abandon_renewal(uuid, uuid) is
'Gives a container back whose renewal failed, so that another process may try at once. Raises nothing.';
