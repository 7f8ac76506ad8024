-- The code generator, one function for each type of instance: what the keywords for that type ask of it, without asking
-- for its type. "x" is SQL for the instance as jsonb, "x_text" the same as text, where it is a string.

create or replace function jsonschema._number_code(node jsonb, x text)
  returns jsonschema._code
  language plpgsql immutable parallel safe
as $$
declare
  code jsonschema._code := jsonschema._code(null);
begin
  -- jsonb compares numbers by their value, and never raises an error
  if node ? 'minimum' then
    code := jsonschema._and(code, jsonschema._code(format('%s >= ''%s''', x, node ->> 'minimum')));
  end if;
  if node ? 'exclusiveMinimum' then
    code := jsonschema._and(code, jsonschema._code(format('%s > ''%s''', x, node ->> 'exclusiveMinimum')));
  end if;
  if node ? 'maximum' then
    code := jsonschema._and(code, jsonschema._code(format('%s <= ''%s''', x, node ->> 'maximum')));
  end if;
  if node ? 'exclusiveMaximum' then
    code := jsonschema._and(code, jsonschema._code(format('%s < ''%s''', x, node ->> 'exclusiveMaximum')));
  end if;
  if node ? 'multipleOf' then
    code := jsonschema._and(code, jsonschema._code(
      format('%s::numeric %% %s = 0', jsonschema._operand(x), node ->> 'multipleOf'), guard => 'case'));
  end if;
  return code;
end
$$;

create or replace function jsonschema._string_code(program jsonb, node jsonb, x_text text)
  returns jsonschema._code
  language plpgsql immutable parallel safe
as $$
declare
  code jsonschema._code := jsonschema._code(null);
  at_least constant numeric := trunc((node ->> 'minLength')::numeric);
  at_most constant numeric := trunc((node ->> 'maxLength')::numeric);
