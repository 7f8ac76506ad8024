create or replace view datastore.picture_document as
select
  picture.container_id, picture.picture_set_id, picture.picture_id, picture.position, picture.state,
  datastore.object_text(
    datastore.member('picture_id', to_jsonb(picture.picture_id)),
    datastore.member('picture_set_id', to_jsonb(picture.picture_set_id)),
    datastore.member('user_data', picture.user_data),
    datastore.member('seed', picture.seed),
    datastore.member('client_data', picture.client_data),
    datastore.member('client_feedback', picture.client_feedback),
    datastore.member('metadata', picture.metadata || jsonb_build_object(
      'upload_date', (picture.created_at at time zone 'UTC')::date) || coalesce(picture.kept -> 'metadata', '{}')),
    datastore.member('image_data', picture.image_data || jsonb_strip_nulls(jsonb_build_object(
      'source', container.name || '/' || picture.blob_name, 'parent', '', 'size', picture.size)) || coalesce(picture.kept -> 'image_data', '{}')),
    datastore.member('quality_check', picture.quality_check || jsonb_build_object(
      'upload_check', picture.state <> 'pending') || coalesce(picture.kept -> 'quality_check', '{}')),
    datastore.member('classification_data', picture.kept -> 'classification_data'),
    datastore.member('child_data', '{"children": [], "count": 0}' || coalesce(picture.kept -> 'child_data', '{}')),
    datastore.member('error_handling', '{"feedback": "", "correction_applied": "", "error_details": ""}'
      || coalesce(picture.kept -> 'error_handling', '{}')),
    datastore.member('audit_trail', datastore.audit_trail(
      picture.created_at, picture.edited_by, picture.edited_at, picture.last_change) || coalesce(picture.kept -> 'audit_trail', '{}')),
    datastore.member('labels', coalesce((
      select jsonb_agg(jsonb_build_object(
        'seed_id', seed.seed_id, 'seed_name', seed.name, 'origin', label.origin, 'by', label.labelled_by,
        'at', to_char(label.labelled_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
        order by label.labelled_at, seed.name)
      from datastore.picture_label as label join datastore.seed using (seed_id)
      where label.picture_id = picture.picture_id and label.container_id = picture.container_id), '[]')),
    datastore.members_of(picture.other)
  )::json as document
from datastore.picture
join datastore.container using (container_id);

comment on view datastore.picture_document is 'Each picture''s document, rebuilt: what the client filled as it was sent, and what the datastore knows.';
