-- What triggers write about inferences, boxes and verdicts, and what they refuse.

create or replace function datastore.audit_new_boxes() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if exists (
    select from new_rows as added
    join datastore.inference on inference.inference_id = added.inference_id
      and inference.container_id = added.container_id
    where not added.is_manual and inference.created_at <> now()) then
    raise insufficient_privilege
      using message = 'what a model said of a picture comes with its inference, and is not added later';
  end if;
  -- Importing catches it, and takes them out.
  if exists (
    select from new_rows as added
    where added.document ?| datastore.inference_system_keys('box') or added.guesses @? '$[*].is_expert') then
    raise sqlstate 'DS000' using message = 'a box has keys that the datastore fills: what experts said of it, …';
  end if;
  insert into datastore.history (container_id, entity, entity_id, action, acted_by, after)
  select added.container_id, 'box', added.box_id, 'drawn', datastore.acting_user(),
         jsonb_build_object('inference_id', added.inference_id, 'position', added.position)
  from new_rows as added
  where added.is_manual;
  return null;
end
$$;
comment on function datastore.audit_new_boxes() is
  'Trigger: refuses boxes of a model that come later than their inference, and boxes with keys that the datastore '
  'fills; writes to the history which boxes an expert drew.';

create or replace function datastore.keep_inference_ids() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
-- A connection keeps its plan: one made while the table was empty would read all of it for each new row.
set enable_seqscan = off
as $$
begin
  if exists (
    select from new_rows as added
    cross join lateral (
      -- The ids of boxes and guesses are made of its first 24 characters.
      select from datastore.inference as other
      where (other.container_id, other.inference_id) <> (added.container_id, added.inference_id)
        and other.inference_id between (left(added.inference_id::text, 24) || '000000000000')::uuid
                                   and (left(added.inference_id::text, 24) || 'ffffffffffff')::uuid
      -- Keeps the order: for each new row a look at the index.
      limit 1
    ) as twin) then
    raise unique_violation using message = 'another inference has this id, or one of which the '
                                           'ids of boxes are the same';
  end if;
  if exists (select from new_rows as added where added.document ?| datastore.inference_system_keys('inference')) then
    raise insufficient_privilege
      using message = 'an inference has keys that the datastore fills: its id, who verified it, …';
  end if;
  return null;
end
$$;
comment on function datastore.keep_inference_ids() is
  'Trigger: the part of an inference''s id of which those of its boxes are made is not used twice, nor do its '
  'documents have keys that the datastore fills. A unique index over the id alone would not do: partitions and '
  'clusters need the container in it.';

create or replace function datastore.stamp_verdict() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  new.given_at := now();
  new.given_by := datastore.acting_user();
  return new;
end
$$;
comment on function datastore.stamp_verdict() is 'Trigger: an acting user gives verdicts in their own name.';

create or replace function datastore.stamp_added() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  new.added_at := now();
  new.added_by := datastore.acting_user();
  return new;
end
$$;
comment on function datastore.stamp_added() is 'Trigger: an acting user adds guesses in their own name.';

create or replace function datastore.stamp_verified() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if new.verified_at is null then
    new.verified_by := null;
  elsif old.verified_at is null then
    if exists (
      select from datastore.box
      left join datastore.verdict on verdict.box_id = box.box_id
        and verdict.container_id = box.container_id and verdict.is_current
      where box.inference_id = new.inference_id and box.container_id = new.container_id
        and verdict.outcome is null) then
      raise insufficient_privilege using
        message = format('inference %s has boxes without a verdict, and is verified when each has one',
          new.inference_id);
    end if;
    new.verified_at := now();
    new.verified_by := datastore.acting_user();
  else
    new.verified_at := old.verified_at;
    new.verified_by := old.verified_by;
  end if;
  return new;
end
$$;
comment on function datastore.stamp_verified() is
  'Trigger: an acting user verifies inferences in their own name, once each box has a verdict.';

create or replace function datastore.keep_verdicts() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if datastore.acting_user() is not null and exists (
    select from old_rows as was
    join new_rows as now_is using (verdict_id, container_id)
    where was.is_current <> now_is.is_current
      and (now_is.is_current or not exists (
        select from datastore.verdict as other
        where other.box_id = now_is.box_id and other.container_id = now_is.container_id and other.is_current))) then
    raise insufficient_privilege using
      message = 'a verdict holds until another one takes its place in the same statement';
  end if;
  return null;
end
$$;
comment on function datastore.keep_verdicts() is
  'Trigger: refuses to take a verdict back, or to bring an old one back, without a new one.';

create or replace function datastore.stamp_feedback() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if new.feedback_at is null then
    raise insufficient_privilege using
      message = format('what experts said of inference %s stays said', old.inference_id);
  end if;
  new.feedback_at := now();
  return new;
end
$$;
comment on function datastore.stamp_feedback() is
  'Trigger: when experts looked at an inference last; never taken back.';

create or replace trigger audit_insert
  after insert on datastore.box referencing new table as new_rows
  for each statement execute function datastore.audit_new_boxes();
create or replace trigger keep_inference_ids
  after insert on datastore.inference referencing new table as new_rows
  for each statement execute function datastore.keep_inference_ids();
create or replace trigger stamp_verdict
  before insert on datastore.verdict for each row
  when (datastore.acting_user() is not null) execute function datastore.stamp_verdict();
create or replace trigger stamp_added
  before insert on datastore.expert_guess for each row
  when (datastore.acting_user() is not null) execute function datastore.stamp_added();
create or replace trigger stamp_verified
  before update on datastore.inference for each row
  when (datastore.acting_user() is not null
    and (old.verified_at, old.verified_by) is distinct from (new.verified_at, new.verified_by))
  execute function datastore.stamp_verified();
create or replace trigger keep_verdicts
  after update on datastore.verdict referencing old table as old_rows new table as new_rows
  for each statement execute function datastore.keep_verdicts();
create or replace trigger stamp_feedback
  before update on datastore.inference for each row
  when (datastore.acting_user() is not null and new.feedback_at is distinct from old.feedback_at)
  execute function datastore.stamp_feedback();

-- What the history tells of these tables
do $$
begin
  perform datastore.audit_table('datastore.inference', '{picture_id,verified_at,verified_by}', 'inference_id');
  perform datastore.audit_table('datastore.box',
    '{inference_id,position,is_manual,document,guesses}', 'box_id', operations => 'update delete');
  perform datastore.audit_table('datastore.expert_guess',
    '{object_id,label,added_by,added_at}', 'box_id', operations => 'update delete');
  perform datastore.audit_table('datastore.verdict',
    '{verdict_id,inference_id,feedback,given_by,given_at,outcome,object_id,label,corners}', 'box_id',
    operations => 'update delete');
end
$$;
