-- What backends call with new inferences.

create or replace function datastore.labels_in(documents jsonb[]) returns text[]
language sql immutable parallel safe
return array(
  select distinct label.value #>> '{}'
  from unnest(documents) as sent(document)
  cross join lateral (
    -- As arrays: jsonb_path_query() moves all that are left for each row.
    select jsonb_array_elements(jsonb_path_query_array(sent.document, '$.boxes[*].label'))
    union all
    select jsonb_array_elements(jsonb_path_query_array(sent.document, '$.boxes[*].topN[*].label'))
  ) as label(value)
);
comment on function datastore.labels_in(jsonb[]) is 'Every label of these inferences, once.';

create or replace function datastore.import_inference(
  picture_id uuid, document jsonb, container_id uuid default null
) returns json
language plpgsql volatile as $$
declare
  known datastore.picture := datastore.find_picture(import_inference.picture_id, import_inference.container_id);
  new_id uuid := gen_random_uuid();
  stripped jsonb;
  answer text;
begin
  perform datastore.check_may_write(array[known.container_id]);
  perform datastore.check_guesses(document);
  if datastore.is_near_limits(document) or datastore.has_many_boxes(document) then
    perform datastore.check_document('inference', document);
  end if;
  begin
    answer := (datastore.write_inferences(
      array[new_id], array[known.picture_id], array[known.container_id], array[document], false, true))[1];
  exception
    when sqlstate 'DS000' then
      answer := null;
    when data_exception or integrity_constraint_violation then
      perform datastore.check_document('inference', document);
      raise;
  end;
  if answer is null then
    perform datastore.check_document('inference', document);
    stripped := datastore.without_system_keys(document);
    perform datastore.learn_labels(datastore.labels_in(array[stripped]));
    answer := (datastore.write_inferences(
      array[new_id], array[known.picture_id], array[known.container_id], array[stripped], true, true))[1];
    perform datastore.remember_claims('inference', jsonb_build_array(jsonb_build_object(
      'container_id', known.container_id, 'entity_id', new_id,
      'claimed', datastore.claimed_inference_keys(document, answer::jsonb))));
  end if;
  return answer;
end
$$;
comment on function datastore.import_inference(uuid, jsonb, uuid) is
'Stores an inference. Each call is a new one. An unknown label registers a seed as `unreviewed`; a
model that is not registered is kept as written, and listed by unknown_models.

Boxes and guesses keep the order in which they came.

document: an inference''s document
Answer: the document with its ids, as rebuild_inference gives it
Errors: `DS400` · `DS404`: no such picture. Then nothing is stored';
do $$ begin perform datastore.take_text('import_inference'); end $$;

create or replace function datastore.has_many_boxes(document jsonb) returns boolean
language sql immutable parallel safe
return datastore.is_large(document)
  or case jsonb_typeof(document -> 'boxes') when 'array'
    then jsonb_array_length(document -> 'boxes') > 1000 else false end;
comment on function datastore.has_many_boxes(jsonb) is
  'Has an inference so many boxes that it is checked before it is divided? What they are divided into is checked in '
  'any case, their number is not.';

create or replace function datastore.names_a_picture(sent jsonb) returns boolean
language plpgsql immutable parallel safe as $$
begin
  -- Nothing but a text is written out.
  return jsonb_typeof(sent -> 'picture_id') is not distinct from 'string'
    and jsonschema._is_uuid_1(sent ->> 'picture_id');
end
$$;
comment on function datastore.names_a_picture(jsonb) is 'Has an item of a batch of inferences the UUID of a picture?';

create or replace function datastore.check_inferences(documents jsonb) returns void
language plpgsql stable as $$
declare
  errors jsonb;
begin
  if jsonb_typeof(documents) is distinct from 'array' then
    perform datastore.refuse('DS400', 'expected an array of inferences',
      jsonb_build_array(datastore.error_row('', 'type',
        'expected an array of {picture_id, document}, found ' || coalesce(jsonb_typeof(documents), 'NULL'))));
  end if;
  select jsonb_agg(datastore.error_row(format('/%s%s', sent.place, error.instance_path), error.keyword,
    error.message) order by sent.place)
  into errors
  from (
    select item.item, item.place
    from datastore.items_of(documents) as item
    where not datastore.names_a_picture(item.item)
       or datastore.document_is_valid('inference', item.item -> 'document') is not true
    -- To say why takes longer than to say that.
    order by item.place limit 20
  ) as sent
  cross join lateral (
    select '/picture_id' as instance_path, 'format' as keyword,
           'expected the UUID of a picture, found ' || case jsonb_typeof(sent.item -> 'picture_id')
             when 'string' then to_json(left(sent.item ->> 'picture_id', 40))::text
             else coalesce(jsonb_typeof(sent.item -> 'picture_id'), 'none') end as message
    where not datastore.names_a_picture(sent.item)
    union all
    select '/document' || wrong.instance_path, wrong.keyword, wrong.message
    from datastore.document_errors('inference', coalesce(sent.item -> 'document', 'null')) as wrong
  ) as error;
  if errors is not null then
    perform datastore.refuse('DS400', 'invalid inference document', errors);
  end if;
