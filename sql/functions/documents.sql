-- How any document is checked and divided, whatever its kind.

create or replace function datastore.schema_of(kind text, document jsonb) returns datastore.document_schema
language sql stable parallel safe
begin atomic
  -- An unknown version gets the newest schema, whose schema_version says what is known.
  select document_schema
  from datastore.document_schema
  where document_schema.kind = schema_of.kind
  order by to_jsonb(document_schema.version) = coalesce(document -> 'schema_version', '1') desc, document_schema.version desc
  limit 1;
end;
comment on function datastore.schema_of(text, jsonb) is 'The schema that a document of this kind was written for, by its schema_version.';

create or replace function datastore.limit_errors(document jsonb)
returns table (instance_path text, keyword text, message text)
language sql immutable parallel safe
begin atomic
  with recursive node(path, value) as (
    select array[]::text[], document
    -- Most documents are far from every limit, and this look at their text says so quickly.
    where document::text ~ '([0-9]{100}){3}|\.(0{100}){3}' or jsonb_path_exists(document, 'strict $.**{64 to last}')
    union all
    select node.path || child.key, child.value
    from node
    cross join lateral (
      select object.key, object.value
      from jsonb_each(case jsonb_typeof(node.value) when 'object' then node.value else '{}' end) as object
      union all
      select (item.position - 1)::text, item.value
      from jsonb_array_elements(case jsonb_typeof(node.value) when 'array' then node.value else '[]' end) with ordinality as item(value, position)
    ) as child
    where cardinality(node.path) < 64
  )
  select datastore.json_pointer(node.path), 'maxDepth', 'more than 64 levels of objects and arrays'
  from node
  where cardinality(node.path) = 64 and jsonb_typeof(node.value) in ('object', 'array')
  union all
  select datastore.json_pointer(node.path), 'numberRange', 'a number beyond 1e308 or below 1e-308, or of more than 1,000 digits'
  from node
  where jsonb_typeof(node.value) = 'number'
    and (abs(datastore.number_of(node.value)) > 1e308
         or abs(datastore.number_of(node.value)) < 1e-308 and datastore.number_of(node.value) <> 0
         or char_length(translate(node.value::text, '-.', '')) > 1000);
end;
comment on function datastore.limit_errors(jsonb) is
  'What is refused in every document: more than 64 levels, numbers beyond 1e±308 or of more than 1,000 digits.';

