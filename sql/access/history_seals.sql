-- The history is sealed in batches by a worker, later than it is written: writers do not wait for each other's hashes.
--
-- A role that may change the history may change the seals as well, and all that follow: that shows only against a
-- copy of a seal that is kept elsewhere.

create or replace function datastore.history_hash(entry datastore.history) returns bytea
language sql stable parallel safe
return sha256(convert_to(jsonb_build_array(
  entry.history_id, entry.container_id, entry.entity, entry.entity_id, entry.action, entry.acted_by, entry.acted_as,
  extract(epoch from entry.acted_at), entry.before, entry.after, entry.claimed)::text, 'UTF8'));
comment on function datastore.history_hash(datastore.history) is
  'SHA-256 of a row of the history, as a JSON array of its columns, acted_at in seconds since 1970. It never '
  'changes: rows are sealed with it.';

create or replace function datastore.seal_hash(previous bytea, seal datastore.history_seal) returns bytea
language sql stable parallel safe
return sha256(coalesce(previous, ''::bytea) || seal.row_hashes || convert_to(jsonb_build_array(
  seal.position, seal.last_history_id, to_jsonb(seal.history_ids), extract(epoch from seal.sealed_at),
  seal.sealed_by)::text, 'UTF8'));
comment on function datastore.seal_hash(bytea, datastore.history_seal) is
  'What the hash of a seal is to be, after that of the seal before; NULL before the first one. It never changes.';

create or replace function datastore.seal_json(seal datastore.history_seal) returns jsonb
language sql stable parallel safe
return case when seal.position is not null then jsonb_build_object(
  'position', seal.position, 'last_history_id', seal.last_history_id, 'hash', encode(seal.hash, 'hex'),
  'sealed_at', seal.sealed_at, 'sealed_by', seal.sealed_by) end;
comment on function datastore.seal_json(datastore.history_seal) is
  'A seal as it is told, and kept outside of the database. NULL for none.';

create or replace function datastore.seal_history() returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  -- Ids are given in order, and their transactions may commit in another one. Whoever has an id up to this one had a
  -- transaction id before (a trigger writes the history after the row), so it is lower than one that is given now.
  newest_id bigint := (select max(history.history_id) from datastore.history);
  had_written boolean := pg_current_xact_id_if_assigned() is not null;
  own_transaction xid8 := pg_current_xact_id();
  patience timestamptz := clock_timestamp() + interval '5 seconds';
  seal datastore.history_seal;
  known datastore.history_seal;
  first_id bigint;
  sealed_rows bigint := 0;
begin
  while had_written or pg_snapshot_xmin(pg_current_snapshot()) < own_transaction loop
    if had_written or clock_timestamp() > patience then
      return jsonb_build_object('rows', 0, 'latest_seal', (
          select datastore.seal_json(history_seal) from datastore.history_seal
          order by history_seal.position desc limit 1),
        'waits_for', case when had_written
          then 'the end of the own transaction, which has written: call it in one of its own'
          else 'a transaction that is open for longer than 5 seconds may still write to the history' end);
    end if;
    perform pg_sleep(0.02);
  end loop;

  lock table datastore.history_seal in share row exclusive mode;
  select * into known from datastore.history_seal order by history_seal.position desc limit 1;
  loop
    -- A range instead of a limit: whatever the plan, no row beyond the batch is read.
    first_id := (
      select min(history.history_id) from datastore.history
      where history.history_id > coalesce(known.last_history_id, -9223372036854775808)
        and history.history_id <= newest_id);
    select array_agg(history.history_id order by history.history_id),
           string_agg(datastore.history_hash(history), ''::bytea order by history.history_id), max(history.history_id)
    into seal.history_ids, seal.row_hashes, seal.last_history_id
    from datastore.history
    where history.history_id >= first_id and history.history_id <= least(newest_id, first_id + 9999);
    exit when seal.history_ids is null;
    seal.position := coalesce(known.position, 0) + 1;
    seal.sealed_at := now();
    seal.sealed_by := session_user;
    seal.hash := datastore.seal_hash(known.hash, seal);
    insert into datastore.history_seal
    values (seal.position, seal.last_history_id, seal.history_ids, seal.row_hashes, seal.hash,
      seal.sealed_at, seal.sealed_by);
    sealed_rows := sealed_rows + cardinality(seal.history_ids);
    known := seal;
  end loop;
  return jsonb_build_object('rows', sealed_rows, 'latest_seal', datastore.seal_json(known), 'waits_for', null);
