create or replace function datastore.refresh_picture_feedback(picture_ids uuid[]) returns void
language plpgsql volatile as $$
begin
  -- Feedback on two inferences of one picture waits here, and the second sees the verdicts of the first.
  perform from datastore.picture
  where picture.picture_id = any (refresh_picture_feedback.picture_ids)
  order by picture.picture_id
  for no key update;

  with looked_at as (
    select distinct on (inference.picture_id) inference.picture_id, inference.inference_id
    from datastore.inference
    where inference.picture_id = any (refresh_picture_feedback.picture_ids) and inference.feedback_at is not null
    order by inference.picture_id, inference.position desc
  ), held as (
    select looked_at.picture_id, looked_at.inference_id, box.position,
           verdict.verdict_id is not null
             and (verdict.model_rank is distinct from 1 or verdict.corners is not null) as is_corrected,
           -- An expert who agrees says so after what holds.
           (select string_agg(later.feedback ->> 'comment', '; ' order by later.verdict_id)
            from datastore.verdict as later
            where later.box_id = box.box_id and later.verdict_id >= verdict.verdict_id
              and later.feedback ->> 'comment' <> '') as comments
    from looked_at
    join datastore.box on box.inference_id = looked_at.inference_id
    left join datastore.verdict on verdict.box_id = box.box_id and verdict.is_current
  ), summary as (
    select held.picture_id,
           coalesce(string_agg(held.comments, '; ' order by held.position), '') as feedback,
           format('%s of %s %s corrected', count(*) filter (where held.is_corrected), count(*),
             case when count(*) = 1 then 'box' else 'boxes' end)
             as correction_applied
    from held
    group by held.picture_id
  )
  update datastore.picture
  set feedback = summary.feedback, correction_applied = summary.correction_applied
  from summary
  where picture.picture_id = summary.picture_id
    and (picture.feedback, picture.correction_applied) is distinct from (summary.feedback, summary.correction_applied);
end
$$;
comment on function datastore.refresh_picture_feedback(uuid[]) is
  'Writes into pictures what their documents say of feedback under error_handling: about the newest inference that '
  'experts looked at, its comments, and how many of its boxes they corrected (another species than the model''s '
  'first, no seed, moved, drawn).';

create or replace function datastore.update_picture_feedback(picture_id uuid, container_id uuid) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform datastore.check_acting('datastore.picture');
  perform datastore.check_may_write(array[update_picture_feedback.container_id], 'judge');
  perform datastore.refresh_picture_feedback(array(
    select picture.picture_id from datastore.picture
    where picture.picture_id = update_picture_feedback.picture_id
      and picture.container_id = update_picture_feedback.container_id));
end
$$;
comment on function datastore.update_picture_feedback(uuid, uuid) is
  'datastore.refresh_picture_feedback for a picture whose inferences the acting user may judge: it says what verdicts '
  'say, and no role of a backend writes anything else there. Errors: DS403.';
