-- What clients said for keys that the datastore fills.

create or replace function datastore.audit_claims() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into datastore.history (container_id, entity, entity_id, action, acted_by, claimed)
  select container_id, entity, entity_id, 'claimed', datastore.acting_user(), claimed from new_rows;
  return null;
end
$$;
comment on function datastore.audit_claims() is 'Trigger: writes to the history what clients claimed.';

create or replace function datastore.remember_claims(entity text, claims jsonb) returns void
language sql volatile
begin atomic
  insert into datastore.claim as known (container_id, entity, entity_id, claimed)
  select distinct on (sent.entity_id) sent.container_id, remember_claims.entity, sent.entity_id, sent.claimed
  from rows from (jsonb_to_recordset(claims) as (container_id uuid, entity_id uuid, claimed jsonb))
    with ordinality as sent(container_id, entity_id, claimed, place)
  where sent.claimed is not null
  order by sent.entity_id, sent.place desc
  on conflict (entity_id, container_id) do update set claimed = excluded.claimed
  where known.claimed <> excluded.claimed;
end;
comment on function datastore.remember_claims(text, jsonb) is
  'Keeps what clients claimed, unless it was their last word already: an array of {container_id, entity_id, claimed}.';

create or replace function datastore.stamp_claim() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  new.claimed_at := now();
  return new;
end
$$;
comment on function datastore.stamp_claim() is 'Trigger: when a client claimed something.';

create or replace trigger audit_insert
  after insert on datastore.claim referencing new table as new_rows
  for each statement execute function datastore.audit_claims();
create or replace trigger audit_update
  after update on datastore.claim referencing new table as new_rows
  for each statement execute function datastore.audit_claims();
create or replace trigger stamp_claim
  before update on datastore.claim for each row execute function datastore.stamp_claim();

do $$
begin
  perform datastore.audit_table('datastore.claim', '{entity,claimed}', operations => 'delete');
end
$$;