end
$$;
comment on function datastore.seal_history() is
'Seals the rows of the history that no open transaction can still write before. For a worker or the owner, in a
transaction of its own. Seals (docs/access.md#seals) says what they are good for.

It waits for transactions that run, 5 seconds at most.

Answer: `{rows, latest_seal: {position, last_history_id, hash, sealed_at, sealed_by}, waits_for}`; `waits_for`
  is null, or says why nothing was sealed';

create or replace function datastore.verify_seal(seal datastore.history_seal, previous datastore.history_seal)
returns table (what text, history_id bigint)
language plpgsql stable as $$
declare
  found_ids bigint[];
  found_hashes bytea;
  after_id bigint := coalesce(previous.last_history_id, -9223372036854775808);
begin
  if seal.position <> coalesce(previous.position, 0) + 1 then
    after_id := seal.history_ids[1] - 1;
    return query select 'missing seal before', null::bigint;
  elsif seal.hash <> datastore.seal_hash(previous.hash, seal) then
    return query select 'altered seal', null::bigint;
  end if;
  select array_agg(history.history_id order by history.history_id),
         string_agg(datastore.history_hash(history), ''::bytea order by history.history_id)
  into found_ids, found_hashes
  from datastore.history
  where history.history_id > after_id and history.history_id <= seal.last_history_id;
  if (found_ids, found_hashes) is not distinct from (seal.history_ids, seal.row_hashes) then
    return;
  end if;
  return query
    select case when found.id is null then 'removed row' when was.id is null then 'inserted row'
      else 'changed row' end, coalesce(was.id, found.id)
    from (select listed.id, substr(seal.row_hashes, 32 * place::integer - 31, 32) as hash
          from unnest(seal.history_ids) with ordinality as listed(id, place)) as was
    full join (select listed.id, substr(found_hashes, 32 * place::integer - 31, 32) as hash
               from unnest(found_ids) with ordinality as listed(id, place)) as found on found.id = was.id
    where found.hash is distinct from was.hash
    order by 2;
end
$$;
comment on function datastore.verify_seal(datastore.history_seal, datastore.history_seal) is
  'What differs from a seal, which follows another one: missing seal before, altered seal, changed row, removed '
  'row, inserted row. No rows where all is as it was.';

create or replace function datastore.verify_history(kept jsonb default null) returns jsonb
language plpgsql stable as $$
declare
  seal datastore.history_seal;
  previous datastore.history_seal;
  differences jsonb := '[]';
  differing bigint := 0;
  found jsonb;
  sealed_rows bigint := 0;
  kept_is_found boolean := kept is null;
begin
  for seal in select * from datastore.history_seal order by history_seal.position loop
    select coalesce(jsonb_agg(jsonb_build_object('what', entry.what, 'history_id', entry.history_id,
        'position', seal.position)), '[]') into found
    from datastore.verify_seal(seal, previous) as entry;
    if seal.position = (kept ->> 'position')::bigint then
      kept_is_found := true;
      if encode(seal.hash, 'hex') is distinct from kept ->> 'hash' then
        found := found || jsonb_build_object('what', 'seal differs from the kept one',
          'history_id', null, 'position', seal.position);
      end if;
    end if;
    differing := differing + jsonb_array_length(found);
    if jsonb_array_length(differences) < 1000 then
      differences := differences || jsonb_path_query_array(found, '$[0 to 999]');
    end if;
    sealed_rows := sealed_rows + cardinality(seal.history_ids);
    previous := seal;
  end loop;
  if not kept_is_found then
    differing := differing + 1;
    differences := differences
      || jsonb_build_object('what', 'the kept seal is gone', 'history_id', null, 'position', kept -> 'position');
  end if;
  return (
    select jsonb_build_object(
      'differing', differing, 'differences', differences, 'sealed_rows', sealed_rows,
      'latest_seal', datastore.seal_json(previous),
      'unsealed_rows', count(*), 'unsealed_since', min(history.acted_at))
    from datastore.history
    where history.history_id > coalesce(previous.last_history_id, -9223372036854775808));
end
$$;
comment on function datastore.verify_history(jsonb) is
'Compares the whole history with its seals. For roles that read all of it: a worker, a reader, the owner.

kept: a `latest_seal` that was kept outside of the database: it and what it covers must be there unchanged
Answer: `{differing, differences: [{what, history_id, position}], sealed_rows, latest_seal, unsealed_rows,
  unsealed_since}`; `position` is the seal''s, the first 1,000 or so differences are listed';
