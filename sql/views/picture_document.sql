create or replace view datastore.picture_document with (security_invoker = true) as
select
  picture.container_id, picture.picture_set_id, picture.picture_id, picture.position, picture.state,
  rebuilt.document_text::json as document,
  rebuilt.document_text
from datastore.picture
left join lateral (
  select concat(
    '{"model": ', coalesce(inference.document -> 'models' -> -1 -> 'name', inference.document -> 'pipeline_name', 'null'),
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
    ', "image_data": ', datastore.with_kept(picture.image_data, picture.kept -> 'image_data'),
    ', "quality_check": ', datastore.with_kept(picture.quality_check, picture.kept -> 'quality_check'),
    ', "classification_data": ' || coalesce(newest.classification || datastore.more_members(picture.kept -> 'classification_data'),
                                           picture.kept ->> 'classification_data'),
    ', "child_data": {"children": [], "count": 0', datastore.more_members(picture.kept -> 'child_data'),
    case when picture.correction_applied = '' then ', "error_handling": {"feedback": "", "correction_applied": ""'
         else ', "error_handling": {"feedback": ' || to_json(picture.feedback) || ', "correction_applied": ' || to_json(picture.correction_applied) end,
    ', "error_details": ', coalesce(
      nullif((picture.quality_check -> 'error_type')::text, '""'),
      case picture.quality_check -> 'valid_data' when 'false' then '"the data of the file is not valid"' else '""' end),
      datastore.more_members(picture.kept -> 'error_handling'),
    ', "audit_trail": ', datastore.audit_trail(
      picture.created_at, picture.edited_by, picture.edited_at, picture.last_change, picture.kept -> 'audit_trail'),
    ', "labels": [', (
      select string_agg(concat(
        '{"seed_id": "', seed.seed_id, '", "seed_name": ', to_json(seed.name), ', "origin": "', label.origin,
        '", "by": ', coalesce('"' || label.labelled_by || '"', 'null'),
        ', "at": "', to_char(label.labelled_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '"}'),
        ', ' order by label.labelled_at, seed.name)
      from datastore.picture_label as label join datastore.seed using (seed_id)
      where label.picture_id = picture.picture_id and label.container_id = picture.container_id), ']',
    datastore.more_members(picture.document)) as document_text
) as rebuilt;

comment on view datastore.picture_document is
  'Each picture''s document, rebuilt: what the client filled as it was sent, and what the datastore knows. document_text is the same before the cast.';