create or replace function datastore.spelling_errors(document jsonb, misspellings jsonb)
returns table (instance_path text, keyword text, message text)
language sql immutable parallel safe
begin atomic
  select datastore.json_pointer(section.path || key.wrong), 'spelling',
         format('unknown spelling %s: the key is %s', to_json(key.wrong), to_json(key.right))
  from jsonb_to_recordset(misspellings) as section(path text[], keys jsonb)
  cross join lateral jsonb_each_text(section.keys) as key(wrong, "right")
  where jsonb_typeof(document #> section.path) = 'object' and (document #> section.path) ? key.wrong;
end;
comment on function datastore.spelling_errors(jsonb, jsonb) is 'The keys of a document that are known keys in camelCase, with the right ones.';

create or replace function datastore.document_errors(kind text, document jsonb)
returns table (instance_path text, keyword text, message text)
language plpgsql stable parallel safe as $$
#variable_conflict use_column
declare
  known datastore.document_schema := datastore.schema_of(kind, document);
begin
  return query select * from datastore.limit_errors(document);
  if not found then
    return query
      select * from jsonschema.errors(known.schema, document)
      union all
      select * from datastore.spelling_errors(document, known.misspellings);
  end if;
end
$$;
comment on function datastore.document_errors(text, jsonb) is
  'Everything that is wrong with a document of this kind; no row when it is valid. Use it to see why an insert was refused.';

create or replace function datastore.fits_schema(kind text, document jsonb) returns boolean
language sql immutable parallel safe
return case kind
  when 'picture' then datastore.picture_v1(document)
  when 'picture_set' then datastore.picture_set_v1(document)
  when 'inspection' then datastore.inspection_v1(document)
  when 'inference' then datastore.inference_v1(document)
  when 'feedback' then datastore.feedback_v1(document)
  when 'pipelines' then datastore.pipelines_v1(document)
end;
comment on function datastore.fits_schema(text, jsonb) is 'Does a document fit the compiled schema of its kind and version?';

create or replace function datastore.document_is_valid(kind text, document jsonb, misspellings jsonb) returns boolean
language sql immutable parallel safe
return datastore.fits_schema(kind, document)
  and not exists (select from datastore.limit_errors(document))
  and not exists (select from datastore.spelling_errors(document, misspellings));
comment on function datastore.document_is_valid(text, jsonb, jsonb) is
  'The quick verdict; datastore.document_errors(text, jsonb) gives the reasons. misspellings: as in datastore.document_schema.';

create or replace function datastore.check_documents(kind text, documents jsonb) returns void
language plpgsql stable as $$
declare
  known_misspellings jsonb := (datastore.schema_of(kind, null)).misspellings;
  errors jsonb;
begin
  if jsonb_typeof(documents) is distinct from 'array' then
    perform datastore.refuse('DS400', format('expected an array of %s documents', kind), jsonb_build_array(jsonb_build_object(
      'instance_path', '', 'keyword', 'type', 'message', 'expected an array of documents, found ' || coalesce(jsonb_typeof(documents), 'NULL'))));
  end if;
  select jsonb_agg(jsonb_build_object('instance_path', '/' || (item.position - 1) || error.instance_path,
                                      'keyword', error.keyword, 'message', error.message) order by item.position)
  into errors
  from jsonb_array_elements(documents) with ordinality as item(document, position)
  cross join lateral datastore.document_errors(kind, item.document) as error
  where datastore.document_is_valid(kind, item.document, known_misspellings) is not true;
  if errors is not null then
    perform datastore.refuse('DS400', format('invalid %s document', replace(kind, '_', ' ')), errors);
  end if;
end
$$;
comment on function datastore.check_documents(text, jsonb) is
  'Raises DS400 unless each document of the array is valid; a path starts with the document''s place in the array.';

create or replace function datastore.check_document(kind text, document jsonb) returns void
language plpgsql stable as $$
declare
  errors jsonb;
begin
  select jsonb_agg(jsonb_build_object('instance_path', error.instance_path, 'keyword', error.keyword, 'message', error.message))
  into errors
  from datastore.document_errors(kind, coalesce(document, 'null')) as error;
  if errors is not null then
    perform datastore.refuse('DS400', format('invalid %s document', replace(kind, '_', ' ')), errors);
  end if;
end
$$;
comment on function datastore.check_document(text, jsonb) is 'Raises DS400 unless the document is valid.';

create or replace function datastore.kept_keys(document jsonb, system_keys jsonb) returns jsonb
language sql immutable parallel safe
return (
  select jsonb_object_agg(section.key, unknown.keys)
  from jsonb_each(system_keys) as section
  cross join lateral (
    select case jsonb_typeof(document -> section.key)
             when 'object' then (document -> section.key) - array(select jsonb_array_elements_text(section.value))
           end as keys
  ) as unknown
  where document ?| array(select jsonb_object_keys(system_keys))
    and section.value <> '[]' and unknown.keys <> '{}'
);
comment on function datastore.kept_keys(jsonb, jsonb) is
  'The unknown keys inside sections that the datastore fills: they are the client''s, and come back. NULL if there are none.';

create or replace function datastore.what_the_client_says(sent jsonb, system_keys jsonb)
returns table (document jsonb, kept jsonb)
language sql immutable parallel safe
begin atomic
  select sent - array(select jsonb_object_keys(system_keys)), datastore.kept_keys(sent, system_keys);
end;
comment on function datastore.what_the_client_says(jsonb, jsonb) is
  'A document without what the datastore fills, and the unknown keys inside those sections.';

create or replace function datastore.claimed_keys(document jsonb, rebuilt jsonb, system_keys jsonb) returns jsonb
language sql immutable parallel safe
return (
  select jsonb_object_agg(claim.key, claim.value)
  from (
    select section.key,
           case
             when section.value <> '[]' and jsonb_typeof(document -> section.key) = 'object' then (
               select jsonb_object_agg(sent.key, sent.value)
               from jsonb_each(document -> section.key) as sent
               where section.value ? sent.key and sent.value is distinct from rebuilt -> section.key -> sent.key)
             when document -> section.key is distinct from rebuilt -> section.key then document -> section.key
           end as value
    from jsonb_each(system_keys) as section
    where document ? section.key
  ) as claim
  where claim.value is not null
);
comment on function datastore.claimed_keys(jsonb, jsonb, jsonb) is
  'What a client sent for keys that the datastore fills, where it differs from the rebuilt document. NULL if nothing does.';
