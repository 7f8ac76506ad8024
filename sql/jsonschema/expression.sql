-- The code generator: a schema as one boolean SQL expression.
--
-- Whatever would raise an error for an instance of another type (a cast to numeric, jsonb_array_length) stands in a
-- CASE behind the test of the type: only CASE promises that order.

create or replace function jsonschema._types(node jsonb)
  returns jsonb
  language sql immutable parallel safe
as $$
  -- The types that a schema allows, as an array; null where it does not say
  select case jsonb_typeof(node -> 'type') when 'string' then jsonb_build_array(node -> 'type') else node -> 'type' end
$$;

create or replace function jsonschema._kinds(types jsonb)
  returns text[]
  language plpgsql immutable parallel safe
as $$
-- The same as jsonb_typeof names them: all for null, and a number for an integer
begin
  return array(
    select kind
    from unnest(array['null', 'boolean', 'number', 'string', 'array', 'object']) with ordinality as _(kind, n)
    where types is null or types ? kind or kind = 'number' and types ? 'integer'
    order by n);
end
$$;

-- What a schema asks of the instance x (as jsonb; x_text is the same as text, for strings).
--
-- depth        how many loops are around it, for names that differ
-- known_kind   the type of x where it has been tested
-- passes_null  there may be no x, and then it should be true where that costs nothing (see on_null)
-- is_lenient   whoever asks takes null for false
create or replace function jsonschema._expression(
  program jsonb, node jsonb, x text, x_text text, depth integer,
  known_kind text default null, passes_null boolean default false, is_lenient boolean default false)
  returns jsonschema._code
  language plpgsql immutable parallel safe
as $$
declare
  code jsonschema._code := jsonschema._code(null);
  part jsonschema._code;
  arms jsonschema._code[];
  branch jsonb;
begin
  if node = 'true' then
    return code;
  elsif node = 'false' then
    return jsonschema._code('false', 'f');
  end if;

  code := jsonschema._typed_code(program, node, x, x_text, depth, known_kind, passes_null, is_lenient);

  if node ? 'const' then
    code := jsonschema._and(code, jsonschema._code(x || ' = ' || jsonschema._literal((node -> 'const')::text)));
  end if;
  if node -> 'enum' = '[]' then
    code := jsonschema._and(code, jsonschema._code('false', 'f'));
  elsif node ? 'enum' then
    code := jsonschema._and(code, jsonschema._code(x || ' in (' || (
      select string_agg(jsonschema._literal(allowed::text), ', ' order by n)
      from jsonb_array_elements(node -> 'enum') with ordinality as _(allowed, n)) || ')'));
  end if;

  if program -> 'helpers' ? (node ->> '$ref') then
    code := jsonschema._and(code, jsonschema._code(format('%s(%s)', program -> 'helpers' ->> (node ->> '$ref'), x)));
  elsif node ? '$ref' then
    code := jsonschema._and(code, jsonschema._expression(
      program, program -> 'targets' -> (node ->> '$ref'), x, x_text, depth, known_kind, passes_null, is_lenient));
  end if;
  for branch in select jsonb_array_elements(node -> 'allOf') loop
    code := jsonschema._and(code, jsonschema._expression(
      program, branch, x, x_text, depth, known_kind, passes_null, is_lenient));
  end loop;
  if node ? 'anyOf' then
    code := jsonschema._and(code, coalesce(
      jsonschema._by_type_code(program, node -> 'anyOf', x, x_text, depth, known_kind, passes_null, is_lenient),
      jsonschema._any_of_code(program, node -> 'anyOf', x, x_text, depth, known_kind)));
  end if;
  if node ? 'oneOf' then
    code := jsonschema._and(code, coalesce(
      jsonschema._by_type_code(program, node -> 'oneOf', x, x_text, depth, known_kind, passes_null, is_lenient),
      jsonschema._one_of_code(program, node -> 'oneOf', x, x_text, depth, known_kind)));
  end if;

  if node ? 'not' then
    part := jsonschema._expression(program, node -> 'not', x, x_text, depth, known_kind);
    code := jsonschema._and(code, jsonschema._code(
      case part.conjuncts
        when '{}' then 'false'
        else 'not ' || jsonschema._in_parentheses(jsonschema._all_of(part.conjuncts))
      end,
      translate(part.on_null, 'tf', 'ft'), part.loops));
  end if;
  if node ? 'if' and (node ? 'then' or node ? 'else') then
    arms := array[
      jsonschema._expression(program, node -> 'if', x, x_text, depth, known_kind),
      jsonschema._expression(program, coalesce(node -> 'then', 'true'), x, x_text, depth, known_kind),
      jsonschema._expression(program, coalesce(node -> 'else', 'true'), x, x_text, depth, known_kind)];
    code := jsonschema._and(code, jsonschema._code(
      format(E'case\n  when %s\n  then %s\n  else %s\nend', jsonschema._indented(jsonschema._as_one(arms[1].conjuncts)),
             jsonschema._indented(jsonschema._as_one(arms[2].conjuncts)),
             jsonschema._indented(jsonschema._as_one(arms[3].conjuncts))),
      case arms[1].on_null when 't' then arms[2].on_null else arms[3].on_null end,
      arms[1].loops or arms[2].loops or arms[3].loops));
  end if;
  return code;
