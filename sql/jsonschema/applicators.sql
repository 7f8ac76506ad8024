-- The keywords that hold schemas, and those that have several things to say about an object. Each function knows those
-- of one type of instance, and is asked for no other (_check).

-- For an instance of any type. Keywords without an effect of their own are here as well.
create or replace function jsonschema._apply_to_any(
  program jsonb, node jsonb, keyword text, value jsonb, instance jsonb, path text, only_whether boolean)
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
begin
  case keyword
    when '$ref' then
      return query
        select *
        from jsonschema._check(program, program -> 'targets' -> (value #>> '{}'), instance,
          path, keyword, only_whether);

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
          format('a value that fits %s of %s schemas', case keyword when 'anyOf'
            then 'one or more' else 'exactly one' end,
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
    else
      null;
  end case;
end
$$;

-- For an array.
create or replace function jsonschema._apply_to_array(
  program jsonb, node jsonb, keyword text, value jsonb, instance jsonb, path text, only_whether boolean)
  returns setof jsonschema._finding
  language plpgsql immutable parallel safe
as $$
declare
  -- a limit for the query that looks for findings
  enough constant integer := case when only_whether then 1 else 1000 end;
  fitting integer;
  at_least numeric;
  at_most numeric;
begin
  case keyword
    when 'prefixItems' then
      return query
        select f.*
        from generate_series(0, least(jsonb_array_length(value), jsonb_array_length(instance)) - 1) as i,
          lateral jsonschema._check(program, value -> i, instance -> i, path || '/' || i, keyword, only_whether) as f
        limit enough;

    when 'items' then
      return query
        select f.*
        from jsonb_array_elements(instance) with ordinality as _(item, n),
          lateral jsonschema._check(program, value, item, path || '/' || n - 1, keyword, only_whether) as f
        where n > coalesce(jsonb_array_length(node -> 'prefixItems'), 0)
        limit enough;

    when 'contains' then
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
  end case;
end
$$;

-- For an object.
create or replace function jsonschema._apply_to_object(
  program jsonb, node jsonb, keyword text, value jsonb, instance jsonb, path text, only_whether boolean)
  returns setof jsonschema._finding
  language plpgsql immutable parallel safe
as $$
declare
  -- a limit for the query that looks for findings
  enough constant integer := case when only_whether then 1 else 1000 end;
  known text[];
  patterns text[];
begin
  case keyword
    when 'required' then
      return query
        select path, keyword, 'the key ' || jsonschema._quoted(name), 'none',
               -- it may be there, misspelt
               case when n <= 20 then name || array(select jsonb_object_keys(
                 instance - array(select jsonb_object_keys(node -> 'properties'))) limit 100) end,
               null::text, null::text[]
        from jsonb_array_elements_text(value) with ordinality as _(name, n)
        where not instance ? name
        limit enough;

    when 'dependentRequired' then
      return query
        select path, keyword, format('the key %s, since there is %s', jsonschema._quoted(name),
          jsonschema._quoted(key)),
               'none', null::text[], null::text, null::text[]
        from jsonb_each(value) as _(key, names), jsonb_array_elements_text(names) as __(name)
        where instance ? key and not instance ? name
        limit enough;

    when 'dependentSchemas' then
      return query
        select f.*
        from jsonb_each(value) as _(key, schema),
          lateral jsonschema._check(program, schema, instance, path, keyword, only_whether) as f
        where instance ? key
        limit enough;

    when 'properties' then
      return query
        select f.*
        from jsonb_each(value) as _(key, schema),
          lateral jsonschema._check(program, schema, instance -> key, jsonschema._at(path, key), keyword,
                                    only_whether) as f
        where instance ? key
        limit enough;

    when 'patternProperties' then
      return query
        select f.*
        from jsonb_each(value) as _(pattern, schema),
          jsonb_each(instance) as __(key, member),
          lateral jsonschema._check(program, schema, member, jsonschema._at(path, key), keyword, only_whether) as f
        where key collate "C" ~ (program -> 'patterns' ->> pattern)
        limit enough;

    when 'additionalProperties' then
      known := array(select jsonb_object_keys(node -> 'properties'));
      patterns := array(select program -> 'patterns' ->> p from jsonb_object_keys(node -> 'patternProperties') as p);
      if value = 'false' then
        return query
          select jsonschema._at(path, key), 'additionalProperties', 'no such key',
                 'the key ' || jsonschema._quoted(key),
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

    when 'propertyNames' then
      return query
        select f.path, 'propertyNames', 'the key to be ' || f.expected, jsonschema._quoted(key),
               null::text[], null::text, null::text[]
        from jsonb_object_keys(instance) as _(key),
          lateral jsonschema._check(program, value, jsonb_object(array['key', key]) -> 'key',
            jsonschema._at(path, key),
                                    keyword, only_whether) as f
        limit enough;
  end case;
end
$$;
