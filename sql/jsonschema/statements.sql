-- The code generator for what is not one expression: a schema as PL/pgSQL statements that return false at the first
-- thing that is wrong.
--
-- Statements only go where it pays: into arrays by index, because a query takes longer to start than most arrays to
-- walk, and into what would otherwise be taken out of the document again and again. A subtree that loops in any other
-- way (over keys, or inside of "not") stays one expression, all of whose loops PostgreSQL starts together.

create type jsonschema._block as (
  code text,          -- statements, null where there is nothing to say
  variables text[]    -- all that are declared so far
);

create or replace function jsonschema._after(block jsonschema._block, code text)
  returns jsonschema._block
  language sql immutable parallel safe
as $$
  select row(nullif(concat_ws(E'\n', block.code, code), ''), block.variables)::jsonschema._block
$$;

create or replace function jsonschema._unless(conjuncts text[])
  returns text
  language sql immutable parallel safe
as $$
  select 'if ' || jsonschema._in_parentheses(jsonschema._all_of(conjuncts))
    || E' is not true then\n  return false;\nend if;'
  where conjuncts <> '{}'
$$;

create or replace function jsonschema._declared(block jsonschema._block, name text)
  returns jsonschema._block
  language plpgsql immutable parallel safe
as $$
-- The block with one variable more, the last of its list. No such name is reserved or that of a column.
declare
  words constant text := lower(regexp_replace(regexp_replace(name, '^the_', ''), '([a-z0-9])([A-Z])', '\1_\2', 'g'));
  plain constant text := left(trim('_' from regexp_replace(words, '[^a-z0-9]+', '_', 'g')), 40);
  base constant text := 'the_' || coalesce(nullif(plain, ''), 'value');
  chosen text := base;
  n integer := 1;
begin
  while chosen = any (block.variables) loop
    n := n + 1;
    chosen := base || '_' || n;
  end loop;
  return row(block.code, block.variables || chosen)::jsonschema._block;
end
$$;

-- What a schema asks of the variable x, which is not null. "is_nested" says that the statements run in a loop; then the
-- answer is null, no block at all, where they would have to start a query each time.
create or replace function jsonschema._statements(
  program jsonb, node jsonb, x text, variables text[], is_nested boolean, known_kind text default null)
  returns jsonschema._block
  language plpgsql immutable parallel safe
as $$
declare
  x_text constant text := x || ' #>> ''{}''';
  put_together constant text[] := array['$ref', 'allOf', 'anyOf', 'oneOf', 'const', 'enum',
    'not', 'if', 'then', 'else'];
  block jsonschema._block := row(null, variables);
  whole jsonschema._code := jsonschema._expression(program, node, x, x_text, 0, known_kind, is_lenient => true);
  branch jsonb;
  keyword text;
begin
  if not whole.loops then
    return jsonschema._after(block, jsonschema._unless(whole.conjuncts));
  end if;

  block := jsonschema._typed_statements(program, node - put_together, x, block, is_nested, known_kind);
  if node ? '$ref' then
    block := jsonschema._followed_by(block, program, program -> 'targets' -> (node ->> '$ref'),
      x, is_nested, known_kind);
  end if;
  for branch in select jsonb_array_elements(node -> 'allOf') loop
    block := jsonschema._followed_by(block, program, branch, x, is_nested, known_kind);
  end loop;
  foreach keyword in array array['anyOf', 'oneOf'] loop
    if node ? keyword then
      block := jsonschema._by_type_statements(program, jsonb_build_object(keyword, node -> keyword), node -> keyword, x,
                                              block, is_nested, known_kind);
    end if;
  end loop;
  return jsonschema._followed_by_condition(block, program, node - (put_together[1:4] || array(
    select k from jsonb_object_keys(node) as k where k <> all (put_together))), x, is_nested, known_kind);
end
$$;

create or replace function jsonschema._followed_by(
  block jsonschema._block, program jsonb, node jsonb, x text, is_nested boolean, known_kind text)
  returns jsonschema._block
  language plpgsql immutable parallel safe
as $$
declare
  next jsonschema._block;
begin
  if block.variables is null then
    return null;
  end if;
  next := jsonschema._statements(program, node, x, block.variables, is_nested, known_kind);
  return case when next.variables is not null then jsonschema._after(row(block.code, next.variables), next.code) end;
end
$$;

-- A schema as one condition, however it loops.
create or replace function jsonschema._followed_by_condition(
  block jsonschema._block, program jsonb, node jsonb, x text, is_nested boolean, known_kind text)
  returns jsonschema._block
  language plpgsql immutable parallel safe
as $$
declare
  whole constant jsonschema._code :=
    jsonschema._expression(program, node, x, x || ' #>> ''{}''', 0, known_kind, is_lenient => true);
begin
  return case when block.variables is not null and not (is_nested and whole.loops)
              then jsonschema._after(block, jsonschema._unless(whole.conjuncts)) end;
end
$$;

create or replace function jsonschema._case_statement(x text, kinds text[], arms text[], otherwise text)
  returns text
  language sql immutable parallel safe
