-- The interpreter: a schema and an instance, and everything that is wrong with it.

-- One thing that is wrong. A row without "expected" is a mark instead: the value at that place is writeOnly.
create type jsonschema._finding as (
  path text,             -- JSON Pointer into the instance
  keyword text,
  expected text,         -- nothing here comes from the instance
  found text,            -- all of this may
  known text[],          -- for a key that is unknown or missing: its name, then those that may have been meant
  reasons text,          -- why it fits none of several schemas,
  reasons_at text[]      -- and the places that this speaks of
);

create or replace function jsonschema._finding(
  path text, keyword text, expected text default null, found text default null, known text[] default null,
  reasons text default null, reasons_at text[] default null)
  returns jsonschema._finding
  language sql immutable parallel safe
as $$
  select row(path, keyword, expected, found, known, reasons, reasons_at)::jsonschema._finding
$$;

create or replace function jsonschema._fits(findings jsonschema._finding[])
  returns boolean
  language plpgsql immutable parallel safe
as $$
begin
  return not exists (select from unnest(findings) as f where f.expected is not null);
end
$$;

-- What is wrong with the instance at "path" by the schema "node". "via" is the keyword that led here: it is named where
-- the schema is just false. With "only_whether" the first finding is enough, and marks are left out.
create or replace function jsonschema._check(program jsonb, node jsonb, instance jsonb, path text, via text,
                                             only_whether boolean)
  returns setof jsonschema._finding
  language plpgsql immutable parallel safe
as $$
declare
  kind constant text := jsonb_typeof(instance);
  -- what the keywords take that hold schemas, or that may have several things to say; _apply is for them
  to_apply constant text[] := array['schema', 'schemas', 'schemas by key', 'schemas by pattern', 'names', 'names by key',
                                    'reference'];
  keyword text;
  value jsonb;
  assertion record;
  has_failed boolean := false;
begin
  if node = 'true' then
    return;
  elsif node = 'false' then
    return next jsonschema._finding(path, via, 'nothing here', jsonschema._described(instance));
    return;
  elsif node -> 'writeOnly' = 'true' and not only_whether then
    return next jsonschema._finding(path, 'writeOnly');
  end if;

  for keyword, value in select * from jsonb_each(node) loop
    if jsonschema._keywords() ->> keyword = any (to_apply) then
      return query
        select * from jsonschema._apply(program, node, keyword, value, instance, kind, path, only_whether);
      has_failed := has_failed or found;
    else
      assertion := jsonschema._assertion(keyword, value, instance, kind, program);
      if assertion.expected is not null then
        return next jsonschema._finding(path, keyword, assertion.expected,
                                        coalesce(assertion.actual, jsonschema._described(instance)));
        has_failed := true;
      end if;
    end if;
    exit when only_whether and has_failed;
  end loop;
end
$$;

create or replace function jsonschema._reason(n integer, finding jsonschema._finding, path text)
  returns text
  language plpgsql immutable parallel safe
as $$
-- Why the instance at the path does not fit the nth of several schemas
begin
  return n || ': '
    || case when finding.path <> path
            then 'at ' || jsonschema._quoted(substr(finding.path, length(path) + 1)) || ': ' else '' end
    || jsonschema._shortened('expected ' || finding.expected || ', found ' || finding.found
                             || coalesce(' (' || nullif(finding.reasons, '') || ')', ''), 200);
end
$$;

create or replace function jsonschema._hidden_at(pointers text[], places jsonb)
  returns text
  language plpgsql immutable parallel safe
as $$
-- The topmost of the places, which are the keys of an object, that one of the pointers leads into; null for none
begin
  if places is null or pointers is null then
    return null;
  end if;
  return (
    select min(prefix) from unnest(pointers) as pointer, unnest(jsonschema._prefixes(pointer)) as prefix
    where places ? prefix);
end
$$;

-- The keywords that hold schemas, and those that have several things to say about an object.
create or replace function jsonschema._apply(
  program jsonb, node jsonb, keyword text, value jsonb, instance jsonb, kind text, path text, only_whether boolean)
  returns setof jsonschema._finding
  language plpgsql immutable parallel safe
