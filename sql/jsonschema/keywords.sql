-- Every keyword that is understood, in one place. Whatever is not listed here is refused, never ignored.

-- What each keyword takes: that decides how its value is checked (_misfit) and where the schemas inside it are
-- (_subschemas). In the order of the specification: any instance, numbers, strings, arrays, objects, schemas put
-- together, names and references, and annotations. Those are accepted without effect, but for writeOnly, which keeps a
-- value out of messages.
create or replace function jsonschema._keywords()
  returns jsonb
  language sql immutable parallel safe
as $$
  select jsonb '{
    "type": "types",
    "enum": "list",
    "const": "anything",

    "multipleOf": "positive number",
    "minimum": "number",
    "maximum": "number",
    "exclusiveMinimum": "number",
    "exclusiveMaximum": "number",

    "minLength": "count",
    "maxLength": "count",
    "pattern": "pattern",
    "format": "format",

    "minItems": "count",
    "maxItems": "count",
    "uniqueItems": "boolean",
    "prefixItems": "schemas",
    "items": "schema",
    "contains": "schema",
    "minContains": "count",
    "maxContains": "count",

    "minProperties": "count",
    "maxProperties": "count",
    "required": "names",
    "dependentRequired": "names by key",
    "properties": "schemas by key",
    "patternProperties": "schemas by pattern",
    "additionalProperties": "schema",
    "propertyNames": "schema",

    "dependentSchemas": "schemas by key",
    "allOf": "schemas",
    "anyOf": "schemas",
    "oneOf": "schemas",
    "not": "schema",
    "if": "schema",
    "then": "schema",
    "else": "schema",

    "$schema": "dialect",
    "$id": "identifier",
    "$anchor": "anchor",
    "$ref": "reference",
    "$defs": "schemas by key",

    "$comment": "text",
    "title": "text",
    "description": "text",
    "default": "anything",
    "examples": "list",
    "deprecated": "boolean",
    "readOnly": "boolean",
    "writeOnly": "boolean",
    "contentEncoding": "text",
    "contentMediaType": "text",
    "contentSchema": "anything"
  }'
$$;

-- The keywords whose schemas see the very instance that the keyword sees: a chain of references through them that comes
-- back to where it began would never end.
create or replace function jsonschema._in_place_keywords()
  returns text[]
  language sql immutable parallel safe
as $$
  select array['allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else', 'dependentSchemas']
$$;

-- What the value of a keyword should have been, or null where it is as it should be. What a text says (a pattern, a
-- format, a reference) and whether a schema is one are looked at where they are used.
create or replace function jsonschema._misfit(takes text, value jsonb)
  returns text
  language plpgsql immutable parallel safe
as $$
declare
  kind constant text := jsonb_typeof(value);
begin
  case takes
    when 'anything', 'schema' then
      null;
    when 'boolean' then
      if kind <> 'boolean' then
        return 'a boolean';
      end if;
    when 'text', 'pattern', 'format', 'reference', 'identifier', 'anchor', 'dialect' then
      if kind <> 'string' then
        return 'a string';
      end if;
    when 'number' then
      if kind <> 'number' then
        return 'a number';
      end if;
    when 'positive number' then
      if kind <> 'number' or value <= '0' then
        return 'a number greater than 0';
      end if;
    when 'count' then
      if kind <> 'number' then
        return 'a whole number that is not negative';
      elsif value::numeric < 0 or value::numeric % 1 <> 0 then
        return 'a whole number that is not negative';
      end if;
    when 'list' then
      if kind <> 'array' then
        return 'an array';
      end if;
    when 'types' then
      if not jsonschema._are_types(case kind when 'array' then value else jsonb_build_array(value) end) then
        return 'one of "null", "boolean", "integer", "number", "string", "array", "object", or an array of them';
      end if;
    when 'names' then
      if not jsonschema._are_names(value) then
        return 'an array of strings that differ';
      end if;
    when 'names by key' then
      if kind <> 'object' then
        return 'an object of arrays of strings that differ';
      elsif exists (select from jsonb_each(value) as entry where not jsonschema._are_names(entry.value)) then
        return 'an object of arrays of strings that differ';
      end if;
    when 'schemas' then
      if kind <> 'array' or value = '[]' then
        return 'an array of at least one schema';
      end if;
    when 'schemas by key', 'schemas by pattern' then
      if kind <> 'object' then
        return 'an object of schemas';
      end if;
  end case;
  return null;
end
$$;

create or replace function jsonschema._are_types(names jsonb)
  returns boolean
  language plpgsql immutable parallel safe
as $$
begin
  return names <@ '["null", "boolean", "integer", "number", "string", "array", "object"]'
     and jsonb_array_length(names) > 0
     and jsonschema._are_names(names);
end
$$;

create or replace function jsonschema._are_names(value jsonb)
  returns boolean
  language plpgsql immutable parallel safe
as $$
begin
  return case jsonb_typeof(value)
    when 'array' then
      (select count(*) = count(distinct name) filter (where jsonb_typeof(name) = 'string')
       from jsonb_array_elements(value) as _(name))
    else false
  end;
end
$$;