end
$$;
comment on function datastore.check_inferences(jsonb) is
  'Raises DS400 unless it is an array of {picture_id, document} with valid inferences; a path starts with the place '
  'in the array.';

create or replace function datastore.import_inferences(documents jsonb, container_id uuid default null) returns jsonb
language plpgsql volatile as $$
#variable_conflict use_column
declare
  errors jsonb;
  answer jsonb;
  new_ids uuid[];
  picture_ids uuid[];
  container_ids uuid[];
  sent jsonb[];
  stripped jsonb[];
begin
  if jsonb_typeof(import_inferences.documents) is distinct from 'array' then
    perform datastore.check_inferences(import_inferences.documents);
  end if;
  if datastore.is_large(import_inferences.documents) then
    perform datastore.check_guesses(item -> 'document') from jsonb_array_elements(import_inferences.documents) as item;
  end if;
  perform datastore.check_batch(import_inferences.documents);
  if datastore.is_near_limits(import_inferences.documents) or exists (
       select from jsonb_array_elements(import_inferences.documents) as item
       where datastore.has_many_boxes(item -> 'document')) then
    perform datastore.check_inferences(import_inferences.documents);
  end if;
  begin
    select array_agg(gen_random_uuid() order by item.place),
           array_agg((item.item ->> 'picture_id')::uuid order by item.place),
           array_agg(picture.container_id order by item.place), array_agg(item.item -> 'document' order by item.place),
           jsonb_agg(datastore.error_row(format('/%s/picture_id', item.place), 'picture_id',
             format('there is no picture %s', item.item ->> 'picture_id'))
                     order by item.place) filter (where picture.picture_id is null)
    into new_ids, picture_ids, container_ids, sent, errors
    from datastore.items_of(import_inferences.documents) as item
    left join datastore.picture
      on picture.picture_id = (item.item ->> 'picture_id')::uuid
      and (import_inferences.container_id is null or picture.container_id = import_inferences.container_id);
    if errors is null then
      perform datastore.check_may_write(container_ids);
      perform datastore.write_inferences(new_ids, picture_ids, container_ids, sent, false, false);
    end if;
  exception
    when sqlstate 'DS000' then
      stripped := array(select datastore.without_system_keys(document)
        from unnest(sent) with ordinality as item(document, place) order by place);
    when data_exception or integrity_constraint_violation then
      perform datastore.check_inferences(import_inferences.documents);
      raise;
  end;
  if errors is not null or stripped is not null then
    perform datastore.check_inferences(import_inferences.documents);
  end if;
  if errors is not null then
    perform datastore.refuse('DS404', 'there is no such picture', errors);
  end if;

  if stripped is not null then
    perform datastore.learn_labels(datastore.labels_in(stripped));
    perform datastore.write_inferences(new_ids, picture_ids, container_ids, stripped, true, false);
    perform datastore.remember_claims('inference', jsonb_agg(jsonb_build_object(
      'container_id', item.container_id, 'entity_id', item.inference_id,
      'claimed', datastore.claimed_inference_keys(item.document, datastore.inference_json(inference)::jsonb))))
    from unnest(new_ids, container_ids, sent, stripped) as item(inference_id, container_id, document, cleaned)
    join datastore.inference on inference.inference_id = item.inference_id
      and inference.container_id = item.container_id
    where item.document is distinct from item.cleaned
    having count(*) > 0;
  end if;
  return coalesce((
    select jsonb_agg(jsonb_build_object('inference_id', item.inference_id, 'picture_id', item.picture_id)
      order by item.place)
    from unnest(new_ids, picture_ids) with ordinality as item(inference_id, picture_id, place)), '[]');
end
$$;
comment on function datastore.import_inferences(jsonb, uuid) is
'Stores many inferences at once, all or none.

documents: an array of `{picture_id, document}`
Answer: an array in the same order of `{inference_id, picture_id}`
Errors: `DS400`: the path of an error begins with the place in the array, from 0 · `DS404`: no such picture';
do $$ begin perform datastore.take_text('import_inferences'); end $$;
