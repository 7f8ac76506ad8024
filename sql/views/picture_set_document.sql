create or replace view datastore.picture_set_document as
select
  picture_set.container_id, picture_set.picture_set_id, picture_set.position,
  datastore.object_of(
    datastore.member('picture_set_id', to_jsonb(picture_set.picture_set_id)),
    datastore.member('container_name', to_jsonb(container.name)),
    datastore.member('name', to_jsonb(picture_set.name)),
    datastore.member('client_data', picture_set.client_data),
    datastore.member('acquisition', picture_set.acquisition),
    datastore.member('image_data_picture_set', jsonb_build_object('number_of_images', (
        select count(*) from datastore.picture
        where picture.picture_set_id = picture_set.picture_set_id and picture.state = 'stored'))
      || coalesce(picture_set.kept -> 'image_data_picture_set', '{}')),
    datastore.member('audit_trail', datastore.audit_trail(
        picture_set.created_at, picture_set.edited_by, picture_set.edited_at, picture_set.last_change)
      || coalesce(picture_set.kept -> 'audit_trail', '{}')),
    datastore.members_of(picture_set.other)
  ) as document
from datastore.picture_set
join datastore.container using (container_id);

comment on view datastore.picture_set_document is 'Each picture set''s document, rebuilt, without its pictures.';
