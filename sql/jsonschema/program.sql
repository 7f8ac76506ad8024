-- A schema made ready: read once, refused where it says something that is not understood, its references resolved and
-- its patterns translated. The interpreter and the compiler both start from the result, a "program":
--
--     {"schema":     the schema, where each $ref has become the JSON Pointer of its target,
--      "targets":    {each such pointer: the schema there},
--      "references": [[the pointer of each schema with a $ref, that of its target], …],
--      "patterns":   {each pattern as it was written: the same for PostgreSQL}}

create or replace function jsonschema._refuse(keyword text, place text, why text)
  returns void
  language plpgsql immutable parallel safe
as $$
-- The one way to say that a schema asks for something that is not supported.
begin
  raise feature_not_supported using
    message = 'JSON Schema: ' || jsonschema._quoted(keyword) || ' at ' || jsonschema._quoted(place, 400)
              || ' is not supported: ' || why;
end
$$;

-- A schema and all schemas inside it: each with its place as a JSON Pointer, the keyword that holds it and the place of
-- the schema that has that keyword, and the URI that its references are relative to. Raises for what is not understood.
create or replace function jsonschema._subschemas(schema jsonb, place text, via text, parent text, base text)
  returns table (at text, node jsonb, held_by text, inside text, base_uri text)
  language plpgsql immutable parallel safe
as $$
declare
  keyword text;
  value jsonb;
  takes text;
  keyword_at text;
  misfit text;
  nearest text;