as $$
declare
  -- a limit for the query that looks for findings
  enough constant integer := case when only_whether then 1 else 1000 end;
  findings jsonschema._finding[];
  marks jsonschema._finding[] := '{}';
  reason jsonschema._finding;
  reasons text[] := '{}';
  reasons_at text[] := '{}';
  fitting integer := 0;
  at_least numeric;
  at_most numeric;
  known text[];
  patterns text[];
begin
  case keyword
    when '$ref' then
      return query
        select *
        from jsonschema._check(program, program -> 'targets' -> (value #>> '{}'), instance, path, keyword, only_whether);

    when 'allOf' then
      return query
        select f.*
        from jsonb_array_elements(value) as _(alternative),
          lateral jsonschema._check(program, alternative, instance, path, keyword, only_whether) as f
        limit enough;

    when 'anyOf', 'oneOf' then
      for i in 0 .. jsonb_array_length(value) - 1 loop
        findings := array(
          select f from jsonschema._check(program, value -> i, instance, path, keyword, only_whether) as f);
        if jsonschema._fits(findings) then
          fitting := fitting + 1;
        elsif not only_whether and cardinality(reasons) < 5 then
          select * into reason from unnest(findings) as f where f.expected is not null limit 1;
          reasons := reasons || jsonschema._reason(i + 1, reason, path);
          reasons_at := reasons_at || reason.path || coalesce(reason.reasons_at, '{}');
        end if;
        exit when only_whether and fitting > 0 and keyword = 'anyOf';
        marks := marks || array(select f from unnest(findings) as f where f.expected is null);
      end loop;
      return query select f.* from unnest(marks) as f;
      if fitting = 0 then
        return next jsonschema._finding(path, keyword,
          format('a value that fits %s of %s schemas', case keyword when 'anyOf' then 'one or more' else 'exactly one' end,
                 jsonb_array_length(value)),
          jsonschema._described(instance) || ', which fits none', null,
          array_to_string(reasons, '; '), reasons_at);
      elsif fitting > 1 and keyword = 'oneOf' then
        return next jsonschema._finding(path, keyword,
          format('a value that fits exactly one of %s schemas', jsonb_array_length(value)),
          format('%s, which fits %s', jsonschema._described(instance), fitting));
      end if;

    when 'not' then
      findings := array(select f from jsonschema._check(program, value, instance, path, keyword, only_whether) as f);
      if not only_whether then
        return query select f.* from unnest(findings) as f where f.expected is null;
      end if;
      if jsonschema._fits(findings) then
        return next jsonschema._finding(path, keyword, 'a value that does not fit the schema under "not"',
                        jsonschema._described(instance));
      end if;

    when 'if' then
      findings := array(select f from jsonschema._check(program, value, instance, path, keyword, only_whether) as f);
      if not only_whether then
        return query select f.* from unnest(findings) as f where f.expected is null;
      end if;
      keyword := case when jsonschema._fits(findings) then 'then' else 'else' end;
      if node ? keyword then
        return query select * from jsonschema._check(program, node -> keyword, instance, path, keyword, only_whether);
      end if;

    when 'prefixItems' then
      if kind = 'array' then
        return query
          select f.*
          from generate_series(0, least(jsonb_array_length(value), jsonb_array_length(instance)) - 1) as i,
            lateral jsonschema._check(program, value -> i, instance -> i, path || '/' || i, keyword, only_whether) as f
          limit enough;
      end if;

    when 'items' then
      if kind = 'array' then
        return query
          select f.*
          from jsonb_array_elements(instance) with ordinality as _(item, n),
            lateral jsonschema._check(program, value, item, path || '/' || n - 1, keyword, only_whether) as f
          where n > coalesce(jsonb_array_length(node -> 'prefixItems'), 0)
          limit enough;
      end if;

    when 'contains' then
      if kind = 'array' then
        at_least := coalesce((node ->> 'minContains')::numeric, 1);
        at_most := (node ->> 'maxContains')::numeric;
        fitting := (
          select count(*) from jsonb_array_elements(instance) as _(item)
          where not exists (select from jsonschema._check(program, value, item, '', keyword, true)));
        if fitting < at_least then
          return next jsonschema._finding(path, case when node ? 'minContains' then 'minContains' else keyword end,
                          format('%s or more items that fit the schema under "contains"', at_least),
                          format('%s of %s', fitting, jsonschema._counted(jsonb_array_length(instance), 'item')));
        elsif fitting > at_most then
          return next jsonschema._finding(path, 'maxContains',
            format('%s or fewer items that fit the schema under "contains"', at_most),
            format('%s of %s', fitting, jsonschema._counted(jsonb_array_length(instance), 'item')));
        end if;
        if not only_whether then
          return query
            select f.*
            from jsonb_array_elements(instance) with ordinality as _(item, n),
              lateral jsonschema._check(program, value, item, path || '/' || n - 1, keyword, false) as f
            where f.expected is null;
        end if;
      end if;

    when 'required' then
      if kind = 'object' then
        return query
          select path, keyword, 'the key ' || jsonschema._quoted(name), 'none',
                 -- it may be there, misspelt
                 case when n <= 20 then name || array(select jsonb_object_keys(
                   instance - array(select jsonb_object_keys(node -> 'properties'))) limit 100) end,
                 null::text, null::text[]
          from jsonb_array_elements_text(value) with ordinality as _(name, n)
          where not instance ? name
          limit enough;
      end if;

    when 'dependentRequired' then
      if kind = 'object' then
        return query
          select path, keyword, format('the key %s, since there is %s', jsonschema._quoted(name), jsonschema._quoted(key)),
                 'none', null::text[], null::text, null::text[]
          from jsonb_each(value) as _(key, names), jsonb_array_elements_text(names) as __(name)
          where instance ? key and not instance ? name
          limit enough;
      end if;

    when 'dependentSchemas' then
      if kind = 'object' then
        return query
          select f.*
          from jsonb_each(value) as _(key, schema),
            lateral jsonschema._check(program, schema, instance, path, keyword, only_whether) as f
          where instance ? key
          limit enough;
      end if;

    when 'properties' then
      if kind = 'object' then
        return query
          select f.*
          from jsonb_each(value) as _(key, schema),
            lateral jsonschema._check(program, schema, instance -> key, jsonschema._at(path, key), keyword,
                                      only_whether) as f
          where instance ? key
          limit enough;
      end if;

    when 'patternProperties' then
      if kind = 'object' then
        return query
          select f.*
          from jsonb_each(value) as _(pattern, schema),
            jsonb_each(instance) as __(key, member),
            lateral jsonschema._check(program, schema, member, jsonschema._at(path, key), keyword, only_whether) as f
          where key collate "C" ~ (program -> 'patterns' ->> pattern)
          limit enough;
      end if;

    when 'additionalProperties' then
      if kind = 'object' then
        known := array(select jsonb_object_keys(node -> 'properties'));
        patterns := array(select program -> 'patterns' ->> p from jsonb_object_keys(node -> 'patternProperties') as p);
        if value = 'false' then
          return query
            select jsonschema._at(path, key), 'additionalProperties', 'no such key', 'the key ' || jsonschema._quoted(key),
                   -- for the first ones only: there may be many keys, and many that are known
                   case when n <= 20 then key || known[1:100] end, null::text, null::text[]
            from jsonb_object_keys(instance - known) with ordinality as _(key, n)
            where patterns = '{}' or not key collate "C" ~ any (patterns)
            limit enough;
        else
          return query
            select f.*
            from jsonb_each(instance - known) as _(key, member),
              lateral jsonschema._check(program, value, member, jsonschema._at(path, key), keyword, only_whether) as f
            where patterns = '{}' or not key collate "C" ~ any (patterns)
            limit enough;
        end if;
      end if;

    when 'propertyNames' then
      if kind = 'object' then
        return query
          select f.path, 'propertyNames', 'the key to be ' || f.expected, jsonschema._quoted(key),
                 null::text[], null::text, null::text[]
          from jsonb_object_keys(instance) as _(key),
            lateral jsonschema._check(program, value, jsonb_object(array['key', key]) -> 'key', jsonschema._at(path, key),
                                      keyword, only_whether) as f
          limit enough;
      end if;
    else
      null;
  end case;
end
$$;

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

-- Both set plan_cache_mode, because a plan that is made anew for each of the many small queries of the interpreter takes
-- longer than running it.
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
