-- Triggers write the history of every client: a backend, a DBA, a cascade. They run as the owner, because
-- no other role may write the history. Statement level: one insert for a batch of any size.

create or replace function datastore.audit_action(entity text, before jsonb, after jsonb) returns text
language sql immutable parallel safe
return case
  when before is null then case entity
    when 'container_share' then 'shared'
    when 'personal_data_share' then 'shared'
    when 'container_publication' then 'published'
    when 'membership' then case when after ->> 'accepted_at' is null then 'invited' else 'added' end
    when 'user_account' then 'registered'
    when 'container_key' then 'issued'
    when 'link' then 'handed out'
    else 'created' end
  when after is null then case entity
    when 'container_share' then 'unshared'
    when 'personal_data_share' then 'unshared'
    when 'container_publication' then 'unpublished'
    when 'membership' then 'removed'
    else 'deleted' end
  when entity = 'picture' and after ->> 'state' = 'replaced' and before ->> 'state' <> 'replaced' then 'replaced'
  when entity = 'inference' and (before ->> 'verified_at' is null) <> (after ->> 'verified_at' is null) then
    case when after ->> 'verified_at' is null then 'reopened' else 'verified' end
  when entity = 'container_key' and before ->> 'revoked_at' is null
    and after ->> 'revoked_at' is not null then 'revoked'
  when entity = 'container_key' and before ->> 'removed_at' is null
    and after ->> 'removed_at' is not null then 'removed'
  when entity = 'container_key' and before ->> 'retires_at' is null
    and after ->> 'retires_at' is not null then 'retired'
  when entity = 'container' and before ->> 'taken_over_at' is distinct from after ->> 'taken_over_at' then 'taken over'
  when entity = 'container' and before ->> 'ready_at' is null and after ->> 'ready_at' is not null then 'made'
  when entity = 'membership' and before ->> 'accepted_at' is null and after ->> 'accepted_at' is not null then 'joined'
  when entity = 'seed' and before -> 'merged_into' <> after -> 'merged_into' then 'merged'
  when entity = 'seed' and before -> 'status' <> after -> 'status' then 'accepted'
  when entity = 'pipeline' and (before ->> 'retired_at' is null) <> (after ->> 'retired_at' is null) then
    case when after ->> 'retired_at' is null then 'brought back' else 'retired' end
  else 'changed'
end;
comment on function datastore.audit_action(text, jsonb, jsonb) is
  'What it is called when a row of this table was inserted (before is NULL), updated or deleted (after is NULL): '
  'shared, registered, verified, …';

create or replace function datastore.only_keys(object jsonb, keys text[]) returns jsonb
language sql immutable parallel safe
return (select coalesce(jsonb_object_agg(key, object -> key), '{}') from unnest(keys) as key where object ? key);
comment on function datastore.only_keys(jsonb, text[]) is 'The members of an object that have these keys.';

create or replace function datastore.audit() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  id_key text := tg_argv[0];
  row_keys text[] := tg_argv[1];
  recorded_keys text[] := tg_argv[2];
begin
  if tg_op = 'INSERT' then
    insert into datastore.history (container_id, entity, entity_id, action, acted_by, after)
    select (it.row ->> 'container_id')::uuid, tg_table_name, (it.row ->> id_key)::uuid,
           -- A key for a person is made in storage by a process without an acting user.
           datastore.audit_action(tg_table_name, null, it.row),
           coalesce(datastore.acting_user(), (it.row ->> 'issued_by')::uuid),
           datastore.only_keys(it.row, recorded_keys)
    from (select to_jsonb(new_rows) as row from new_rows) as it;
  elsif tg_op = 'DELETE' then
    insert into datastore.history (container_id, entity, entity_id, action, acted_by, before)
    select (it.row ->> 'container_id')::uuid, tg_table_name, (it.row ->> id_key)::uuid,
           datastore.audit_action(tg_table_name, it.row, null), datastore.acting_user(),
           datastore.only_keys(it.row, recorded_keys)
    from (select to_jsonb(old_rows) as row from old_rows) as it;
  else
    insert into datastore.history (container_id, entity, entity_id, action, acted_by, before, after)
    select (now_is.row ->> 'container_id')::uuid, tg_table_name, (now_is.row ->> id_key)::uuid,
           datastore.audit_action(tg_table_name, was.row, now_is.row), datastore.acting_user(), was.entry, now_is.entry
    from (select it.row, datastore.only_keys(it.row, row_keys) as keys,
                 datastore.only_keys(it.row, recorded_keys) as entry
          from (select to_jsonb(old_rows) as row from old_rows) as it) as was
    join (select it.row, datastore.only_keys(it.row, row_keys) as keys,
                 datastore.only_keys(it.row, recorded_keys) as entry
          from (select to_jsonb(new_rows) as row from new_rows) as it) as now_is on now_is.keys = was.keys
    where was.entry <> now_is.entry;
  end if;
  return null;
end
$$;
comment on function datastore.audit() is
  'Trigger: writes to the history what was done to rows of a small table. Arguments: the key of its id, its primary '
  'key, and the columns that are told.';

-- What the history tells of a table is declared in the files of its subject, by a call of this function. A table with a
-- container_id for which none is called, and that has no triggers of its own, is told of in full: access/tenants.sql.

