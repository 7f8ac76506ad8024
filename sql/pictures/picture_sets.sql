create or replace function datastore.find_picture_set(
  picture_set_id uuid, container_id uuid default null
) returns datastore.picture_set
language plpgsql stable as $$
declare
  found_set datastore.picture_set;
begin
  select picture_set.* into found_set
  from datastore.picture_set
  where picture_set.picture_set_id = find_picture_set.picture_set_id
    and (find_picture_set.container_id is null or picture_set.container_id = find_picture_set.container_id);
  if not found then
    perform datastore.refuse('DS404',
      format('there is no picture set %s', coalesce(find_picture_set.picture_set_id::text, 'NULL')));
  end if;
  return found_set;
end
$$;
comment on function datastore.find_picture_set(uuid, uuid) is
  'The row of a picture set that the acting user may see. Errors: DS404.';

create or replace function datastore.write_picture_set(
  target_id uuid, container_id uuid, document jsonb, folder_root text, folder_path text
) returns uuid
language plpgsql volatile as $$
#variable_conflict use_variable
declare
  keys jsonb := datastore.system_keys('picture_set', document);
  written_id uuid := target_id;
  name text := coalesce(document ->> 'name', nullif(regexp_replace(folder_path, '^.*/', ''), ''), folder_root);
  divided record;
begin
  select client.document, client.kept into divided from datastore.divide_document(document, keys) as client;
  if written_id is null then
    insert into datastore.picture_set as written (container_id, name, folder_root, folder_path, document, kept)
    values (container_id, name, folder_root, folder_path, divided.document, divided.kept)
    returning written.picture_set_id into written_id;
  else
    update datastore.picture_set as known
    set name = coalesce(name, known.picture_set_id::text), document = divided.document, kept = divided.kept
    where known.picture_set_id = written_id and known.container_id = write_picture_set.container_id
      and (known.name, known.document, known.kept)
          is distinct from (coalesce(name, known.picture_set_id::text), divided.document, divided.kept);
  end if;

  if document ?| array(select jsonb_object_keys(keys)) then
    perform datastore.remember_claims('picture_set', jsonb_build_array(jsonb_build_object(
      'container_id', container_id, 'entity_id', written_id,
      'claimed', datastore.claimed_keys(document, rebuilt.document, keys))))
    from datastore.picture_set_document as rebuilt
    where rebuilt.picture_set_id = written_id and rebuilt.container_id = write_picture_set.container_id;
  end if;
  return written_id;
end
$$;
comment on function datastore.write_picture_set(uuid, uuid, jsonb, text, text) is
  'Inserts a picture set from its checked document, or updates it where that changes something.';

create or replace function datastore.create_picture_set(document jsonb, container_id uuid default null) returns jsonb
language plpgsql volatile as $$
declare
  home_id uuid := datastore.own_container(create_picture_set.container_id);
  written_id uuid;
begin
  perform datastore.check_may_write(array[home_id]);
  perform datastore.check_document('picture_set', document);
  -- Two calls with one name wait for each other here.
  perform datastore.lock_container(home_id);
  if exists (select from datastore.picture_set where picture_set.container_id = home_id
    and picture_set.name = create_picture_set.document ->> 'name') then
    perform datastore.refuse('DS409',
      format('the container has a picture set named %s already', create_picture_set.document -> 'name'));
  end if;
  written_id := datastore.write_picture_set(null, home_id, document, null, null);
  return datastore.picture_set_json(written_id);
end
$$;
comment on function datastore.create_picture_set(jsonb, uuid) is
'Makes a picture set in the acting user''s container.

document: a picture set document; all keys are optional. Without `name` the set is named by its id
container_id: the container, without an acting user
Answer: the document, as rebuild_picture_set gives it, but without `pictures`
Errors: `DS400` · `DS403`: no acting user, and no container is named · `DS404`: no such container · `DS409`: the
  container has a set of this name';
do $$ begin perform datastore.take_text('create_picture_set'); end $$;

create or replace function datastore.check_folder(folder_root text, folder_path text) returns void
language plpgsql stable as $$
declare
  errors jsonb;
begin
  select jsonb_agg(datastore.error_row('', wrong.keyword, wrong.message))
  into errors
  from (
    select 'folderRoot' as keyword, 'expected a folder''s name, folder_root, beside folder_path, or neither' as message
    where (folder_root is null) <> (folder_path is null)
    union all
    select 'folderRoot', format('expected a folder''s name of 1 to 255 characters in folder_root, found %s',
      char_length(folder_root))
    where char_length(folder_root) not between 1 and 255
    union all
    select 'folderPath', format('expected a path of at most 1,024 bytes in folder_path, found %s',
      octet_length(folder_path))
    where octet_length(folder_path) > 1024
    union all
    select 'folderPath', format(
      'expected a directory''s name of at most 255 characters at the end of folder_path, found %s', last.characters)
    from (select char_length(substring(folder_path from '[^/]*$')) as characters
      where octet_length(folder_path) <= 1024) as last
    where last.characters > 255
  ) as wrong;
  if errors is not null then
    perform datastore.refuse('DS400', 'a folder that cannot be', errors);
  end if;
