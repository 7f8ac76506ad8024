-- The keywords that look at one value and hold no schema: what each expected, where it is not so.

create or replace function jsonschema._assertion(keyword text, value jsonb, instance jsonb, kind text, program jsonb,
                                                 out expected text, out actual text)
  language plpgsql immutable parallel safe
as $$
-- Both null where the instance is as the keyword wants it, and for keywords that assert nothing by themselves. "actual"
-- is null where the value itself says it best.
declare
  size numeric;
begin
  case keyword
    when 'type' then
      if not jsonschema._is_of_type(value, instance, kind) then
        expected := jsonschema._listed(array(
          select jsonschema._with_article(name)
          from jsonb_array_elements_text(
                 case when jsonb_typeof(value) = 'array' then value else jsonb_build_array(value) end) as _(name)));
      end if;
    when 'enum' then
      if not exists (select from jsonb_array_elements(value) as _(allowed) where allowed = instance) then
        expected := 'one of ' || jsonschema._shortened(
          (select coalesce(string_agg(jsonschema._shortened(allowed::text), ', ' order by n), 'no value at all')
           from jsonb_array_elements(value) with ordinality as _(allowed, n) where n <= 40), 1000);
      end if;
    when 'const' then
      if instance <> value then
        expected := jsonschema._shortened(value::text, 200);
      end if;

    when 'multipleOf' then
      if kind = 'number' and not jsonschema._is_multiple(instance::numeric, value::numeric) then
        expected := 'a multiple of ' || value::text;
      end if;
    when 'minimum' then
      if kind = 'number' and instance::numeric < value::numeric then
        expected := 'a number of at least ' || value::text;
      end if;
    when 'maximum' then
      if kind = 'number' and instance::numeric > value::numeric then
        expected := 'a number of at most ' || value::text;
      end if;
    when 'exclusiveMinimum' then
      if kind = 'number' and instance::numeric <= value::numeric then
        expected := 'a number greater than ' || value::text;
      end if;
    when 'exclusiveMaximum' then
      if kind = 'number' and instance::numeric >= value::numeric then
        expected := 'a number less than ' || value::text;
      end if;

    when 'minLength', 'maxLength' then
      if kind = 'string' then
        size := length(instance #>> '{}');
        if keyword = 'minLength' and size < value::numeric then
          expected := 'a string of at least ' || jsonschema._counted(trunc(value::numeric), 'character');
        elsif keyword = 'maxLength' and size > value::numeric then
          expected := 'a string of at most ' || jsonschema._counted(trunc(value::numeric), 'character');
        end if;
        actual := jsonschema._counted(size, 'character') || ': ' || jsonschema._quoted(instance #>> '{}');
      end if;
    when 'pattern' then
      if kind = 'string' and (instance #>> '{}') collate "C" !~ (program -> 'patterns' ->> (value #>> '{}')) then
        expected := 'a string that matches ' || jsonschema._shortened(value #>> '{}', 200);
      end if;
    when 'format' then
      if kind = 'string' and not jsonschema._is_of_format(value #>> '{}', instance #>> '{}') then
        expected := (select f.expected from jsonschema._formats() as f where f.format = value #>> '{}');
      end if;

    when 'minItems' then
      if kind = 'array' and jsonb_array_length(instance) < value::numeric then
        expected := 'an array of at least ' || jsonschema._counted(trunc(value::numeric), 'item');
      end if;
    when 'maxItems' then
      if kind = 'array' and jsonb_array_length(instance) > value::numeric then
        expected := 'an array of at most ' || jsonschema._counted(trunc(value::numeric), 'item');
      end if;
    when 'uniqueItems' then
      if kind = 'array' and value = 'true' then
        actual := jsonschema._equal_items(instance);
        expected := case when actual is not null then 'items that differ' end;
      end if;

    when 'minProperties' then
      if kind = 'object' and (select count(*) from jsonb_object_keys(instance)) < value::numeric then
        expected := 'an object of at least ' || jsonschema._counted(trunc(value::numeric), 'key');
      end if;
    when 'maxProperties' then
      if kind = 'object' and (select count(*) from jsonb_object_keys(instance)) > value::numeric then
        expected := 'an object of at most ' || jsonschema._counted(trunc(value::numeric), 'key');
      end if;
    else
      null;
  end case;
end
$$;

create or replace function jsonschema._equal_items(instance jsonb)
  returns text
  language plpgsql immutable parallel safe
as $$
-- The first two items of an array that are equal, in words; null where all differ
begin
  return (
    select format('items %s and %s to be equal', first, second)
    from (
      select n - 1 as second, lag(n - 1) over same as first
      from jsonb_array_elements(instance) with ordinality as _(item, n)
      window same as (partition by item order by n)
    ) as pairs
    where first is not null
    order by first, second
    limit 1);
end
$$;

create or replace function jsonschema._with_article(type_name text)
  returns text
  language sql immutable parallel safe
as $$
  select case
    when type_name = 'null' then 'null'
    when left(type_name, 1) in ('a', 'i', 'o') then 'an ' || type_name
    else 'a ' || type_name
  end
$$;

create or replace function jsonschema._is_of_type(types jsonb, instance jsonb, kind text)
  returns boolean
  language sql immutable parallel safe
as $$
  -- "types" is a name or an array of names; 6.0 is an integer
  select case
    when types ? kind then true
    when kind = 'number' and types ? 'integer' then instance::numeric % 1 = 0
    else false
  end
$$;

create or replace function jsonschema._is_multiple(value numeric, divisor numeric)
  returns boolean
  language sql immutable parallel safe
as $$
  select value % divisor = 0
$$;
