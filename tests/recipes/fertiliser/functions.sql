create or replace function datastore.rebuild_fertiliser_label(label_id uuid, container_id uuid default null)
returns jsonb
language plpgsql stable as $$
declare
  known datastore.fertiliser_label;
  nutrients jsonb;
begin
  select label.* into known
  from datastore.fertiliser_label as label
  where label.label_id = rebuild_fertiliser_label.label_id
    and (rebuild_fertiliser_label.container_id is null or label.container_id = rebuild_fertiliser_label.container_id);
  if not found then
    perform datastore.refuse('DS404', format(
      'there is no label %s', coalesce(rebuild_fertiliser_label.label_id::text, 'NULL')));
  end if;
  select coalesce(jsonb_agg(nutrient.document order by nutrient.place), '[]') into nutrients
  from datastore.fertiliser_nutrient as nutrient
  where nutrient.label_id = known.label_id and nutrient.container_id = known.container_id;
  return known.document
    || case when known.document ? 'nutrients' then jsonb_build_object('nutrients', nutrients) else '{}' end
    || jsonb_build_object('label_id', known.label_id, 'created_at', known.created_at, 'created_by', known.created_by);
end
$$;
comment on function datastore.rebuild_fertiliser_label(uuid, uuid) is
'The document of a label.

label_id: the label
Answer: the document as it was sent, and what the datastore fills
Errors: `DS404`: no such label';

create or replace function datastore.import_fertiliser_label(document jsonb, container_id uuid default null)
returns jsonb
language plpgsql volatile as $$
declare
  home_id uuid := datastore.own_container(import_fertiliser_label.container_id);
  said jsonb;
  written_id uuid;
begin
  perform datastore.check_may_write(array[home_id]);
  perform datastore.check_document('fertiliser_label', document);
  said := document - array(select jsonb_object_keys(datastore.system_keys('fertiliser_label', document)));
  if exists (
    select from jsonb_array_elements_text(said -> 'pictures') as listed(id)
    where not exists (
      select from datastore.picture where picture.picture_id = listed.id::uuid and picture.container_id = home_id)) then
    perform datastore.refuse('DS404', 'there is no such picture in the container of the label');
  end if;
  insert into datastore.fertiliser_label (container_id, document)
  values (home_id, said || case when said ? 'nutrients' then '{"nutrients": []}'::jsonb else '{}' end)
  returning label_id into written_id;
  insert into datastore.fertiliser_label_picture (label_id, container_id, place, picture_id)
  select written_id, home_id, listed.place, listed.id::uuid
  from jsonb_array_elements_text(said -> 'pictures') with ordinality as listed(id, place);
  insert into datastore.fertiliser_nutrient (label_id, container_id, place, document)
  select written_id, home_id, listed.place, listed.item
  from datastore.items_of(said -> 'nutrients') as listed;
  return datastore.rebuild_fertiliser_label(written_id, home_id);
end
$$;
comment on function datastore.import_fertiliser_label(jsonb, uuid) is
'Stores what an inspector records of a label, in the acting user''s container or the one named.

document: a fertiliser label
Answer: the document with its id
Errors: `DS400` · `DS404`: no such picture in the container';
do $$ begin perform datastore.take_text('import_fertiliser_label'); end $$;
