-- The interpreter: what is wrong with an instance by a schema, and how findings are told.

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
  -- what the keywords take that hold schemas, or that may have several things to say; _apply_to_… are for them
  to_apply constant text[] := array['schema', 'schemas', 'schemas by key', 'schemas by pattern', 'names',
                                    'names by key', 'reference'];
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
      case
        when keyword in ('properties', 'required', 'additionalProperties', 'patternProperties', 'propertyNames',
                         'dependentRequired', 'dependentSchemas') then
          continue when kind <> 'object';
          return query
            select * from jsonschema._apply_to_object(program, node, keyword, value, instance, path, only_whether);
        when keyword in ('items', 'prefixItems', 'contains') then
          continue when kind <> 'array';
          return query
            select * from jsonschema._apply_to_array(program, node, keyword, value, instance, path, only_whether);
        else
          return query
            select * from jsonschema._apply_to_any(program, node, keyword, value, instance, path, only_whether);
      end case;
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
