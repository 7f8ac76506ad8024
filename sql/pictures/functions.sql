-- Pictures one by one, and the confirmation that their bytes are stored.

create or replace function datastore.confirm_pictures(confirmations jsonb) returns jsonb
language plpgsql volatile as $$
#variable_conflict use_column
declare
  errors jsonb;
  answer jsonb;
begin
  perform datastore.check_limits(confirmations), datastore.check_batch(confirmations);
  select jsonb_agg(datastore.error_row('/' || (sent.place - 1) || '/picture_id', 'picture_id',
    format('there is no picture %s', coalesce(sent.picture_id::text, 'null'))) order by sent.place)
  into errors
  from datastore.confirmed_pictures(confirmations) as sent
  where not exists (
    select from datastore.picture where picture.picture_id = sent.picture_id);
  if errors is not null then
    perform datastore.refuse('DS404', 'there is no such picture', errors);
  end if;
  perform datastore.check_may_write(array(
    select picture.container_id from datastore.confirmed_pictures(confirmations) as sent
    join datastore.picture on picture.picture_id = sent.picture_id));

  -- Batches of one set wait for each other, as announcements do: they would lock pictures in another order.
  perform from datastore.picture_set
  where picture_set_id in (
    select picture.picture_set_id from datastore.confirmed_pictures(confirmations) as sent
    join datastore.picture on picture.picture_id = sent.picture_id)
  order by picture_set_id for no key update;

  select jsonb_agg(datastore.error_row('/' || (sent.place - 1), 'conflict',
    format('the blob of %s has another size or MD5 than was announced', sent.picture_id)) order by sent.place)
  into errors
  from datastore.confirmed_pictures(confirmations) as sent
  join datastore.picture on picture.picture_id = sent.picture_id
  where sent.size <> picture.size or sent.md5 <> picture.md5;
  if errors is not null then
    perform datastore.refuse('DS409', 'a blob is not what was announced', errors);
  end if;

  -- A picture that takes the path of a stored one replaces it: first the old ones make way.
  update datastore.picture as old
  set state = 'replaced', replaced_by = new.picture_id
  from datastore.picture as new
  where new.picture_id in (select sent.picture_id from datastore.confirmed_pictures(confirmations) as sent)
    and new.state = 'pending' and old.state = 'stored'
    and old.container_id = new.container_id and old.picture_set_id = new.picture_set_id
    and old.relative_path = new.relative_path;

  update datastore.picture
  set state = 'stored', size = coalesce(sent.size, picture.size), md5 = coalesce(sent.md5, picture.md5),
    etag = coalesce(sent.etag, picture.etag),
      image_data = picture.image_data
        || jsonb_strip_nulls(jsonb_build_object('size', coalesce(sent.size, picture.size))),
      quality_check = picture.quality_check || '{"upload_check": true}'
  from datastore.confirmed_pictures(confirmations) as sent
  where picture.picture_id = sent.picture_id and picture.state = 'pending';

  -- Also of what is stored already: its blob was lost, and the same bytes were put back.
  update datastore.picture
  set etag = sent.etag
  from datastore.confirmed_pictures(confirmations) as sent
  where picture.picture_id = sent.picture_id and picture.etag is distinct from sent.etag and sent.etag is not null;

  select jsonb_agg(jsonb_build_object('picture_id', picture.picture_id, 'state', picture.state) order by sent.place)
  into answer
  from datastore.confirmed_pictures(confirmations) as sent
  join datastore.picture on picture.picture_id = sent.picture_id;
  return coalesce(answer, '[]');
end
$$;
comment on function datastore.confirm_pictures(jsonb) is
'Says that the blobs of announced pictures are in storage. The pictures are *stored* from now on. A picture that
was announced with `replace` takes its path now, and the old one becomes *replaced*: its row, its blob and its
history stay. The same confirmation again gives the same answer.

confirmations: an array of `{picture_id, size, md5, etag}`: what lies in storage. With an ETag, each later read
  is of that state of the blob or refused. Of a picture that is stored already, a new ETag is kept: the same
  bytes were put back
