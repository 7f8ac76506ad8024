-- How any document is checked and divided, whatever its kind.

create or replace function datastore.schema_of(kind text, document jsonb) returns datastore.document_schema
language sql stable parallel safe
begin atomic
  -- An unknown version gets the newest schema, whose schema_version says what is known.
  select document_schema
  from datastore.document_schema
  where document_schema.kind = schema_of.kind
  order by to_jsonb(document_schema.version) = coalesce(document -> 'schema_version', '1') desc,
    document_schema.version desc
  limit 1;
end;
comment on function datastore.schema_of(text, jsonb) is
  'The schema that a document of this kind was written for, by its schema_version.';

create or replace function datastore.document_errors(kind text, document jsonb)
returns table (instance_path text, keyword text, message text)
language plpgsql stable parallel safe
-- Planning the rules takes longer than running them.
set plan_cache_mode = force_generic_plan as $$
begin
  return query select * from datastore.limit_errors(document);
  if not found then
    return query
      select * from jsonschema.errors((datastore.schema_of(kind, document)).schema, document)
      union all
      select * from datastore.rule_errors(kind, document);
  end if;
end
$$;
comment on function datastore.document_errors(text, jsonb) is
'Everything that is wrong with a document; no row when it is valid. Nothing is written.

kind: `picture`, `picture_set`, `inspection`, `inference`, `feedback` or `pipelines`
Answer: `instance_path`: where, as a JSON Pointer. `keyword`: which keyword of the JSON Schema, or which rule.
  `message`: in words
Errors: none';

create or replace function datastore.invalid_documents(
  kind text, documents jsonb
) returns table (place bigint, document jsonb)
language sql immutable parallel safe
begin atomic
  select item.place - 1, item.document
  from jsonb_array_elements(documents) with ordinality as item(document, place)
  -- Limits first: rules write out what they find.
  where case
    when datastore.is_near_limits(item.document)
      and exists (select from datastore.limit_errors(item.document)) then true
    else datastore.fits_schema(kind, item.document) is not true
      or exists (select from datastore.rule_errors(kind, item.document))
  end;
end;
comment on function datastore.invalid_documents(text, jsonb) is
  'The documents of an array that are not valid, with their places, counted from 0. The quick verdict: it does not '
  'say why.';

create or replace function datastore.document_is_valid(kind text, document jsonb) returns boolean
language sql immutable parallel safe
return not exists (select from datastore.invalid_documents(kind, jsonb_build_array(document)));
comment on function datastore.document_is_valid(text, jsonb) is
  'The quick verdict; datastore.document_errors(text, jsonb) gives the reasons.';

-- A plan of many rules is estimated to cost much, takes no time, and would be compiled for most of a second.
create or replace function datastore.check_documents(kind text, documents jsonb) returns void
language plpgsql stable
set jit = off
as $$
declare
  errors jsonb;
begin
  if jsonb_typeof(documents) is distinct from 'array' then
    perform datastore.refuse('DS400', format('expected an array of %s documents', kind),
      jsonb_build_array(datastore.error_row('', 'type',
        'expected an array of documents, found ' || coalesce(jsonb_typeof(documents), 'NULL'))));
  end if;
  select jsonb_agg(datastore.error_row('/' || invalid.place || error.instance_path, error.keyword,
    error.message) order by invalid.place)
  into errors
  -- To say why takes longer than to say that.
  from (select * from datastore.invalid_documents(kind, documents) as found order by found.place limit 20) as invalid
  cross join lateral datastore.document_errors(kind, invalid.document) as error;
  if errors is not null then
    perform datastore.refuse('DS400', format('invalid %s document', replace(kind, '_', ' ')), errors);
  end if;
end
$$;
comment on function datastore.check_documents(text, jsonb) is
  'Raises DS400 unless each document of the array is valid, with what is wrong in the first 20 that are not; a path '
  'starts with the document''s place in the array.';

-- A plan of many rules is estimated to cost much, takes no time, and would be compiled for most of a second.
create or replace function datastore.check_document(kind text, document jsonb) returns void
language plpgsql stable
set jit = off
as $$
declare
  errors jsonb;
begin
  perform datastore.check_size(document);
  select jsonb_agg(datastore.error_row(error.instance_path, error.keyword, error.message))
  into errors
  from datastore.invalid_documents(kind, jsonb_build_array(document)) as invalid
  cross join lateral datastore.document_errors(kind, invalid.document) as error;
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
  'The unknown keys inside sections that the datastore fills: they are the client''s, and come back. NULL if there '
  'are none.';

create or replace function datastore.divide_document(sent jsonb, system_keys jsonb)
returns table (document jsonb, kept jsonb)
language sql immutable parallel safe
begin atomic
  select sent - array(select jsonb_object_keys(system_keys)), datastore.kept_keys(sent, system_keys);
end;
comment on function datastore.divide_document(jsonb, jsonb) is
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
  'What a client sent for keys that the datastore fills, where it differs from the rebuilt document. NULL if '
  'nothing does.';
