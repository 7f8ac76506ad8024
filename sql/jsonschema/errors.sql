-- What people call of the interpreter: is_valid and errors.

create or replace function jsonschema._advice(keyword text, known text[])
  returns text
  language plpgsql immutable parallel safe
as $$
-- What to add to a message about a key that is unknown, or missing: the one that it may have been meant for.
declare
  nearest constant text := jsonschema._quoted(jsonschema._nearest(known[1], known[2:]));
begin
  return case
    when keyword = 'required' then coalesce('; is ' || nearest || ' meant for it?', '')
    when nearest is not null then '; is ' || nearest || ' meant?'
    when cardinality(known) > 1 then
      '; known are ' || jsonschema._listed(array(select jsonschema._quoted(key) from unnest(known[2:11]) as key), 'and')
      || case when cardinality(known) > 11 then ' and more' else '' end
    else ''
  end;
end
$$;

-- Both set plan_cache_mode, because a plan that is made anew for each of the many small queries of the interpreter
-- takes longer than running it.
create or replace function jsonschema.is_valid(schema jsonb, instance jsonb)
  returns boolean
  language plpgsql immutable parallel safe
  set search_path = pg_catalog, pg_temp
  set plan_cache_mode = force_generic_plan
  set standard_conforming_strings = on
as $$
declare
  program jsonb;
begin
  if schema is null or instance is null then
    return null;
  end if;
  program := jsonschema._program(schema);
  return not exists (select from jsonschema._check(program, program -> 'schema', instance, '', 'false', true));
end
$$;

comment on function jsonschema.is_valid(jsonb, jsonb) is $$
Whether the instance fits the schema (JSON Schema draft 2020-12).

Arguments: a schema, an instance; null where either is null.
Errors: 0A000 for a keyword, a format or a reference that is not supported, with the keyword and its path; 22023 for a
schema that is not well formed; 54001 for an instance that a recursive schema follows deeper than the stack allows.
The schema is read anew in each call: what is checked often, or by a check constraint, is for jsonschema.compile.
$$;

create or replace function jsonschema.errors(schema jsonb, instance jsonb)
  returns table (instance_path text, keyword text, message text)
  language plpgsql immutable parallel safe
  set search_path = pg_catalog, pg_temp
  set plan_cache_mode = force_generic_plan
  set standard_conforming_strings = on
as $$
declare
  program jsonb;
begin
  if schema is null or instance is null then
    return;
  end if;
  program := jsonschema._program(schema);
  return query
    with finding as materialized (
      select f.*
      from jsonschema._check(program, program -> 'schema', instance, '', 'false', false)
        with ordinality as f(path, keyword, expected, found, known, reasons, reasons_at, n)
    ),
    -- the places that are writeOnly, as the keys of an object; null where there are none
    secret as materialized (
      select jsonb_object_agg(path, true) as places from finding where expected is null
    )
    select
      coalesce(f.hidden_at, f.path),
      f.keyword,
      case
        when f.hidden_at is not null then 'expected ' || f.expected || '; what was found is not shown (writeOnly)'
        else 'expected ' || f.expected || ', found ' || f.found
             || case when f.reasons <> '' and f.reasons_may_be_shown then ' (' || f.reasons || ')' else '' end
             -- looking for the nearest key takes time: not for each of a million
             || case when f.known is not null and f.n <= 50 then jsonschema._advice(f.keyword, f.known) else '' end
      end
    from (
      select *,
             -- subqueries, not a join: the object may be large, and is then read once only
             jsonschema._hidden_at(array[path], (select places from secret)) as hidden_at,
             jsonschema._hidden_at(reasons_at, (select places from secret)) is null as reasons_may_be_shown
      from finding
      where expected is not null
      offset 0
    ) as f
    order by f.n;
end
$$;

comment on function jsonschema.errors(jsonb, jsonb) is $$
What is wrong with the instance by the schema (JSON Schema draft 2020-12): of what one keyword finds in a value, and
below it, the first 1,000; no row where it fits.

Arguments: a schema, an instance; no row where either is null.
Answer: instance_path, a JSON Pointer to the value; keyword, the one that it breaks; message, what was expected and what
was found, and for an unknown key the nearest known one. What a schema with "writeOnly": true describes is not repeated,
and the path ends there.
Errors: as jsonschema.is_valid.
$$;