begin
  if at_least = 1 then
    code := jsonschema._and(code, jsonschema._code(x_text || ' <> '''''));
  elsif at_least > 1 then
    code := jsonschema._and(code, jsonschema._code(format('length(%s) >= %s', x_text, at_least)));
  end if;
  if at_most is not null then
    code := jsonschema._and(code, jsonschema._code(format('length(%s) <= %s', x_text, at_most)));
  end if;
  if node ? 'pattern' then
    code := jsonschema._and(code, jsonschema._code(
      jsonschema._matches(x_text, program -> 'patterns' ->> (node ->> 'pattern'))));
  end if;
  if node ? 'format' then
    code := jsonschema._and(code, jsonschema._code(
      (select format('%s(%s)', predicate, x_text) from jsonschema._formats() where format = node ->> 'format')));
  end if;
  return code;
end
$$;

create or replace function jsonschema._array_code(program jsonb, node jsonb, x text, depth integer)
  returns jsonschema._code
  language plpgsql immutable parallel safe
as $$
declare
  code jsonschema._code := jsonschema._code(null);
  part jsonschema._code;
  suffix constant text := case when depth = 0 then '' else '_' || depth + 1 end;
  item constant text := 'item' || suffix;
  item_text constant text := item || ' #>> ''{}''';
  items constant text := format('jsonb_array_elements(%s) as _(%s)', x, item);
  at_least numeric := trunc((node ->> 'minItems')::numeric);
  at_most numeric := trunc((node ->> 'maxItems')::numeric);
  prefix_length constant integer := coalesce(jsonb_array_length(node -> 'prefixItems'), 0);
begin
  if at_least = at_most then
    code := jsonschema._and(code, jsonschema._code(
      format('jsonb_array_length(%s) = %s', x, at_least), guard => 'case'));
  else
    if at_least > 0 then
      code := jsonschema._and(code, jsonschema._code(
        format('jsonb_array_length(%s) >= %s', x, at_least), guard => 'case'));
    end if;
    if at_most is not null then
      code := jsonschema._and(code, jsonschema._code(
        format('jsonb_array_length(%s) <= %s', x, at_most), guard => 'case'));
    end if;
  end if;

  for i in 0 .. prefix_length - 1 loop
    -- beyond the end of the array there is nothing, and so nothing wrong; a scalar has its first item, though
    part := jsonschema._expression(program, node -> 'prefixItems' -> i, x || ' -> ' || i, x || ' ->> ' || i, depth,
                                   passes_null => true);
    part := jsonschema._if_present(part, x || ' -> ' || i);
    part.guard := 'and';
    code := jsonschema._and(code, part);
  end loop;

  if node ? 'items' then
    part := jsonschema._expression(program, node -> 'items', item, item_text, depth + 1, is_lenient => true);
    if prefix_length = 0 then
      code := jsonschema._and(code, jsonschema._none_fails(items, '{}', part.conjuncts));
    else
      code := jsonschema._and(code, jsonschema._none_fails(
        format('jsonb_array_elements(%s) with ordinality as _(%s, n%s)', x, item, suffix),
        array[format('n%s > %s', suffix, prefix_length)], part.conjuncts));
    end if;
  end if;

  if node ? 'contains' then
    at_least := coalesce(trunc((node ->> 'minContains')::numeric), 1);
    at_most := trunc((node ->> 'maxContains')::numeric);
    part := jsonschema._expression(program, node -> 'contains', item, item_text, depth + 1, is_lenient => true);
    if at_most is not null or at_least > 1 then
      code := jsonschema._and(code, jsonschema._code(
        jsonschema._in_parentheses(format(E'select count(*) %s\nfrom %s\nwhere %s',
          case when at_most is null then '>= ' || at_least else format('between %s and %s', at_least, at_most) end,
          items, jsonschema._all_of(part.conjuncts))),
        loops => true, guard => 'case'));
    elsif at_least = 1 then
      code := jsonschema._and(code, jsonschema._code(
        'exists ' || jsonschema._in_parentheses(
          format(E'select from %s\nwhere %s', items, jsonschema._all_of(part.conjuncts))),
        loops => true, guard => 'case'));
    end if;
  end if;

  if node -> 'uniqueItems' = 'true' then
    code := jsonschema._and(code, jsonschema._code(
      format('(select count(*) = count(distinct %s) from %s)', item, items), loops => true, guard => 'case'));
  end if;
  return code;
end
$$;

-- What an object must have beside a key that it has.
create or replace function jsonschema._dependents_code(program jsonb, node jsonb, x text, depth integer)
  returns jsonschema._code
  language plpgsql immutable parallel safe
as $$
declare
  code jsonschema._code := jsonschema._code(null);
  part jsonschema._code;
  entry record;
begin
  for entry in select d.key, d.value as names from jsonb_each(node -> 'dependentRequired') as d
    where d.value <> '[]' loop
    code := jsonschema._and(code, jsonschema._code(
      format('(not %1$s ? %2$s or %1$s ?& %3$s)', x, jsonschema._literal(entry.key),
        jsonschema._literals(entry.names))));
  end loop;
  for entry in select d.key, d.value as schema from jsonb_each(node -> 'dependentSchemas') as d loop
    part := jsonschema._expression(program, entry.schema, x, x || ' #>> ''{}''', depth);
    code := jsonschema._and(code, jsonschema._code(
      format('(not %s ? %s or %s)', x, jsonschema._literal(entry.key), jsonschema._as_one(part.conjuncts)),
      case part.on_null when 't' then 't' else 'n' end, part.loops));
  end loop;
  return code;
end
$$;

-- How many keys an object has: "keys" is SQL for them as rows.
create or replace function jsonschema._key_count_code(node jsonb, x text, keys text)
  returns jsonschema._code
  language plpgsql immutable parallel safe
as $$
declare
  code jsonschema._code := jsonschema._code(null);
  at_least constant numeric := trunc((node ->> 'minProperties')::numeric);
  at_most constant numeric := trunc((node ->> 'maxProperties')::numeric);
begin
  if at_least = 1 then
    code := jsonschema._and(code, jsonschema._code(format('%s <> ''{}''', x)));
  elsif at_least > 1 then
    code := jsonschema._and(code, jsonschema._code(
      format('(select count(*) >= %s from %s)', at_least, keys), loops => true, guard => 'case'));
  end if;
  if at_most is not null then
    code := jsonschema._and(code, jsonschema._code(
      format('(select count(*) <= %s from %s)', at_most, keys), loops => true, guard => 'case'));
  end if;
  return code;
end
$$;

-- "is_lenient" says that null will be taken for false: then what a required key asks for says also that the key is
-- there, and that there is an object that could have it.
create or replace function jsonschema._object_code(program jsonb, node jsonb, x text, depth integer, is_lenient boolean,
                                                   out code jsonschema._code, out implies_type boolean)
  language plpgsql immutable parallel safe
as $$
declare
  part jsonschema._code;
  entry record;
  suffix constant text := case when depth = 0 then '' else '_' || depth + 1 end;
  key constant text := 'key' || suffix;
  value constant text := 'value' || suffix;
  value_text constant text := value || ' #>> ''{}''';
  keys constant text := format('jsonb_object_keys(%s) as _(%s)', x, key);
  entries constant text := format('jsonb_each(%s) as _(%s, %s)', x, key, value);
  required constant jsonb := coalesce(node -> 'required', '[]');
  known constant jsonb := coalesce((select jsonb_agg(k) from jsonb_object_keys(node -> 'properties') as k), '[]');
  properties jsonschema._code := jsonschema._code(null);
  to_require jsonb := required;     -- what is left to ask for
  unmatched text[];
begin
  code := jsonschema._code(null);
  implies_type := false;

  -- the properties first: they say what is left of "required"
  for entry in
    select p.key, p.value as schema,
           x || ' -> ' || jsonschema._literal(p.key) as x, x || ' ->> ' || jsonschema._literal(p.key) as x_text
    from jsonb_each(node -> 'properties') as p
  loop
    if required ? entry.key then
      part := jsonschema._expression(program, entry.schema, entry.x, entry.x_text, depth, is_lenient => is_lenient);
      if is_lenient and part.on_null <> 't' then
        to_require := to_require - entry.key;
        implies_type := true;
      end if;
      part.guard := 'and';
    else
      part := jsonschema._expression(program, entry.schema, entry.x, entry.x_text, depth, passes_null => true);
      part := jsonschema._if_present(part, entry.x);
      part.guard := 'none';
    end if;
    properties := jsonschema._and(properties, part);
  end loop;

  if jsonb_array_length(to_require) = 1 then
    code := jsonschema._and(code, jsonschema._code(format('%s ? %s', x, jsonschema._literal(to_require ->> 0))));
  elsif jsonb_array_length(to_require) > 1 then
    code := jsonschema._and(code, jsonschema._code(format('%s ?& %s', x, jsonschema._literals(to_require))));
  end if;
  code := jsonschema._and(code, properties);

  code := jsonschema._and(code, jsonschema._dependents_code(program, node, x, depth));
  code := jsonschema._and(code, jsonschema._key_count_code(node, x, keys));

  for entry in
    select p.value as schema, program -> 'patterns' ->> p.key as are
    from jsonb_each(node -> 'patternProperties') as p
  loop
    part := jsonschema._expression(program, entry.schema, value, value_text, depth + 1, is_lenient => true);
    code := jsonschema._and(code, jsonschema._none_fails(
      entries, array[jsonschema._matches(key, entry.are)], part.conjuncts));
  end loop;

  if node ? 'additionalProperties' then
    part := jsonschema._expression(program, node -> 'additionalProperties', value, value_text, depth + 1,
                                   is_lenient => true);
    unmatched := array(select jsonschema._matches(key, program -> 'patterns' ->> p, '!~')
                       from jsonb_object_keys(node -> 'patternProperties') as p);
    if part.conjuncts = '{false}' and unmatched = '{}' then
      code := jsonschema._and(code, jsonschema._code(
        case known when '[]' then x || ' = ''{}'''
                   else jsonschema._operand(x) || ' - ' || jsonschema._literals(known) || ' = ''{}''' end,
        guard => 'case'));
    else
      if known <> '[]' then
        unmatched := format('%s <> all (%s)', key, jsonschema._literals(known)) || unmatched;
      end if;
      code := jsonschema._and(code, jsonschema._none_fails(entries, unmatched, part.conjuncts));
    end if;
  end if;

  if node ? 'propertyNames' then
    -- a key as jsonb, without to_jsonb, which is not immutable
    part := jsonschema._expression(program, node -> 'propertyNames',
                                   format('jsonb_object(array[''key'', %s]) -> ''key''', key), key, depth + 1,
                                   known_kind => 'string', is_lenient => true);
    code := jsonschema._and(code, jsonschema._none_fails(keys, '{}', part.conjuncts));
  end if;
end
$$;