begin
  if jsonb_typeof(schema) not in ('object', 'boolean') then
    raise invalid_parameter_value using
      message = format('JSON Schema: at %s there must be a schema, an object or a boolean, and there is %s',
                       jsonschema._quoted(place, 400), jsonschema._described(schema));
  elsif length(place) > 10000 then
    raise program_limit_exceeded using message = 'JSON Schema: the schema is nested too deep';
  end if;

  if jsonb_typeof(schema) = 'object' and schema ? '$id' then
    -- "#" with nothing behind it says nothing
    base := jsonschema._resolve_uri(base, regexp_replace(schema ->> '$id', '#$', ''));
  end if;
  return query values (place, schema, via, parent, base);
  if jsonb_typeof(schema) = 'boolean' then
    return;
  end if;

  for keyword, value in select * from jsonb_each(schema) loop
    keyword_at := jsonschema._at(place, keyword);
    takes := jsonschema._keywords() ->> keyword;
    if takes is null then
      nearest := jsonschema._nearest(keyword, array(select jsonb_object_keys(jsonschema._keywords())));
      perform jsonschema._refuse(keyword, keyword_at,
                                 'the keyword is unknown' || coalesce('; is "' || nearest || '" meant?', ''));
    end if;
    misfit := jsonschema._misfit(takes, value);
    if misfit is not null then
      raise invalid_parameter_value using
        message = format('JSON Schema: %s at %s must be %s, and is %s', jsonschema._quoted(keyword),
                         jsonschema._quoted(keyword_at, 400), misfit, jsonschema._described(value));
    end if;

    case takes
      when 'schema' then
        return query select * from jsonschema._subschemas(value, keyword_at, keyword, place, base);
      when 'schemas' then
        return query
          select s.*
          from jsonb_array_elements(value) with ordinality as _(item, n),
            lateral jsonschema._subschemas(item, keyword_at || '/' || n - 1, keyword, place, base) as s;
      when 'schemas by key', 'schemas by pattern' then
        return query
          select s.*
          from jsonb_each(value) as entry,
            lateral jsonschema._subschemas(entry.value, jsonschema._at(keyword_at, entry.key),
              keyword, place, base) as s;
      when 'format' then
        if not exists (select from jsonschema._formats() where format = value #>> '{}') then
          perform jsonschema._refuse(keyword, keyword_at,
                                     'the format ' || jsonschema._quoted(value #>> '{}') || ' is unknown');
        end if;
      when 'dialect' then
        if value #>> '{}' !~ '^https?://json-schema[.]org/draft/2020-12/schema#?$' then
          perform jsonschema._refuse(keyword, keyword_at,
                                     'only draft 2020-12 is, not ' || jsonschema._quoted(value #>> '{}'));
        end if;
      when 'identifier' then
        if value #>> '{}' ~ '#.' then
          perform jsonschema._refuse(keyword, keyword_at, 'an identifier has no fragment');
        end if;
      else
        null;
    end case;
  end loop;
end
$$;

create or replace function jsonschema._program(schema jsonb)
  returns jsonb
  language plpgsql immutable parallel safe
as $$
declare
  -- every schema of the document; the arrays go together
  places text[];
  nodes jsonb[];
  keywords text[];
  parents text[];
  bases text[];
  -- what stands as a key or a string somewhere, and may be a keyword; saves most of the work for most schemas
  words constant text := schema::text;
  has_references constant boolean := words ~ '"[$]ref"';
  resolved jsonb := schema;
  refs jsonb := '[]';
  targets jsonb := '{}';
  patterns jsonb := '{}';
  reference record;
begin
  select array_agg(s.at), array_agg(s.node), array_agg(s.held_by), array_agg(s.inside), array_agg(s.base_uri)
  into places, nodes, keywords, parents, bases
  from jsonschema._subschemas(schema, '', null, null, '') as s;

  if words ~ '"[$](id|anchor)"' then
    perform jsonschema._refuse_ambiguous(places, nodes, bases);
  end if;
  if has_references then
    refs := jsonschema._references(places, nodes, bases);
    perform jsonschema._refuse_endless(refs, places, keywords, parents);
    for reference in select r ->> 0 as place, r -> 1 as target from jsonb_array_elements(refs) as _(r) loop
      resolved := jsonb_set(resolved, jsonschema._pointer_parts(reference.place || '/$ref'), reference.target);
    end loop;
    select coalesce(jsonb_object_agg(target, resolved #> jsonschema._pointer_parts(target)), '{}')
    into targets
    from jsonb_array_elements(refs) as _(r), lateral (values (r ->> 1)) as __(target);
  end if;
  if words ~ '"pattern(Properties)?"' then
    patterns := jsonschema._patterns(places, nodes);
  end if;
  return jsonb_build_object('schema', resolved, 'targets', targets, 'references', refs, 'patterns', patterns);
end
$$;

create or replace function jsonschema._refuse_ambiguous(places text[], nodes jsonb[], bases text[])
  returns void
  language plpgsql immutable parallel safe
as $$
-- An $id, or an $anchor in what has that $id, names one schema only.
declare
  ambiguous record;
begin
  select name, min(place) as first, max(place) as second
  into ambiguous
  from unnest(places, nodes, bases) as s(place, node, base),
    lateral (values (case when s.node ? '$id' then s.base end),
      (s.base || '#' || (s.node ->> '$anchor'))) as named(name)
  where jsonb_typeof(s.node) = 'object' and named.name is not null
  group by name
  having count(*) > 1
  order by name collate "C"
  limit 1;
  if ambiguous.name is not null then
    raise invalid_parameter_value using
      message = format('JSON Schema: %s is the name of two schemas, at %s and %s', jsonschema._quoted(ambiguous.name),
                       jsonschema._quoted(ambiguous.first, 400), jsonschema._quoted(ambiguous.second, 400));
  end if;
end
$$;

create or replace function jsonschema._references(places text[], nodes jsonb[], bases text[])
  returns jsonb
  language plpgsql immutable parallel safe
as $$
-- Where each $ref stands and where it leads, as pointers: [["/properties/a", "/$defs/a"], …].
declare
  refs jsonb := '[]';
  reference record;
  uri text;
  fragment text;
  target text;
begin
  for reference in
    select place, node ->> '$ref' as value, base
    from unnest(places, nodes, bases) as s(place, node, base)
    where jsonb_typeof(node) = 'object' and node ? '$ref'
  loop
    uri := jsonschema._resolve_uri(reference.base, reference.value);
    fragment := coalesce(jsonschema._percent_decode(substring(uri from '#(.*)$')), '');
    uri := regexp_replace(uri, '#.*$', '');
    target := (
      select case when fragment = '' or fragment like '/%' then place || fragment end
      from unnest(places, nodes, bases) as s(place, node, base)
      where base = uri and (place = '' or node ? '$id'));
    target := coalesce(target, (
      select place
      from unnest(places, nodes, bases) as s(place, node, base)
      where base = uri and node ->> '$anchor' = fragment));
    if target is null or target <> all (places) then
      perform jsonschema._refuse('$ref', reference.place || '/$ref',
                                 jsonschema._quoted(reference.value) || ' is not a schema in this document');
    end if;
    refs := refs || jsonb_build_array(jsonb_build_array(reference.place, target));
  end loop;
  return refs;
end
$$;

create or replace function jsonschema._refuse_endless(refs jsonb, places text[], keywords text[], parents text[])
  returns void
  language plpgsql immutable parallel safe
as $$
-- A reference that leads back to itself without going into the instance would be followed for ever.
declare
  endless text;
begin
  with recursive
    reference(here, there) as (
      select r ->> 0, r ->> 1 from jsonb_array_elements(refs) as _(r)
    ),
    step(here, there) as (
      select here, there from reference
      union
      select parent, place
      from unnest(places, keywords, parents) as s(place, keyword, parent)
      where keyword = any (jsonschema._in_place_keywords())
    ),
    reached(start, here) as (
      select here, there from reference
      union
      select reached.start, step.there from reached join step using (here)
    )
  select min(start) into endless from reached where start = here;
  if endless is not null then
    perform jsonschema._refuse('$ref', endless || '/$ref', 'it leads back to itself without going into the instance');
  end if;
end
$$;

create or replace function jsonschema._patterns(places text[], nodes jsonb[])
  returns jsonb
  language plpgsql immutable parallel safe
as $$
-- Each pattern with its translation.
declare
  patterns jsonb := '{}';
  pattern record;
  translated record;
begin
  for pattern in
    select 'pattern' as keyword, place || '/pattern' as place, node ->> 'pattern' as ecma
    from unnest(places, nodes) as s(place, node)
    where jsonb_typeof(node) = 'object' and node ? 'pattern'
    union all
    select 'patternProperties', jsonschema._at(place || '/patternProperties', key), key
    from unnest(places, nodes) as s(place, node), jsonb_object_keys(node -> 'patternProperties') as key
    where jsonb_typeof(node) = 'object'
  loop
    continue when patterns ? pattern.ecma;
    translated := jsonschema._ecma_pattern(pattern.ecma);
    if translated.refusal is not null then
      perform jsonschema._refuse(pattern.keyword, pattern.place, translated.refusal);
    end if;
    patterns := patterns || jsonb_build_object(pattern.ecma, translated.are);
  end loop;
  return patterns;
end
$$;