end
$$;
comment on function datastore.check_folder(text, text) is
  'Raises DS400 for the name of a folder and the path of a directory in it that cannot be stored: too long, or one '
  'without the other.';

create or replace function datastore.open_picture_set(
  folder_root text, folder_path text, document jsonb, container_id uuid default null
) returns jsonb
language plpgsql volatile as $$
declare
  home_id uuid := datastore.own_container(open_picture_set.container_id);
  written_id uuid;
begin
  perform datastore.check_may_write(array[home_id]);
  perform datastore.check_folder(open_picture_set.folder_root, open_picture_set.folder_path);
  perform datastore.check_document('picture_set', document);
  perform datastore.lock_container(home_id);
  written_id := datastore.write_picture_set(
    (select picture_set.picture_set_id from datastore.picture_set
     where picture_set.container_id = home_id
       and picture_set.folder_root = open_picture_set.folder_root
       and picture_set.folder_path = open_picture_set.folder_path),
    home_id, document, open_picture_set.folder_root, open_picture_set.folder_path);
  return datastore.picture_set_json(written_id);
end
$$;
comment on function datastore.open_picture_set(text, text, jsonb, uuid) is
'The picture set of a directory of an uploaded folder: made when it is new, updated when its document has
changed. This is what an upload calls.

folder_root: the name of the folder that was uploaded
folder_path: the path of the directory inside of it; the empty string for the folder itself
document: a picture set document. Without `name` the set is named by the last part of the path
Answer: the document, without `pictures`
Errors: `DS400`, `DS403`, `DS404`, as of create_picture_set. Two directories may have sets of the same name';
do $$ begin perform datastore.take_text('open_picture_set'); end $$;

create or replace function datastore.picture_set_json(picture_set_id uuid) returns jsonb
language sql stable parallel safe
return (select rebuilt.document from datastore.picture_set_document as rebuilt
  where rebuilt.picture_set_id = picture_set_json.picture_set_id);
comment on function datastore.picture_set_json(uuid) is
  'A picture set''s document, without its pictures and without a check of rights.';

create or replace function datastore.rebuild_picture_set(
  picture_set_id uuid, container_id uuid default null
) returns json
language plpgsql stable as $$
declare
  known datastore.picture_set := datastore.find_picture_set(rebuild_picture_set.picture_set_id,
    rebuild_picture_set.container_id);
begin
  return left(datastore.picture_set_json(known.picture_set_id)::text, -1) || ', "pictures": ['
    || coalesce((
      select string_agg(concat(rebuilt.before_labels, named.labels, rebuilt.after_labels), ', '
        order by rebuilt.position)
      from datastore.picture_text as rebuilt
      left join datastore.labels_text(array(
        select picture.picture_id from datastore.picture
        where picture.picture_set_id = known.picture_set_id and picture.state = 'stored'
      )) as named on named.picture_id = rebuilt.picture_id
      where rebuilt.picture_set_id = known.picture_set_id and rebuilt.state = 'stored'), '') || ']}';
end
$$;
comment on function datastore.rebuild_picture_set(uuid, uuid) is
'A picture set''s document, with the documents of its stored pictures under `pictures`, in the order in which they
were announced. One call, however many pictures there are.

Answer: the document
Errors: `DS404`';

create or replace function datastore.rebuild_folders(container_id uuid default null) returns jsonb
language plpgsql stable as $$
declare
  home_id uuid := coalesce(rebuild_folders.container_id, datastore.acting_container());
  listed_ids uuid[] := case when home_id is null
    then array(select container.container_id from datastore.container) else array[home_id] end;
begin
  return (
  select coalesce(jsonb_agg(jsonb_build_object(
    'picture_set_id', picture_set.picture_set_id,
    'folder_name', picture_set.name,
    'nb_pictures', coalesce(listed.nb_pictures, 0),
    'pictures', coalesce(listed.pictures, '[]')) order by picture_set.position), '[]')
  from datastore.picture_set
  left join lateral (
    select count(*) as nb_pictures, jsonb_agg(jsonb_build_object(
      'picture_id', picture.picture_id,
      'name', coalesce(picture.file_name, regexp_replace(picture.blob_name, '^.*/', '')),
      'is_validated', exists (
        select from datastore.picture_label as label
        where label.picture_id = picture.picture_id and label.container_id = picture.container_id),
      'inference_exist', exists (
        select from datastore.inference
        where inference.picture_id = picture.picture_id and inference.container_id = picture.container_id))
          order by picture.position) as pictures
    from datastore.picture
    where picture.picture_set_id = picture_set.picture_set_id and picture.state = 'stored'
  ) as listed on true
  where picture_set.container_id = any (listed_ids)
);
end
$$;
comment on function datastore.rebuild_folders(uuid) is
'The acting user''s picture sets in the order in which they were made, each with its stored pictures; or those of
the container that is named, which may be one that is shared (rebuild_containers). Pictures that are announced
and not yet confirmed are not listed.

Answer: `[{picture_set_id, folder_name, nb_pictures, pictures: [{picture_id, name, is_validated,
  inference_exist}]}]`; `[]` where there is none. `is_validated`: the picture has a label
Errors: none';