create or replace function datastore.audit_table(
  audited regclass, recorded_keys text[] default null, id_key text default null,
  operations text default 'insert update delete'
) returns void
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  -- Never what is sealed
  kept_columns text[] := coalesce(recorded_keys, array(
    select attname from pg_attribute
    where attrelid = audited and attnum > 0 and not attisdropped and atttypid <> 'bytea'::regtype
      and attname not in ('container_id', 'nonce', 'ciphertext')
    order by attnum));
  row_keys text[] := array(
    select attname from pg_index join pg_attribute on attrelid = indrelid and attnum = any (indkey)
    where indrelid = audited and indisprimary order by array_position(indkey::smallint[], attnum));
  id text := coalesce(id_key, (
    select attname from pg_attribute
    where attrelid = audited and attname = any (row_keys) and attname <> 'container_id' and atttypid = 'uuid'::regtype
    order by array_position(row_keys, attname::text) limit 1), 'container_id');
  operation record;
begin
  for operation in
    select name, transition
    from (values ('insert', 'new table as new_rows'), ('update', 'old table as old_rows new table as new_rows'),
                 ('delete', 'old table as old_rows')) as listed(name, transition)
    where name = any (string_to_array(operations, ' '))
  loop
    execute format(
      'create or replace trigger audit_%s after %s on %s referencing %s'
        ' for each statement execute function datastore.audit(%L, %L, %L)',
      operation.name, operation.name, audited, operation.transition, id, row_keys, kept_columns);
  end loop;
end
$$;
comment on function datastore.audit_table(regclass, text[], text, text) is
'Has the history tell what is done to rows of a table.

recorded_keys: the columns that are told; else all but the tenant and what is sealed
id_key: the column of the id by which a row is found in the history; else the first UUID of the primary key
operations: some of insert, update and delete, where a row is told of by another one otherwise';

create or replace function datastore.unaudited_tables() returns setof regclass
language sql stable set search_path = pg_catalog, pg_temp
begin atomic
  select pg_class.oid::regclass
  from pg_class
  join pg_attribute on attrelid = pg_class.oid and attname = 'container_id' and not attisdropped
  where relnamespace = to_regnamespace('datastore') and relkind in ('r', 'p') and not relispartition
    and coalesce(obj_description(pg_class.oid, 'pg_class'), '') !~ 'Not in the history: \w'
    and (select count(distinct tgtype & 24) from pg_trigger
         where tgrelid = pg_class.oid and tgname in ('audit_update', 'audit_delete')) < 2;
end;
comment on function datastore.unaudited_tables() is
  'The tables with a container_id of which the history does not tell, and whose comment gives no reason: "Not in the '
  'history: …".';

create or replace function datastore.rebuild_audit(
  entity_id uuid default null, container_id uuid default null, since timestamptz default null,
  how_many integer default 100
) returns jsonb
language plpgsql stable as $$
declare
  recorded_ids bigint[];
  is_administrator boolean := datastore.acting_site_role() is not distinct from 'administrator';
begin
  if datastore.acting_user() is null or rebuild_audit.entity_id is not null
     or rebuild_audit.container_id is not null then
    recorded_ids := array(
      select history.history_id
      from datastore.history
      where (rebuild_audit.entity_id is null or history.entity_id = rebuild_audit.entity_id)
        and (rebuild_audit.container_id is null or history.container_id = rebuild_audit.container_id)
        and (rebuild_audit.since is null or history.acted_at >= rebuild_audit.since)
      order by history.history_id desc
      limit how_many);
  else
    -- Row-level security would find the same, in the history of all users.
    recorded_ids := array(
      select history.history_id
      from datastore.history
      where (history.container_id = any (array(select datastore.acting_container()
          union all select datastore.shared_containers(datastore.needed_level('change'))))
             or history.entity_id = any (array(select datastore.acting_groups(true)))
             or is_administrator and history.container_id is null)
        and (rebuild_audit.since is null or history.acted_at >= rebuild_audit.since)
      order by history.history_id desc
      limit how_many);
  end if;
  return (
    select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
      'at', to_char(entry.acted_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
      'action', entry.action, 'entity', entry.entity, 'entity_id', entry.entity_id, 'container_id', entry.container_id,
      'by', entry.acted_by, 'email', user_account.email, 'database_user', entry.acted_as))
      || case when entry.before is not null then jsonb_build_object('before', entry.before) else '{}' end
      || case when entry.after is not null then jsonb_build_object('after', entry.after) else '{}' end
      || case when entry.claimed is not null then jsonb_build_object('claimed', entry.claimed) else '{}' end
      order by entry.history_id desc), '[]')
    from datastore.history as entry
    left join datastore.user_account on user_account.user_id = entry.acted_by
    where entry.history_id = any (recorded_ids));
end
$$;
comment on function datastore.rebuild_audit(uuid, uuid, timestamptz, integer) is
'The changes, the newest first, in the containers and groups that the acting user may change.

An administrator is told moreover of what belongs to no container.

entity_id: only about this picture, picture set, inference, group, …
how_many: at most
Answer: `[{at, action, entity, entity_id, container_id, by: user id, email, database_user, before, after,
  claimed}]`; what there is not is absent';