end
$$;

-- The type of the instance, and what the keywords for its type ask.
create or replace function jsonschema._typed_code(
  program jsonb, node jsonb, x text, x_text text, depth integer, known_kind text,
  passes_null boolean, is_lenient boolean)
  returns jsonschema._code
  language plpgsql immutable parallel safe
as $$
declare
  types constant jsonb := jsonschema._types(node);
  kinds constant text[] := jsonschema._kinds(types);
  -- where another type is an error, but perhaps nothing at all is none
  otherwise constant text := case when types is null then 'true' when passes_null then x || ' is null' else 'false' end;
  code jsonschema._code := jsonschema._code(null);
  part jsonschema._code;
  implies_type boolean;
  object record;
  kind text;
  arms text[] := '{}';
  arms_loop boolean := false;
  has_arms boolean := false;
begin
  if known_kind <> all (kinds) then
    return jsonschema._code('false', 'f');
  end if;

  foreach kind in array case when known_kind is null then kinds else array[known_kind] end loop
    implies_type := false;
    case kind
      when 'number' then
        part := jsonschema._number_code(node, x);
        if types ? 'integer' and not types ? 'number' then
          part := jsonschema._and(jsonschema._code(jsonschema._operand(x) || '::numeric % 1 = 0', guard => 'case'),
            part);
        else
          -- between two numbers there are only numbers
          implies_type := node ?| array['minimum', 'exclusiveMinimum'] and node ?| array['maximum', 'exclusiveMaximum'];
        end if;
      when 'string' then
        part := jsonschema._string_code(program, node, x_text);
      when 'array' then
        part := jsonschema._array_code(program, node, x, depth);
      when 'object' then
        object := jsonschema._object_code(program, node, x, depth, is_lenient);
        part := object.code;
        implies_type := object.implies_type;
      else
        part := jsonschema._code(null);
    end case;

    if known_kind is not null then
      return part;
    elsif cardinality(kinds) = 1 and part.guard <> 'case' then
      if not implies_type then
        code := jsonschema._code(format('jsonb_typeof(%s) = ''%s''', x, kind));
      end if;
      return jsonschema._and(code, part);
    elsif types is null and part.guard = 'none' then
      code := jsonschema._and(code, part);
      arms := arms || null::text;
    else
      arms := arms || case when types is not null or part.conjuncts <> '{}' then jsonschema._all_of(part.conjuncts) end;
      arms_loop := arms_loop or part.loops;
      has_arms := has_arms or part.conjuncts <> '{}';
    end if;
  end loop;

  if has_arms then
    return jsonschema._and(code, jsonschema._code(
      jsonschema._case(x,
        array(select k from unnest(kinds, arms) with ordinality as _(k, arm, n) where arm is not null order by n),
        array_remove(arms, null), otherwise),
      case otherwise when 'false' then 'f' else 't' end, arms_loop, 'none'));
  elsif types is not null then
    return jsonschema._code('jsonb_typeof(' || x || ') in (''' || array_to_string(kinds, ''', ''') || ''')');
  else
    return code;
  end if;
end
$$;

-- anyOf or oneOf where no two of the schemas allow the same type: then the type says which of them counts. Null where
-- it is not so.
create or replace function jsonschema._by_type_code(
  program jsonb, branches jsonb, x text, x_text text, depth integer, known_kind text, passes_null boolean,
  is_lenient boolean)
  returns jsonschema._code
  language plpgsql immutable parallel safe
as $$
declare
  otherwise constant text := case when passes_null then x || ' is null' else 'false' end;
  branch jsonb;
  kind text;
  part jsonschema._code;
  kinds text[] := '{}';
  arms text[] := '{}';
  loops boolean := false;
begin
  if known_kind is not null or jsonb_array_length(branches) = 1 then
    return null;
  end if;
  for branch in select jsonb_array_elements(branches) loop
    if not branch ? 'type' then
      return null;
    end if;
    foreach kind in array jsonschema._kinds(jsonschema._types(branch)) loop
      if kind = any (kinds) then
        return null;
      end if;
      part := jsonschema._expression(program, branch, x, x_text, depth, kind, is_lenient => is_lenient);
      kinds := kinds || kind;
      arms := arms || jsonschema._all_of(part.conjuncts);
      loops := loops or part.loops;
    end loop;
  end loop;
  if 'true' = all (arms) then
    return jsonschema._code('jsonb_typeof(' || x || ') in (''' || array_to_string(kinds, ''', ''') || ''')');
  end if;
  return jsonschema._code(
    jsonschema._case(x, kinds, arms, otherwise), case otherwise when 'false' then 'f' else 't' end, loops);
end
$$;

create or replace function jsonschema._any_of_code(
  program jsonb, branches jsonb, x text, x_text text, depth integer, known_kind text)
  returns jsonschema._code
  language plpgsql immutable parallel safe
as $$
declare
  parts jsonschema._code[] := array(
    select jsonschema._expression(program, branch, x, x_text, depth, known_kind)
    from jsonb_array_elements(branches) with ordinality as _(branch, n) order by n);
begin
  if cardinality(parts) = 1 then
    return parts[1];
  end if;
  return (
    select jsonschema._code(
      jsonschema._in_parentheses(string_agg(jsonschema._as_one(p.conjuncts), E'\nor ' order by n)),
      case when bool_or(p.on_null = 't') then 't' when bool_or(p.on_null = 'n') then 'n' else 'f' end,
      bool_or(p.loops))
    from unnest(parts) with ordinality as p(conjuncts, on_null, loops, guard, n));
end
$$;

create or replace function jsonschema._one_of_code(
  program jsonb, branches jsonb, x text, x_text text, depth integer, known_kind text)
  returns jsonschema._code
  language plpgsql immutable parallel safe
as $$
declare
  parts jsonschema._code[] := array(
    select jsonschema._expression(program, branch, x, x_text, depth, known_kind)
    from jsonb_array_elements(branches) with ordinality as _(branch, n) order by n);
begin
  if cardinality(parts) = 1 then
    return parts[1];
  end if;
  return (
    select jsonschema._code(
      string_agg(jsonschema._in_parentheses(jsonschema._all_of(p.conjuncts)) || '::integer',
        E'\n+ ' order by n) || ' = 1',
      -- null, as soon as one of them is
      case when bool_or(p.on_null = 'n') then 'n' when count(*)
        filter (where p.on_null = 't') = 1 then 't' else 'f' end,
      bool_or(p.loops))
    from unnest(parts) with ordinality as p(conjuncts, on_null, loops, guard, n));
end
$$;
