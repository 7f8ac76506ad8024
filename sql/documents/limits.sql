-- What is refused in every document, whatever its kind; datastore_db/models/limits.py refuses the same.

-- Numbers are judged as numbers and never written out before: 1e100000 takes ten bytes, and 100,000 as text.
create or replace function datastore.is_near_limits(document jsonb) returns boolean
language sql immutable parallel safe
return jsonb_path_exists(document, 'strict $.**{64}') or exists (
  -- As an array: jsonb_path_query() moves all that are left for each row.
  select
  from jsonb_array_elements(jsonb_path_query_array(document, 'strict $.** ? (@.type() == "number")')) as found(number)
  where scale(found.number::numeric) > 250 or abs(found.number::numeric) > 1e250);
comment on function datastore.is_near_limits(jsonb) is
  'Could a document be beyond a limit? Most are far from every one, and this quick look at their depth and numbers '
  'says so. What is not near can be written out.';

create or replace function datastore.is_beyond_range(number numeric) returns boolean
language sql immutable parallel safe
return case
  when abs(number) > 1e308 or abs(number) < 1e-308 and number <> 0 or scale(number) >= 1000 then true
  when scale(number) > 690 then char_length(translate(number::text, '-.', '')) > 1000
  else false
end;
comment on function datastore.is_beyond_range(numeric) is
  'Is it beyond 1e±308, or has it more than 1,000 digits? Only a number that is short is written out for it.';

create or replace function datastore.is_deep(value jsonb, levels integer) returns boolean
language sql immutable parallel safe
return jsonb_path_exists(value,
  format('strict $.**{%s} ? (@.type() == "object" || @.type() == "array")', levels)::jsonpath);
comment on function datastore.is_deep(jsonb, integer) is 'Is there an object or an array this many levels below?';

create or replace function datastore.limit_errors(document jsonb)
returns table (instance_path text, keyword text, message text)
language sql immutable parallel safe
begin atomic
  with recursive node(path, value) as (
    select array[]::text[], document
    where datastore.is_near_limits(document)
    union all
    -- Only where something is wrong: the way to each value of a large document would be larger than the document.
    select node.path || child.key, child.value
    from node
    cross join lateral (
      select member.key, member.value
      from (
        select object.key, object.value
        from jsonb_each(case jsonb_typeof(node.value) when 'object' then node.value else '{}' end) as object
        union all
        select (item.position - 1)::text, item.value
        from jsonb_array_elements(case jsonb_typeof(node.value) when 'array' then node.value
          else '[]' end) with ordinality as item(value, position)
      ) as member
      where case jsonb_typeof(member.value)
              when 'number' then datastore.is_beyond_range(member.value::numeric)
              when 'object' then datastore.is_near_limits(member.value)
                or datastore.is_deep(member.value, 63 - cardinality(node.path))
              when 'array' then datastore.is_near_limits(member.value)
                or datastore.is_deep(member.value, 63 - cardinality(node.path))
              else false
            end
      -- As many as are told at most: each has the whole way to it.
      limit 100
    ) as child
    where cardinality(node.path) < 64
  )
  select datastore.json_pointer(wrong.path), wrong.keyword, wrong.message
  -- One scan, so that the search ends with the last one that is told
  from (
    select node.path, case jsonb_typeof(node.value) when 'number' then 'numberRange' else 'maxDepth' end as keyword,
           case jsonb_typeof(node.value)
             when 'number' then datastore.wording('numberRange')
             else datastore.wording('maxDepth') end as message
    from node
    where case jsonb_typeof(node.value)
            when 'number' then datastore.is_beyond_range(node.value::numeric)
            else cardinality(node.path) = 64 and jsonb_typeof(node.value) in ('object', 'array')
          end
  ) as wrong
  -- A key may be as long as the document, and each path repeats it.
  limit least(100, greatest(1, 5000000 / pg_column_size(document)));
end;
comment on function datastore.limit_errors(jsonb) is
  'What is refused in every document: more than 64 levels, numbers beyond 1e±308 or of more than 1,000 digits. The '
  'first 100 such places, fewer of a document of more than 50 kB.';

create or replace function datastore.check_limits(argument jsonb) returns void
language plpgsql stable as $$
begin
  if datastore.is_near_limits(argument) and exists (select from datastore.limit_errors(argument)) then
    perform datastore.refuse('DS400', 'a value beyond what a document may hold', (
      select jsonb_agg(to_jsonb(error)) from datastore.limit_errors(argument) as error));
  end if;
