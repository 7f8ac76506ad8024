-- The code generator: a schema as one boolean SQL expression.
--
-- A schema becomes a list of conjuncts, each of which can stand between two ANDs. For any instance but SQL's null the
-- whole is true or false. What it says of null matters, because "instance -> 'key'" is null where there is no such key:
-- "on_null" is 't', 'f' or 'n' (null), so that the caller knows what it has to add.
--
-- Whatever would raise an error for a value of another type (a cast to numeric, jsonb_array_length) stands in a CASE
-- behind the test of the type: only CASE promises that order.

create or replace function jsonschema._literal(words text)
  returns text
  language sql immutable parallel safe
as $$
  -- A string constant that means the same whatever standard_conforming_strings says, and that is on one line, so that
  -- indenting the code around it does not change it.
  select case
    when words ~ '[\\\u0001-\u001f\u007f]' then
      'E''' || replace(replace(replace(replace(replace(replace(words, '\', '\\'), '''', ''''''), chr(10), '\n'), chr(13), '\r'),
                               chr(9), '\t'), chr(12), '\f') || ''''
    else '''' || replace(words, '''', '''''') || ''''
  end
$$;

create or replace function jsonschema._literals(names jsonb)
  returns text
  language sql immutable parallel safe
as $$
  -- ["a", "b"] as array['a', 'b']
  select 'array[' || string_agg(jsonschema._literal(name), ', ' order by n) || ']'
  from jsonb_array_elements_text(names) with ordinality as _(name, n)
$$;

create or replace function jsonschema._indented(code text, columns integer default 2)
  returns text
  language sql immutable parallel safe
as $$
  select replace(code, chr(10), chr(10) || repeat(' ', columns))
$$;

create or replace function jsonschema._both(conjuncts text[])
  returns text
  language sql immutable parallel safe
as $$
  -- a, b as: a and b
  select case when conjuncts = '{}' then 'true' else array_to_string(conjuncts, E'\nand ') end
$$;

create or replace function jsonschema._in_parentheses(conjuncts text[])
  returns text
  language sql immutable parallel safe
as $$
  select case
    when cardinality(conjuncts) <= 1 and jsonschema._both(conjuncts) !~ '\n' then jsonschema._both(conjuncts)
    when jsonschema._both(conjuncts) !~ '\n' and length(jsonschema._both(conjuncts)) < 80
      then '(' || array_to_string(conjuncts, ' and ') || ')'
    else '(' || chr(10) || '  ' || jsonschema._indented(jsonschema._both(conjuncts)) || chr(10) || ')'
  end
$$;

create or replace function jsonschema._enclosed(conjuncts text[])
  returns text
  language sql immutable parallel safe
as $$
  -- The same, in parentheses even where there is but one short condition
  select case
    when cardinality(conjuncts) <= 1 and jsonschema._both(conjuncts) !~ '\n' then '(' || jsonschema._both(conjuncts) || ')'
    else jsonschema._in_parentheses(conjuncts)
  end
$$;

create or replace function jsonschema._not_any(source text, conditions text[], conjuncts text[])
  returns text
  language sql immutable parallel safe
as $$
  -- No row of the source that meets the conditions fails the conjuncts.
  select E'not exists (\n'
      || '  select from ' || source || chr(10)
      || '  where '
      || jsonschema._indented(jsonschema._both(
           conditions || case conjuncts when '{false}' then '{}' else array['not ' || jsonschema._enclosed(conjuncts)] end))
      || E'\n)'
$$;

create or replace function jsonschema._conjoined_on_null(parts text[])
  returns text
  language sql immutable parallel safe
as $$
  select case when 'f' = any (parts) then 'f' when 'n' = any (parts) then 'n' else 't' end
$$;

-- The checks of one type of instance. "x" and "x_text" are SQL for the instance as jsonb and, for strings, as text.
-- "needs_type" says that the conjuncts may only be reached where the type is right, "is_soft" that they hold for any other
-- type by themselves.
create or replace function jsonschema._expression_for_type(
  program jsonb, node jsonb, kind text, x text, x_text text, helpers jsonb, depth integer,
  out conjuncts text[], out on_null text, out loops boolean, out needs_type boolean, out is_soft boolean)
  language plpgsql immutable parallel safe
as $$
declare
  x_operand constant text := case when x ~ '^[a-z_0-9]+$' then x else '(' || x || ')' end;
  suffix constant text := case when depth = 0 then '' else '_' || depth + 1 end;
  the_item constant text := 'item' || suffix;
  the_key constant text := 'key' || suffix;
  the_value constant text := 'value' || suffix;
  part record;
  child record;
  known jsonb;
  conditions text[];
begin
  conjuncts := '{}';
  on_null := 't';
  loops := false;
  needs_type := false;
  is_soft := false;

  case kind
  when 'number' then
    needs_type := true;
    for part in
      select format('%s::numeric %s', x_operand, replace(code, '?', node ->> keyword)) as code
      from (values (1, 'minimum', '>= ?'), (2, 'exclusiveMinimum', '> ?'), (3, 'maximum', '<= ?'),
                   (4, 'exclusiveMaximum', '< ?'), (5, 'multipleOf', '% ? = 0')) as _(n, keyword, code)
      where node ? keyword
      order by n
    loop
      conjuncts := conjuncts || part.code;
    end loop;

  when 'string' then
    if (node ->> 'minLength')::numeric > 0 then
      conjuncts := conjuncts || format('length(%s) >= %s', x_text, trunc((node ->> 'minLength')::numeric));
    end if;
    if node ? 'maxLength' then
      conjuncts := conjuncts || format('length(%s) <= %s', x_text, trunc((node ->> 'maxLength')::numeric));
    end if;
    if node ? 'pattern' then
      conjuncts := conjuncts || jsonschema._matches(x_text, program -> 'patterns' ->> (node ->> 'pattern'));
    end if;
    if node ? 'format' then
      conjuncts := conjuncts || (select format('%s(%s)', predicate, x_text)
                                 from jsonschema._formats() where format = node ->> 'format');
    end if;
    on_null := case when conjuncts = '{}' then 't' else 'n' end;

  when 'array' then
    needs_type := true;
    if (node ->> 'minItems')::numeric > 0 then
      conjuncts := conjuncts || format('jsonb_array_length(%s) >= %s', x, trunc((node ->> 'minItems')::numeric));
    end if;
    if node ? 'maxItems' then
      conjuncts := conjuncts || format('jsonb_array_length(%s) <= %s', x, trunc((node ->> 'maxItems')::numeric));
    end if;
    if node ? 'prefixItems' then
      for i in 0 .. jsonb_array_length(node -> 'prefixItems') - 1 loop
        child := jsonschema._expression_where_present(program, node -> 'prefixItems' -> i, format('%s -> %s', x, i),
                                                      format('%s ->> %s', x, i), helpers, depth);
        conjuncts := conjuncts || child.conjuncts;
        loops := loops or child.loops;
      end loop;
    end if;
    if node ? 'items' then
      child := jsonschema._expression(program, node -> 'items', the_item, the_item || ' #>> ''{}''', null, helpers, depth + 1);
      if child.conjuncts <> '{}' then
        loops := true;
        conjuncts := conjuncts || case
          when node ? 'prefixItems' then
            jsonschema._not_any(format('jsonb_array_elements(%s) with ordinality as _(%s, n%s)', x, the_item, suffix),
                                array[format('n%s > %s', suffix, jsonb_array_length(node -> 'prefixItems'))], child.conjuncts)
          else jsonschema._not_any(format('jsonb_array_elements(%s) as _(%s)', x, the_item), '{}', child.conjuncts)
        end;
      end if;
    end if;
    if node ? 'contains' then
      child := jsonschema._expression(program, node -> 'contains', the_item, the_item || ' #>> ''{}''', null, helpers, depth + 1);
      loops := true;
      conjuncts := conjuncts || jsonschema._contains(
        format('from jsonb_array_elements(%s) as _(%s)', x, the_item), child.conjuncts,
        coalesce(trunc((node ->> 'minContains')::numeric), 1), trunc((node ->> 'maxContains')::numeric));
    end if;
    if node -> 'uniqueItems' = 'true' then
      loops := true;
      conjuncts := conjuncts || format('(select count(*) = count(distinct %2$s) from jsonb_array_elements(%1$s) as _(%2$s))',
                                       x, the_item);
    end if;

  when 'object' then
    if jsonb_array_length(node -> 'required') = 1 then
      conjuncts := conjuncts || format('%s ? %s', x, jsonschema._literal(node -> 'required' ->> 0));
    elsif jsonb_array_length(node -> 'required') > 1 then
      conjuncts := conjuncts || format('%s ?& %s', x, jsonschema._literals(node -> 'required'));
    end if;
    for part in
      select format('(select count(*) %s %s from jsonb_object_keys(%s))', comparison, trunc((node ->> keyword)::numeric), x) as code
      from (values (1, 'minProperties', '>='), (2, 'maxProperties', '<=')) as _(n, keyword, comparison)
      where node ? keyword
      order by n
    loop
      conjuncts := conjuncts || part.code;
      loops := true;
      needs_type := true;
    end loop;
    for part in select d.key, d.value as names from jsonb_each(node -> 'dependentRequired') as d where d.value <> '[]' loop
      conjuncts := conjuncts || format('(not %1$s ? %2$s or %1$s ?& %3$s)', x, jsonschema._literal(part.key),
                                       jsonschema._literals(part.names));
    end loop;
    on_null := case when conjuncts = '{}' then 't' else 'n' end;
    for part in select d.key, d.value as schema from jsonb_each(node -> 'dependentSchemas') as d loop
      child := jsonschema._expression(program, part.schema, x, x_text, null, helpers, depth);
      if child.conjuncts <> '{}' then
        conjuncts := conjuncts || format('(not %s ? %s or %s)', x, jsonschema._literal(part.key),
                                         jsonschema._in_parentheses(child.conjuncts));
        on_null := jsonschema._conjoined_on_null(array[on_null, case child.on_null when 't' then 't' else 'n' end]);
        loops := loops or child.loops;
      end if;
    end loop;

    is_soft := conjuncts = '{}';
    for part in
      select p.key, p.value as schema, coalesce(node -> 'required' ? p.key, false) as is_required,
             format('%s -> %s', x, jsonschema._literal(p.key)) as x,
             format('%s ->> %s', x, jsonschema._literal(p.key)) as x_text
      from jsonb_each(node -> 'properties') as p
    loop
      if part.is_required then
        child := jsonschema._expression(program, part.schema, part.x, part.x_text, null, helpers, depth);
        on_null := jsonschema._conjoined_on_null(array[on_null, child.on_null]);
      else
        child := jsonschema._expression_where_present(program, part.schema, part.x, part.x_text, helpers, depth);
      end if;
      conjuncts := conjuncts || child.conjuncts;
      loops := loops or child.loops;
    end loop;

    for part in
      select p.key as pattern, p.value as schema, program -> 'patterns' ->> p.key as are
      from jsonb_each(node -> 'patternProperties') as p
    loop
      child := jsonschema._expression(program, part.schema, the_value, the_value || ' #>> ''{}''', null, helpers, depth + 1);
      if child.conjuncts <> '{}' then
        conjuncts := conjuncts || jsonschema._not_any(
          format('jsonb_each(%s) as _(%s, %s)', x, the_key, the_value),
          array[jsonschema._matches(the_key, part.are)], child.conjuncts);
        loops := true;
        needs_type := true;
        is_soft := false;
      end if;
    end loop;

    if node ? 'additionalProperties' then
      child := jsonschema._expression(program, node -> 'additionalProperties', the_value, the_value || ' #>> ''{}''', null, helpers,
                                      depth + 1);
      known := (select jsonb_agg(known_key) from jsonb_object_keys(node -> 'properties') as known_key);
      if child.conjuncts = '{false}' and coalesce(node -> 'patternProperties', '{}') = '{}' then
        conjuncts := conjuncts || case when known is null then format('%s = ''{}''', x)
                                       else format('%s - %s = ''{}''', x_operand, jsonschema._literals(known)) end;
        needs_type := true;
        is_soft := false;
      elsif child.conjuncts <> '{}' then
        conditions := case when known is null then '{}'
                           else array[format('%s <> all (%s)', the_key, jsonschema._literals(known))] end
                   || array(select jsonschema._matches(the_key, program -> 'patterns' ->> p.key, '!~')
                            from jsonb_each(node -> 'patternProperties') as p);
        conjuncts := conjuncts || jsonschema._not_any(
          format('jsonb_each(%s) as _(%s, %s)', x, the_key, the_value), conditions, child.conjuncts);
        loops := true;
        needs_type := true;
        is_soft := false;
      end if;
    end if;

    if node ? 'propertyNames' then
      child := jsonschema._expression(program, node -> 'propertyNames',
                                      format('jsonb_object(array[''key'', %s]) -> ''key''', the_key), the_key, 'string', helpers,
                                      depth + 1);
      if child.conjuncts <> '{}' then
        conjuncts := conjuncts || jsonschema._not_any(format('jsonb_object_keys(%s) as _(%s)', x, the_key), '{}', child.conjuncts);
        loops := true;
        needs_type := true;
        is_soft := false;
      end if;
    end if;
  else
    null;
  end case;
end
$$;

create or replace function jsonschema._matches(words text, are text, operator text default '~')
  returns text
  language sql immutable parallel safe
as $$
  -- The collation is named so that a database with a nondeterministic one can match at all
  select format('%s collate "C" %s %s', case when words ~ '^[a-z_0-9]+$' then words else '(' || words || ')' end,
                operator, jsonschema._literal(are))
$$;

create or replace function jsonschema._contains(source text, conjuncts text[], at_least numeric, at_most numeric)
  returns text
  language sql immutable parallel safe
as $$
  select case
    when at_least = 0 and at_most is null then 'true'
    when at_least = 1 and at_most is null then
      E'exists (\n  select ' || source || E'\n  where ' || jsonschema._indented(jsonschema._both(conjuncts)) || E'\n)'
    else
      E'(\n  select count(*) ' || case
          when at_most is null then '>= ' || at_least
          else 'between ' || at_least || ' and ' || at_most
        end || ' ' || source || E'\n  where ' || jsonschema._indented(jsonschema._both(conjuncts)) || E'\n)'
  end
$$;

-- A schema for something that may be absent: true where it is.
create or replace function jsonschema._expression_where_present(
  program jsonb, node jsonb, x text, x_text text, helpers jsonb, depth integer,
  out conjuncts text[], out loops boolean)
  language plpgsql immutable parallel safe
as $$
declare
  child record;
begin
  child := jsonschema._expression(program, node, x, x_text, null, helpers, depth, true);
  loops := child.loops;
  conjuncts := case
    when child.on_null = 't' then child.conjuncts
    when child.on_null = 'f' then array['(' || x || ' is null or ' || jsonschema._in_parentheses(child.conjuncts) || ')']
    when cardinality(child.conjuncts) = 1 and child.conjuncts[1] !~ '\n' then array['coalesce(' || child.conjuncts[1] || ', true)']
    else array[E'coalesce(\n  ' || jsonschema._indented(jsonschema._both(child.conjuncts)) || E',\n  true\n)']
  end;
end
$$;

create or replace function jsonschema._expression(
  program jsonb, node jsonb, x text, x_text text, known_kind text, helpers jsonb, depth integer,
  passes_null boolean default false,
  out conjuncts text[], out on_null text, out loops boolean)
  language plpgsql immutable parallel safe
as $$
declare
  all_kinds constant text[] := array['null', 'boolean', 'number', 'string', 'array', 'object'];
  types constant jsonb := case jsonb_typeof(node -> 'type') when 'string' then jsonb_build_array(node -> 'type') else node -> 'type' end;
  kinds text[];
  wants_whole_numbers boolean;
  kind text;
  checks record;
  child record;
  other record;
  branch jsonb;
  whens text[] := '{}';     -- of the CASE over the types, in their order
  checked text[] := '{}';   -- the types that have checks of their own
  otherwise text;
  plain text[] := '{}';
  texts text[] := '{}';
  nulls text[] := '{}';
begin
  conjuncts := '{}';
  on_null := 't';
  loops := false;
  if node = 'true' then
    return;
  elsif node = 'false' then
    conjuncts := '{false}';
    on_null := 'f';
    return;
  end if;

  -- the types that are allowed, and what each of them is asked
  kinds := array(select k from unnest(all_kinds) as k
                 where types is null or types ? k or (k = 'number' and types ? 'integer'));
  wants_whole_numbers := types ? 'integer' and not types ? 'number';
  if known_kind is not null then
    if known_kind <> all (kinds) then
      conjuncts := '{false}';
      on_null := 'f';
      return;
    end if;
    checks := jsonschema._expression_for_type(program, node, known_kind, x, x_text, helpers, depth);
    conjuncts := checks.conjuncts;
    loops := checks.loops;
    on_null := 'n';
  else
    otherwise := case when types is null then 'true' when passes_null then x || ' is null' else 'false' end;
    foreach kind in array kinds loop
      checks := jsonschema._expression_for_type(program, node, kind, x, x_text, helpers, depth);
      if kind = 'number' and wants_whole_numbers then
        checks.conjuncts := format('%s::numeric %% 1 = 0', case when x ~ '^[a-z_0-9]+$' then x else '(' || x || ')' end)
                            || checks.conjuncts;
      end if;
      loops := loops or checks.loops;
      if checks.conjuncts = '{}' then
        continue;
      end if;
      checked := checked || kind;
      if cardinality(kinds) = 1 and not checks.needs_type then
        conjuncts := format('jsonb_typeof(%s) = ''%s''', x, kind) || checks.conjuncts;
        on_null := jsonschema._conjoined_on_null(array['n', checks.on_null]);
      elsif types is null and checks.is_soft then
        conjuncts := conjuncts || checks.conjuncts;
      else
        whens := whens || format(E'when ''%s'' then\n    %s', kind, jsonschema._indented(jsonschema._both(checks.conjuncts), 4));
      end if;
    end loop;
    if whens <> '{}' then
      if types is not null and cardinality(kinds) > cardinality(whens) then
        whens := whens || format('when %s then true',
          (select string_agg(quote_literal(k), ', ') from unnest(kinds) as k where k <> all (checked)));
      end if;
      conjuncts := conjuncts || jsonschema._case_of_types(x, whens, otherwise);
      on_null := case otherwise when 'false' then 'f' else 't' end;
    elsif types is not null and checked = '{}' then
      conjuncts := array[case when cardinality(kinds) = 1 then format('jsonb_typeof(%s) = ''%s''', x, kinds[1])
                              else format('jsonb_typeof(%s) in (%s)', x,
                                          (select string_agg(quote_literal(k), ', ') from unnest(kinds) as k)) end];
      on_null := 'n';
    end if;
  end if;

  -- what is asked whatever the type
  if node ? 'const' then
    conjuncts := conjuncts || format('%s = %s', x, jsonschema._literal((node -> 'const')::text));
    on_null := jsonschema._conjoined_on_null(array[on_null, 'n']);
  end if;
  if node ? 'enum' then
    conjuncts := conjuncts || coalesce(x || ' in (' || (
      select string_agg(jsonschema._literal(allowed::text), ', ' order by n)
      from jsonb_array_elements(node -> 'enum') with ordinality as _(allowed, n)) || ')', 'false');
    on_null := jsonschema._conjoined_on_null(array[on_null, 'n']);
  end if;
  if node ? '$ref' then
    if helpers ? (node ->> '$ref') then
      conjuncts := conjuncts || format('%s(%s)', helpers ->> (node ->> '$ref'), x);
      on_null := jsonschema._conjoined_on_null(array[on_null, 'n']);
    else
      child := jsonschema._expression(program, program -> 'targets' -> (node ->> '$ref'), x, x_text, known_kind, helpers,
                                      depth, passes_null);
      conjuncts := conjuncts || child.conjuncts;
      on_null := jsonschema._conjoined_on_null(array[on_null, child.on_null]);
      loops := loops or child.loops;
    end if;
  end if;
  for branch in select jsonb_array_elements(node -> 'allOf') loop
    child := jsonschema._expression(program, branch, x, x_text, known_kind, helpers, depth, passes_null);
    conjuncts := conjuncts || child.conjuncts;
    on_null := jsonschema._conjoined_on_null(array[on_null, child.on_null]);
    loops := loops or child.loops;
  end loop;
  if node ? 'anyOf' then
    for branch in select jsonb_array_elements(node -> 'anyOf') loop
      child := jsonschema._expression(program, branch, x, x_text, known_kind, helpers, depth);
      texts := texts || jsonschema._in_parentheses(child.conjuncts);
      nulls := nulls || child.on_null;
      loops := loops or child.loops;
    end loop;
    conjuncts := conjuncts || case
      when cardinality(texts) = 1 then texts[1]
      else '(' || jsonschema._indented(array_to_string(texts, E'\nor ')) || ')'
    end;
    on_null := jsonschema._conjoined_on_null(array[on_null,
      case when 't' = any (nulls) then 't' when 'n' = any (nulls) then 'n' else 'f' end]);
  end if;
  if node ? 'oneOf' then
    texts := '{}';
    nulls := '{}';
    for branch in select jsonb_array_elements(node -> 'oneOf') loop
      child := jsonschema._expression(program, branch, x, x_text, known_kind, helpers, depth);
      texts := texts || (jsonschema._enclosed(child.conjuncts) || '::integer');
      nulls := nulls || child.on_null;
      loops := loops or child.loops;
    end loop;
    conjuncts := conjuncts || (jsonschema._indented(array_to_string(texts, E'\n+ ')) || ' = 1');
    on_null := jsonschema._conjoined_on_null(array[on_null,
      case when 'n' = any (nulls) then 'n' when cardinality(array_positions(nulls, 't')) = 1 then 't' else 'f' end]);
  end if;
  if node ? 'not' then
    child := jsonschema._expression(program, node -> 'not', x, x_text, known_kind, helpers, depth);
    conjuncts := conjuncts || case
      when child.conjuncts = '{}' then 'false'
      else 'not ' || jsonschema._enclosed(child.conjuncts)
    end;
    on_null := jsonschema._conjoined_on_null(array[on_null, translate(child.on_null, 'tf', 'ft')]);
    loops := loops or child.loops;
  end if;
  if node ? 'if' and (node ? 'then' or node ? 'else') then
    child := jsonschema._expression(program, node -> 'if', x, x_text, known_kind, helpers, depth);
    loops := loops or child.loops;
    texts := array[jsonschema._both(child.conjuncts)];
    nulls := array[child.on_null];
    foreach kind in array '{then,else}'::text[] loop
      child := jsonschema._expression(program, coalesce(node -> kind, 'true'), x, x_text, known_kind, helpers, depth);
      loops := loops or child.loops;
      texts := texts || jsonschema._both(child.conjuncts);
      nulls := nulls || child.on_null;
    end loop;
    conjuncts := conjuncts || format(E'case\n  when %s\n  then %s\n  else %s\nend', jsonschema._indented(texts[1], 4),
                                     jsonschema._indented(texts[2], 4), jsonschema._indented(texts[3], 4));
    on_null := jsonschema._conjoined_on_null(array[on_null, case nulls[1] when 't' then nulls[2] else nulls[3] end]);
  end if;
end
$$;

create or replace function jsonschema._case_of_types(x text, whens text[], otherwise text)
  returns text
  language sql immutable parallel safe
as $$
  -- On one line where it is short
  select case
    when cardinality(whens) = 1 and length(spread) < 120 and regexp_count(spread, '\n') = 4 then regexp_replace(spread, '\n *', ' ', 'g')
    else spread
  end
  from (values (format(E'case jsonb_typeof(%s)\n  %s\n  else %s\nend', x, jsonschema._indented(array_to_string(whens, E'\n')),
                       otherwise))) as _(spread)
$$;
