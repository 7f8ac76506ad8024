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
  where picture.picture_set_id = picture_set.picture_set_id and picture.container_id = picture_set.container_id and picture.state = 'stored'
) as counted;

comment on view datastore.picture_set_document is 'Each picture set''s document, rebuilt, without its pictures.';
