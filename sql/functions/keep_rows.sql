-- Plain SQL of an acting user changes no more than the functions do. Without an acting user it is the owner who writes,
-- and rows are taken as they come.

create or replace function datastore.keep_replaced() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if old.state <> 'stored' or not exists (
    select from datastore.picture as other
    where other.picture_id = new.replaced_by and other.picture_id <> new.picture_id
      and other.container_id = new.container_id and other.picture_set_id = new.picture_set_id
      and other.relative_path = new.relative_path and other.state = 'pending') then
    raise insufficient_privilege using
      message = format(
        'picture %s is replaced by one that was announced under its path, and by no other', old.picture_id);
  end if;
  return new;
end
$$;
comment on function datastore.keep_replaced() is
  'Trigger: a stored picture makes way for one that was announced under its path, and stays replaced by that one.';

create or replace function datastore.keep_client_keys() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if datastore.acting_user() is not null and exists (
    select from new_rows as said
    cross join lateral (select datastore.system_keys(tg_argv[0], said.document) as keys offset 0) as filled
    where said.document ?| array(select jsonb_object_keys(filled.keys))
       or said.kept is distinct from (
            case when said.kept is not null then datastore.kept_keys(said.kept, filled.keys) end)) then
    raise insufficient_privilege using
      message = 'a document has keys that the datastore fills: who changed it and when, what is in the file, …';
  end if;
  return null;
end
$$;
comment on function datastore.keep_client_keys() is
  'Trigger: what a client says never stands in the place of what the datastore fills. Argument: the kind of document.';

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

create or replace trigger keep_replaced
  before update on datastore.picture for each row
  when (datastore.acting_user() is not null
        and (old.replaced_by is distinct from new.replaced_by or new.state = 'replaced' and old.state <> 'replaced'))
  execute function datastore.keep_replaced();
create or replace trigger keep_client_keys_insert
  after insert on datastore.picture referencing new table as new_rows
  for each statement execute function datastore.keep_client_keys('picture');
create or replace trigger keep_client_keys_update
  after update on datastore.picture referencing new table as new_rows
  for each statement execute function datastore.keep_client_keys('picture');
create or replace trigger keep_client_keys_insert
  after insert on datastore.picture_set referencing new table as new_rows
  for each statement execute function datastore.keep_client_keys('picture_set');
create or replace trigger keep_client_keys_update
  after update on datastore.picture_set referencing new table as new_rows
  for each statement execute function datastore.keep_client_keys('picture_set');
create or replace trigger keep_verdicts
  after update on datastore.verdict referencing old table as old_rows new table as new_rows
  for each statement execute function datastore.keep_verdicts();
create or replace trigger stamp_feedback
  before update on datastore.inference for each row
  when (datastore.acting_user() is not null and new.feedback_at is distinct from old.feedback_at)
  execute function datastore.stamp_feedback();
