-- What is refused in every document, whatever its kind; datastore_db/models/limits.py refuses the same.

create or replace function datastore.is_near_limits(document jsonb, document_text text) returns boolean
language sql immutable parallel safe
-- jsonb writes numbers out: one beyond 1e308 or below 1e-308 has that many digits in a row, and so has one of 1,000.
return document_text collate "C" ~ '[0-9]{255}' or jsonb_path_exists(document, 'strict $.**{64}');
comment on function datastore.is_near_limits(jsonb, text) is
  'Could a document be beyond a limit? Most are far from every one, and this look at their text, or at one that has all their numbers, says so quickly.';

create or replace function datastore.is_near_limits(document jsonb) returns boolean
language sql immutable parallel safe
return datastore.is_near_limits(document, document::text);
comment on function datastore.is_near_limits(jsonb) is 'The same, where the text is not at hand.';

create or replace function datastore.limit_errors(document jsonb)
returns table (instance_path text, keyword text, message text)
language sql immutable parallel safe
begin atomic
  with recursive node(path, value) as (
    select array[]::text[], document
    where datastore.is_near_limits(document)
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

-- Not PARALLEL SAFE: before PostgreSQL 17 a parallel worker cannot catch an error.
create or replace function datastore.read_document(document text) returns jsonb
language plpgsql immutable strict as $$
declare
  context text;
  keyword text := 'json';
  message text;
begin
  return document::jsonb;
exception when data_exception or program_limit_exceeded then
  get stacked diagnostics context = pg_exception_context;
  -- Nothing of the text is repeated: there may be a key in it.
  if sqlstate = '22003' then
    keyword := 'numberRange';
    message := 'a number beyond 1e308 or below 1e-308, or of more than 1,000 digits';
  elsif sqlstate = '54001' then
    keyword := 'maxDepth';
    message := 'more than 64 levels of objects and arrays';
  elsif sqlstate = '54000' then
    message := 'the text is too long for JSON in the database';
  elsif datastore.is_json(document) then
    keyword := 'text';
    message := 'U+0000 and lone surrogates are not characters that can be stored: see line ' || substring(context from '[0-9]+');
  else
    message := 'expected JSON, found what is none in line ' || substring(context from '[0-9]+');
  end if;
  perform datastore.refuse('DS400', 'a text that cannot be read as JSON', jsonb_build_array(jsonb_build_object(
    'instance_path', '', 'keyword', keyword, 'message', message)));
end
$$;
comment on function datastore.read_document(text) is
  'A text as jsonb. Errors: DS400 for one that cannot be: no JSON, \u0000, a lone surrogate, a number of absurd size.';

create or replace function datastore.is_json(document text) returns boolean
language plpgsql immutable strict as $$
begin
  return document::json is not null;
exception when data_exception or program_limit_exceeded then
  return false;
end
$$;
comment on function datastore.is_json(text) is 'Is it JSON, apart from characters and numbers that jsonb cannot hold?';
