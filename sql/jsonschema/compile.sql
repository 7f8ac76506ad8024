-- The compiler: a function of its own for a schema, fit for a check constraint.

create or replace function jsonschema._helper_prefix(function_name text)
  returns text
  language sql immutable parallel safe
as $$
  -- A name may have 63 bytes. Of a long one a part has to do, which must not be that of another function (…_v1, …_v2).
  select case
    when octet_length(function_name) <= 35 then function_name
    else regexp_replace(left(function_name, 26), '[^ -~]', '_', 'g') || '_'
         || left(encode(sha256(convert_to(function_name, 'UTF8')), 'hex'), 8)
  end
$$;

-- Which targets of references get a function of their own, as {"/$defs/node": "schema.name__node"}: those that lead
-- back to themselves, and those that are large and used more than once. Others are written out where they are used.
-- The schema itself has its function anyway.
create or replace function jsonschema._helpers(program jsonb, schema_name text, function_name text)
  returns jsonb
  language sql immutable parallel safe
as $$
  with recursive
    reference(here, there) as (
      select r ->> 0, r ->> 1 from jsonb_array_elements(program -> 'references') as _(r)
    ),
    target(place, uses) as (
      select there, count(*) from reference group by there
    ),
    -- a reference inside of a target leads from there to its own target
    step(here, there) as (
      select distinct t.place, r.there
      from target as t join reference as r on r.here = t.place or starts_with(r.here, t.place || '/')
    ),
    reached(here, there) as (
      select here, there from step
      union
      select reached.here, step.there from reached join step on step.here = reached.there
    ),
    chosen(place, label) as (
      -- the label is the last part of the path, as far as that makes a plain name
      select t.place, left(regexp_replace(lower(substring(t.place from '[^/]*$')), '[^a-z0-9]+', '_', 'g'), 20)
      from target as t
      where exists (select from reached as r where r.here = t.place and r.there = t.place)
         or t.uses > 1 and (length((program -> 'targets' -> t.place)::text) > 300
                            or exists (select from step as s where s.here = t.place))
    ),
    named(place, label, n) as (
      select place, label, row_number() over (partition by label order by place collate "C") from chosen
    )
  select coalesce(jsonb_object_agg(
           place,
           format('%I.%I', schema_name,
                  case when place = '' then function_name
                       else jsonschema._helper_prefix(function_name) || '__' || label
                            || case when n > 1 then '_' || n else '' end
                  end)), '{}')
  from named
$$;

-- The text of one function for one schema, from "create or replace" on: an SQL expression that PostgreSQL inlines where
-- it is short and has no loop, else PL/pgSQL. "is_entry" is false for what calls itself.
create or replace function jsonschema._definition(program jsonb, node jsonb, function_name text, is_entry boolean)
  returns text
  language plpgsql immutable parallel safe
as $$
declare
  -- Beyond that it takes PostgreSQL longer to read the expression anew in each statement than PL/pgSQL to run it:
  -- measured on inserts of one row (benchmarks/jsonschema.py).
  longest_inlined constant integer := 250;
  expression constant jsonschema._code := jsonschema._expression(program, node, 'instance', 'instance #>> ''{}''', 0);
  code text := jsonschema._all_of(expression.conjuncts);
  header text := format(E'create or replace function %s(instance jsonb)\n returns boolean\n', function_name);
  block jsonschema._block;
  declarations text;
begin
  if expression.on_null <> 'n' then
    code := E'case when instance is not null then\n  ' || jsonschema._indented(code) || E'\nend';
  end if;
  -- An SQL expression depends on the functions that it calls, which then could not be made anew: it calls none of ours.
  if is_entry and not expression.loops and length(code) <= longest_inlined and position('jsonschema._' in code) = 0
     and not exists (select from jsonb_each_text(program -> 'helpers') as helper
       where position(helper.value in code) > 0) then
    -- Read when it is made, so that no search_path makes it mean something else later.
    return header || E' language sql\n immutable parallel safe\nreturn\n    '
      || jsonschema._indented(jsonschema._indented(code));
  end if;

  block := jsonschema._statements(program, node, 'instance', '{}', false);
  select string_agg(format(E'  %s jsonb;\n', variable), '' order by n)
  into declarations
  from unnest(block.variables) with ordinality as _(variable, n);
  return header || format(
    E' language plpgsql\n immutable parallel safe\n set search_path = pg_catalog, pg_temp\nas %L',
    coalesce(E'\ndeclare\n' || rtrim(declarations, E'\n'), '')
    || E'\nbegin\n'
    || E'  if instance is null then\n    return null;\n  end if;\n'
    || case when is_entry
         then E'  instance := instance #> ''{}'';  -- unpacked once, where it comes compressed from a table\n'
         else '' end
    || '  ' || jsonschema._indented(coalesce(block.code || E'\n', '') || 'return true;')
    || E'\nend\n');
end
$$;

create or replace function jsonschema.compile(schema jsonb, function_name text)
  returns regprocedure
  language plpgsql
  set standard_conforming_strings = on
as $$
declare
  parts constant text[] := parse_ident(function_name);
  in_schema constant text :=
    case cardinality(parts) when 1 then current_schema() else parts[cardinality(parts) - 1] end;
  bare_name constant text := parts[cardinality(parts)];
  qualified_name constant text := format('%I.%I', in_schema, bare_name);
  helper_comment constant text := format('A part of %s, made with it by jsonschema.compile.', qualified_name);
  program jsonb;
  helpers jsonb;
  helper record;
begin
  if schema is null or function_name is null then
    return null;
  elsif cardinality(parts) > 2 or in_schema is null then
    raise invalid_name using message = format('%s is not the name of a function in a schema', function_name);
  end if;
  program := jsonschema._program(schema);
  helpers := jsonschema._helpers(program, in_schema, bare_name);
  program := program || jsonb_build_object('helpers', helpers);
  -- helpers that an earlier schema of this name may have needed
  for helper in
    select p.oid::regprocedure as name
    from pg_catalog.pg_proc as p
    where p.pronamespace = quote_ident(in_schema)::regnamespace and obj_description(p.oid, 'pg_proc') = helper_comment
  loop
    execute format('drop function %s', helper.name);
  end loop;
  for helper in
    select key as place, value as name from jsonb_each_text(helpers) where key <> '' order by value collate "C"
  loop
    execute jsonschema._definition(program, program -> 'targets' -> helper.place, helper.name, false);
    execute format('comment on function %s(jsonb) is %L', helper.name, helper_comment);
  end loop;
  execute jsonschema._definition(program, program -> 'schema', qualified_name, not helpers ? '');
  return format('%s(jsonb)', qualified_name)::regprocedure;
end
$$;

comment on function jsonschema.compile(jsonb, text) is $$
Creates function_name(jsonb), which says whether its argument fits the schema (JSON Schema draft 2020-12): IMMUTABLE,
PARALLEL SAFE, null for null, made for check constraints.

Arguments: a schema; the name of the function, with or without a schema, quoted as in SQL where needed. A function of
that name and its helpers, function_name__…, are replaced.
Answer: the function.
Errors: as jsonschema.is_valid, and 42602 for what is no name of a function.
$$;
