create or replace function datastore.refresh_error_handling(picture_ids uuid[]) returns void
language plpgsql volatile as $$
begin
  -- Experts who answer about two inferences of one picture wait for each other here, and the second sees what the
  -- first said.
  perform from datastore.picture
  where picture.picture_id = any (refresh_error_handling.picture_ids)
  order by picture.picture_id
  for no key update;

  with looked_at as (
    select distinct on (inference.picture_id) inference.picture_id, inference.inference_id
    from datastore.inference
    where inference.picture_id = any (refresh_error_handling.picture_ids) and inference.feedback_at is not null
    order by inference.picture_id, inference.position desc
  ), held as (
    select looked_at.picture_id, looked_at.inference_id, box.position,
           verdict.verdict_id is not null
             and (verdict.model_rank is distinct from 1 or verdict.corners is not null) as is_corrected,
           -- An expert who agrees says so after what holds.
           (select string_agg(said.said ->> 'comment', '; ' order by said.verdict_id)
            from datastore.verdict as said
            where said.box_id = box.box_id and said.verdict_id >= verdict.verdict_id
              and said.said ->> 'comment' <> '') as comments
    from looked_at
    join datastore.box on box.inference_id = looked_at.inference_id
    left join datastore.verdict on verdict.box_id = box.box_id and verdict.is_current
  ), told as (
    select held.picture_id,
           coalesce(string_agg(held.comments, '; ' order by held.position), '') as feedback,
           format('%s of %s %s corrected', count(*) filter (where held.is_corrected), count(*),
             case when count(*) = 1 then 'box' else 'boxes' end)
             as correction_applied
    from held
    group by held.picture_id
  )
  update datastore.picture
  set feedback = told.feedback, correction_applied = told.correction_applied
  from told
  where picture.picture_id = told.picture_id
    and (picture.feedback, picture.correction_applied) is distinct from (told.feedback, told.correction_applied);
end
$$;
comment on function datastore.refresh_error_handling(uuid[]) is
  'Writes into pictures what their documents say of feedback under error_handling: about the newest inference that '
  'experts looked at, its comments, and how many of its boxes they corrected (another species than the model''s '
  'first, no seed, moved, drawn).';

create or replace function datastore.tell_feedback(picture_id uuid, container_id uuid) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform datastore.check_acting('datastore.picture');
  perform datastore.check_may_write(array[tell_feedback.container_id], 'judge');
  perform datastore.refresh_error_handling(array(
    select picture.picture_id from datastore.picture
    where picture.picture_id = tell_feedback.picture_id and picture.container_id = tell_feedback.container_id));
end
$$;
comment on function datastore.tell_feedback(uuid, uuid) is
  'datastore.refresh_error_handling for a picture whose inferences the acting user may judge: it says what verdicts '
  'say, and no role of a backend writes anything else there. Errors: DS403.';