as $$
  select 'case jsonb_typeof(' || x || ')'
         || string_agg(E'\n  when ''' || kind || E''' then\n    '
                       || jsonschema._indented(jsonschema._indented(coalesce(arm, 'null;'))), '' order by n)
         || E'\n  else\n    ' || otherwise || E'\nend case;'
  from unnest(kinds, arms) with ordinality as _(kind, arm, n)
$$;

-- The type of x, and what the keywords for its type ask.
create or replace function jsonschema._typed_statements(
  program jsonb, node jsonb, x text, block jsonschema._block, is_nested boolean, known_kind text)
  returns jsonschema._block
  language plpgsql immutable parallel safe
as $$
declare
  types constant jsonb := jsonschema._types(node);
  kinds constant text[] := jsonschema._kinds(types);
  kind text;
  arm jsonschema._block;
  arms text[] := '{}';
begin
  if not (jsonschema._expression(program, node, x, x || ' #>> ''{}''', 0, known_kind, is_lenient => true)).loops
     or known_kind <> all (kinds) then
    return jsonschema._followed_by_condition(block, program, node, x, is_nested, known_kind);
  elsif known_kind is not null or cardinality(kinds) = 1 then
    if known_kind is null then
      block := jsonschema._after(
        block, format(E'if jsonb_typeof(%s) <> ''%s'' then\n  return false;\nend if;', x, kinds[1]));
    end if;
    arm := jsonschema._kind_statements(program, node, x, block.variables, is_nested, coalesce(known_kind, kinds[1]));
    return case when arm.variables is not null then jsonschema._after(row(block.code, arm.variables), arm.code) end;
  end if;

  foreach kind in array kinds loop
    arm := jsonschema._kind_statements(program, node, x, block.variables, is_nested, kind);
    if arm.variables is null then
      return null;
    end if;
    block.variables := arm.variables;
    arms := arms || arm.code;
  end loop;
  -- where all types are allowed, those that nothing is asked of go without saying
  return jsonschema._after(block, (
    select jsonschema._case_statement(x, array_agg(k order by n), array_agg(code order by n),
                                      case when types is null then 'null;' else 'return false;' end)
    from unnest(kinds, arms) with ordinality as _(k, code, n)
    where types is not null or code is not null));
end
$$;

create or replace function jsonschema._by_type_statements(
  program jsonb, node jsonb, branches jsonb, x text, block jsonschema._block, is_nested boolean, known_kind text)
  returns jsonschema._block
  language plpgsql immutable parallel safe
as $$
declare
  branch jsonb;
  kind text;
  kinds text[] := '{}';
  arm jsonschema._block;
  arms text[] := '{}';
begin
  if (jsonschema._by_type_code(program, branches, x, x || ' #>> ''{}''', 0, known_kind, false,
      true)).conjuncts is null then
    return jsonschema._followed_by_condition(block, program, node, x, is_nested, known_kind);
  end if;
  for branch in select jsonb_array_elements(branches) loop
    foreach kind in array jsonschema._kinds(jsonschema._types(branch)) loop
      arm := jsonschema._statements(program, branch, x, block.variables, is_nested, kind);
      if arm.variables is null then
        return null;
      end if;
      block.variables := arm.variables;
      kinds := kinds || kind;
      arms := arms || arm.code;
    end loop;
  end loop;
  return jsonschema._after(block, jsonschema._case_statement(x, kinds, arms, 'return false;'));
end
$$;

-- What the keywords for one type ask of x, which is of that type.
create or replace function jsonschema._kind_statements(
  program jsonb, node jsonb, x text, variables text[], is_nested boolean, kind text)
  returns jsonschema._block
  language plpgsql immutable parallel safe
as $$
declare
  block jsonschema._block := row(null, variables);
  simple jsonb := node;     -- what is left for one condition
  inner_block jsonschema._block;
  part jsonschema._code;
  property record;
  place text;
  variable text;
begin
  if kind = 'object' then
    -- a property with loops, or that is looked at many times, gets a variable
    for property in
      select p.key, p.value as schema, coalesce(node -> 'required' ? p.key, false) as is_required
      from jsonb_each(node -> 'properties') as p
    loop
      place := x || ' -> ' || jsonschema._literal(property.key);
      part := jsonschema._expression(program, property.schema, place, place, 0);
      continue when not part.loops
        and regexp_count(jsonschema._all_of(part.conjuncts), jsonschema._regex_quoted(place)) < 4;
      inner_block := jsonschema._declared(row(null, block.variables), property.key);
      variable := inner_block.variables[cardinality(inner_block.variables)];
      inner_block := jsonschema._statements(program, property.schema, variable, inner_block.variables, is_nested);
      -- what cannot be walked stays in the condition
      continue when inner_block.variables is null;
      simple := jsonb_set(simple, array['properties', property.key], 'true');
      block.variables := inner_block.variables;
      block := jsonschema._after(block, format('%s := %s;', variable, place));
      if property.is_required then
        block := jsonschema._after(block, inner_block.code);
      else
        block := jsonschema._after(block, format(E'if %s is not null then\n  %s\nend if;', variable,
                                                 jsonschema._indented(inner_block.code)));
      end if;
    end loop;

  elsif kind = 'array' and node ? 'items' then
    inner_block := jsonschema._declared(row(null, block.variables), x || '_item');
    variable := inner_block.variables[cardinality(inner_block.variables)];
    inner_block := jsonschema._statements(program, node -> 'items', variable, inner_block.variables, true);
    if inner_block.variables is not null then
      simple := simple - 'items';
      if inner_block.code is not null then
        block.variables := inner_block.variables;
        block := jsonschema._after(block, format(
          E'for i in %1$s .. jsonb_array_length(%2$s) - 1 loop\n  %3$s := %2$s -> i;\n  %4$s\nend loop;',
          coalesce(jsonb_array_length(node -> 'prefixItems'), 0), x, variable, jsonschema._indented(inner_block.code)));
      end if;
    end if;
  end if;

  -- the condition comes first: it is cheap, and what is required must be there
  inner_block := jsonschema._followed_by_condition(row(null, block.variables), program, simple, x, is_nested, kind);
  return case when inner_block.variables is not null then jsonschema._after(inner_block, block.code) end;
end
$$;

create or replace function jsonschema._regex_quoted(words text)
  returns text
  language sql immutable parallel safe
as $$
  select regexp_replace(words, '([^A-Za-z0-9_ ])', '\\\1', 'g')
$$;
