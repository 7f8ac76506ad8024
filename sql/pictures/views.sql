create or replace function datastore.audit_trail(
  created_at timestamptz, edited_by uuid, edited_at timestamptz, last_change text, has_personal_data boolean, kept jsonb
) returns text
language sql stable parallel safe
return concat(
  '{"upload_date": "', to_char(created_at at time zone 'UTC', 'YYYY-MM-DD'),
  '", "edited_by": ', coalesce('"' || edited_by || '"', 'null'),
  ', "edit_date": "', to_char(edited_at at time zone 'UTC', 'YYYY-MM-DD'),
  '", "change_log": ', to_json(last_change),
  ', "access_log": "", "privacy_flag": ', has_personal_data::text, datastore.more_members(kept));
comment on function datastore.audit_trail(timestamptz, uuid, timestamptz, text, boolean, jsonb) is
  'Section audit_trail, as text, with the unknown keys that a client put into it. has_personal_data: its '
  'privacy_flag, for every reader. Dates are in UTC.';

-- Apart from its labels, which are put together for many pictures at once where many are rebuilt: one by one they take
-- a third of the time (benchmarks/rebuild.py).
create or replace view datastore.picture_text with (security_invoker = true) as
select
  picture.container_id, picture.picture_set_id, picture.picture_id, picture.position, picture.state,
  rebuilt.before_labels,
  concat(']', datastore.more_members(picture.document)) as after_labels
from datastore.picture
-- Row-level security says for whom there is a row.
left join datastore.picture_personal_data as personal
  on picture.has_personal_data and personal.picture_id = picture.picture_id
    and personal.container_id = picture.container_id
left join lateral (
  select concat(
    '{"model": ', coalesce(inference.document -> 'models' -> -1 -> 'name',
      inference.document -> 'pipeline_name', 'null'),
    ', "prediction": ', coalesce(to_json(seed.name)::text, 'null'),
    ', "confidence_score": ', coalesce(inference.top_score::text, 'null')) as classification
  from datastore.inference
  left join datastore.seed on seed.seed_id = inference.top_seed_id
  where inference.picture_id = picture.picture_id and inference.container_id = picture.container_id
  order by inference.position desc
  limit 1
) as newest on true
cross join lateral (
  select concat(
    '{"picture_id": "', picture.picture_id,
    '", "picture_set_id": "', picture.picture_set_id,
    '", "metadata": ', datastore.with_kept(picture.metadata, picture.kept -> 'metadata'),
    ', "image_data": ', datastore.with_tags(picture.image_data, picture.kept -> 'image_data',
      coalesce(personal.tags, picture.tags)),
    ', "quality_check": ', datastore.with_kept(picture.quality_check, picture.kept -> 'quality_check'),
    ', "classification_data": '
      || coalesce(newest.classification || datastore.more_members(picture.kept -> 'classification_data'),
                                           picture.kept ->> 'classification_data'),
    ', "child_data": {"children": [], "count": 0', datastore.more_members(picture.kept -> 'child_data'),
    case when picture.correction_applied = '' then ', "error_handling": {"feedback": "", "correction_applied": ""'
         else ', "error_handling": {"feedback": ' || to_json(picture.feedback) || ', "correction_applied": '
           || to_json(picture.correction_applied) end,
    ', "error_details": ', coalesce(
      nullif((picture.quality_check -> 'error_type')::text, '""'),
      case picture.quality_check -> 'valid_data' when 'false' then '"the data of the file is not valid"' else '""' end),
      datastore.more_members(picture.kept -> 'error_handling'),
    ', "audit_trail": ', datastore.audit_trail(
      picture.created_at, picture.edited_by, picture.edited_at, picture.last_change, picture.has_personal_data,
      picture.kept -> 'audit_trail'),
    ', "labels": [') as before_labels
) as rebuilt;

comment on view datastore.picture_text is
  'Each picture''s document, rebuilt, as text: what comes before its labels, and what comes after them.';

create or replace function datastore.labels_text(picture_ids uuid[]) returns table (picture_id uuid, labels text)
language sql stable parallel safe
begin atomic
  select label.picture_id,
         string_agg(concat(
           '{"seed_id": "', seed.seed_id, '", "seed_name": ', to_json(seed.name), ', "origin": "', label.origin,
           '", "by": ', coalesce('"' || label.labelled_by || '"', 'null'),
           ', "at": "', to_char(label.labelled_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '"}'),
           ', ' order by label.labelled_at, seed.name)
  from datastore.picture_label as label
  join datastore.seed using (seed_id)
  where label.picture_id = any (picture_ids)
  group by label.picture_id;
end;
comment on function datastore.labels_text(uuid[]) is
  'The labels of pictures, as text; no row for a picture without any.';

create or replace view datastore.picture_document with (security_invoker = true) as
select
  picture.container_id, picture.picture_set_id, picture.picture_id, picture.position, picture.state,
  rebuilt.document_text::json as document,
  rebuilt.document_text
from datastore.picture_text as picture
cross join lateral (
  select concat(
    picture.before_labels,
    (select named.labels from datastore.labels_text(array[picture.picture_id]) as named),
    picture.after_labels) as document_text
) as rebuilt;

comment on view datastore.picture_document is
  'Each picture''s document, rebuilt: what the client filled as it was sent, and what the datastore knows. '
  'document_text is the same before the cast.';

create or replace view datastore.picture_set_document with (security_invoker = true) as
select
  picture_set.container_id, picture_set.picture_set_id, picture_set.position,
  concat(
    '{"picture_set_id": "', picture_set.picture_set_id,
    '", "container_name": "', container.name,
    '", "name": ', to_json(picture_set.name),
    ', "image_data_picture_set": {"number_of_images": ', counted.pictures,
      datastore.more_members(picture_set.kept -> 'image_data_picture_set'),
    ', "audit_trail": ', datastore.audit_trail(
      picture_set.created_at, picture_set.edited_by, picture_set.edited_at, picture_set.last_change,
      counted.has_personal_data, picture_set.kept -> 'audit_trail'),
    datastore.more_members(picture_set.document - 'name'))::jsonb as document
from datastore.picture_set
join datastore.container using (container_id)
cross join lateral (
  select count(*) as pictures, coalesce(bool_or(picture.has_personal_data), false) as has_personal_data
  from datastore.picture
  where picture.picture_set_id = picture_set.picture_set_id and picture.container_id = picture_set.container_id
    and picture.state = 'stored'
) as counted;

comment on view datastore.picture_set_document is 'Each picture set''s document, rebuilt, without its pictures.';