end
$$;
comment on function datastore.check_limits(jsonb) is
  'Raises DS400 for an argument that is no document of any kind and is beyond what a document may hold.';

create or replace function datastore.check_batch(batch jsonb) returns void
language plpgsql stable as $$
declare
  most integer := (datastore.call_limits() -> 'batch')::integer;
begin
  if jsonb_typeof(batch) = 'array' and jsonb_array_length(batch) > most then
    perform datastore.refuse('DS400', 'a batch that is too large',
      jsonb_build_array(datastore.error_row('', 'maxItems',
        format(datastore.wording('batch'), most, jsonb_array_length(batch)))));
  end if;
  perform datastore.check_size(batch);
end
$$;
comment on function datastore.check_batch(jsonb) is
  'Raises DS400 for more items, or a longer text, than one call takes.';

create or replace function datastore.read_ids(ids jsonb) returns uuid[]
language plpgsql immutable as $$
begin
  if jsonb_typeof(ids) <> 'array' or exists (
       select from jsonb_array_elements(ids) as item(id)
       -- Nothing but a text is written out.
       where case jsonb_typeof(item.id) when 'string'
         then not jsonschema._is_uuid_1(item.id #>> '{}') else true end) then
    perform datastore.refuse('DS400', 'expected an array of UUIDs',
      jsonb_build_array(datastore.error_row('', 'format', 'expected an array of UUIDs, each as text')));
  end if;
  return array(select (item.id #>> '{}')::uuid from jsonb_array_elements(ids) as item(id));
end
$$;
comment on function datastore.read_ids(jsonb) is
  'An array of UUIDs; without any for NULL. Errors: DS400 for anything else.';

create or replace function datastore.is_large(argument jsonb) returns boolean
language sql immutable parallel safe
-- No text is longer than 32 times what it takes as jsonb, once its numbers are judged.
-- #>: what comes compressed from a table is unpacked.
return pg_column_size(argument #> '{}') > (datastore.call_limits() -> 'bytes')::integer / 32;
comment on function datastore.is_large(jsonb) is
  'Could its text be longer than one call takes? Seen without writing it out.';

create or replace function datastore.check_size(argument jsonb) returns void
language plpgsql stable as $$
declare
  errors jsonb;
begin
  if datastore.is_large(argument) then
    select jsonb_agg(to_jsonb(error)) into errors from datastore.limit_errors(argument) as error
    where error.keyword = 'numberRange';
    if errors is not null then
      perform datastore.refuse('DS400', 'a value beyond what a document may hold', errors);
    end if;
    perform datastore.check_bytes(octet_length(argument::text));
  end if;
end
$$;
comment on function datastore.check_size(jsonb) is 'Raises DS400 for JSON whose text is longer than one call takes.';

create or replace function datastore.check_bytes(bytes bigint) returns void
language plpgsql stable as $$
declare
  most integer := (datastore.call_limits() -> 'bytes')::integer;
begin
  if bytes > most then
    perform datastore.refuse('DS400', 'a text that is too long',
      jsonb_build_array(datastore.error_row('', 'maxBytes', format(datastore.wording('bytes'), most, bytes))));
  end if;
end
$$;
comment on function datastore.check_bytes(bigint) is 'Raises DS400 for a text that is longer than one call takes.';

-- Not PARALLEL SAFE: before PostgreSQL 17 a parallel worker cannot catch an error.
create or replace function datastore.read_document(document text) returns jsonb
language plpgsql immutable strict as $$
declare
  context text;
  keyword text := 'json';
  message text;
begin
  perform datastore.check_bytes(octet_length(read_document.document));
  return document::jsonb;
exception when data_exception or program_limit_exceeded then
  get stacked diagnostics context = pg_exception_context;
  -- Nothing of the text is repeated: there may be a key in it.
  if sqlstate = '22003' then
    keyword := 'numberRange';
    message := datastore.wording('numberRange');
  elsif sqlstate = '54001' then
    keyword := 'maxDepth';
    message := datastore.wording('maxDepth');
  elsif sqlstate = '54000' then
    message := 'the text is too long for JSON in the database';
  elsif datastore.is_json(document) then
    keyword := 'text';
    message := 'U+0000 and lone surrogates are not characters that can be stored: see line '
      || substring(context from '[0-9]+');
  else
    message := 'expected JSON, found what is none in line ' || substring(context from '[0-9]+');
  end if;
  perform datastore.refuse('DS400', 'a text that cannot be read as JSON',
    jsonb_build_array(datastore.error_row('', keyword, message)));
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