Answer: an array in the same order of `{picture_id, state}`
Errors: `DS400`: not such an array · `DS404`: a picture that was not announced · `DS409`: another size or MD5
  than was announced. Then none of them is confirmed';
do $$ begin perform datastore.take_text('confirm_pictures'); end $$;

create or replace function datastore.confirmed_pictures(confirmations jsonb)
returns table (place bigint, picture_id uuid, size bigint, md5 bytea, etag text)
language plpgsql immutable as $$
begin
  return query
    select item.place, (item.value ->> 'picture_id')::uuid, (item.value ->> 'size')::bigint,
           decode(item.value ->> 'md5', 'base64'), btrim(item.value ->> 'etag', '"')
    from jsonb_array_elements(confirmations) with ordinality as item(value, place);
exception when data_exception then
  perform datastore.refuse('DS400', 'invalid confirmation',
    jsonb_build_array(datastore.error_row('', 'confirmation',
      'expected an array of {"picture_id": a UUID, "size": bytes, "md5": base64, "etag": text}')));
end
$$;
comment on function datastore.confirmed_pictures(jsonb) is 'A batch of confirmations as rows, in order.';

create or replace function datastore.find_picture(
  picture_id uuid, container_id uuid default null
) returns datastore.picture
language plpgsql stable as $$
declare
  found_picture datastore.picture;
begin
  select picture.* into found_picture
  from datastore.picture
  where picture.picture_id = find_picture.picture_id
    and (find_picture.container_id is null or picture.container_id = find_picture.container_id);
  if not found then
    perform datastore.refuse('DS404',
      format('there is no picture %s', coalesce(find_picture.picture_id::text, 'NULL')));
  end if;
  return found_picture;
end
$$;
comment on function datastore.find_picture(uuid, uuid) is
  'The row of a picture that the acting user may see. Errors: DS404.';

create or replace function datastore.update_picture(
  picture_id uuid, document jsonb, container_id uuid default null
) returns json
language plpgsql volatile as $$
declare
  known datastore.picture := datastore.find_picture(update_picture.picture_id, update_picture.container_id);
begin
  perform datastore.check_may_write(array[known.container_id]);
  perform datastore.check_document('picture', update_picture.document);
  perform datastore.check_seeds(jsonb_build_array(update_picture.document));
  perform datastore.label_known(
    datastore.rewrite_pictures(array[known.picture_id], known.container_id, jsonb_build_array(update_picture.document)),
    known.container_id);
  perform datastore.remember_picture_claims(jsonb_build_array(update_picture.document),
                                            jsonb_build_array(jsonb_build_object('picture_id', known.picture_id)));
  return datastore.picture_json(known.picture_id);
end
$$;
comment on function datastore.update_picture(uuid, jsonb, uuid) is
'Puts a document in the place of everything that the client said before. What was said before goes to the table
`datastore.history`. The keys that the datastore fills stay as they are; a value that is sent for one is
remembered in the history as *claimed*.

document: a whole picture document: a section that is not in it is gone
Answer: the rebuilt document
Errors: `DS400`, `DS404`';
do $$ begin perform datastore.take_text('update_picture'); end $$;

create or replace function datastore.picture_json(picture_id uuid) returns json
language sql stable parallel safe
return (select rebuilt.document from datastore.picture_document as rebuilt
  where rebuilt.picture_id = picture_json.picture_id);
comment on function datastore.picture_json(uuid) is 'A picture''s document, without a check of rights.';

create or replace function datastore.rebuild_picture(picture_id uuid, container_id uuid default null) returns json
language plpgsql stable as $$
begin
  return datastore.picture_json(
    (datastore.find_picture(rebuild_picture.picture_id, rebuild_picture.container_id)).picture_id);
end
$$;
comment on function datastore.rebuild_picture(uuid, uuid) is
'A picture''s document: what the client filled, as it was sent and to the last digit, and what the datastore
knows.

Answer: the document; also of a picture that is pending or was replaced
Errors: `DS404`';
