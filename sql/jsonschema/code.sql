-- What the code generator writes with: constants, indentation, and conditions put together.
--
-- Constants never hold a line feed, so code may be indented by its line feeds.

-- A condition, as conjuncts that can each stand between two ANDs. For any instance but SQL's null it is true or false
-- (where it is "lenient" for somebody who takes null for false: true or not true).
create type jsonschema._code as (
  conjuncts text[],
  on_null text,      -- what it says of a null instance: 't', 'f' or 'n' for null
  loops boolean,     -- whether it has subqueries, and so cannot be inlined
  guard text         -- what keeps it from instances of other types: 'none' is needed, an 'and' will do, or a 'case'
);

create or replace function jsonschema._code(conjunct text, on_null text default 'n', loops boolean default false,
                                            guard text default 'and')
  returns jsonschema._code
  language sql immutable parallel safe
as $$
  select row(case when conjunct is null then '{}'::text[] else array[conjunct] end,
             case when conjunct is null then 't' else on_null end,
             conjunct is not null and loops,
             case when conjunct is null then 'none' else guard end)::jsonschema._code
$$;

create or replace function jsonschema._and(a jsonschema._code, b jsonschema._code)
  returns jsonschema._code
  language sql immutable parallel safe
as $$
  select row(a.conjuncts || b.conjuncts,
             case when 'f' in (a.on_null, b.on_null) then 'f' when 'n' in (a.on_null, b.on_null) then 'n' else 't' end,
             a.loops or b.loops,
             case when 'case' in (a.guard, b.guard) then 'case'
                  when 'and' in (a.guard, b.guard) then 'and' else 'none' end
            )::jsonschema._code
$$;

create or replace function jsonschema._literal(words text)
  returns text
  language sql immutable parallel safe
as $$
  -- A string constant that means the same whatever standard_conforming_strings says
  select case
    when words ~ '[\\\n\r]' then
      'E''' || replace(replace(replace(replace(words, '\', '\\'), '''', ''''''), chr(10), '\n'), chr(13), '\r') || ''''
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

create or replace function jsonschema._operand(x text)
  returns text
  language sql immutable parallel safe
as $$
  -- SQL as it can stand before an operator or a cast that binds closely
  select case when x ~ '^[a-z_0-9]+$' then x else '(' || x || ')' end
$$;

create or replace function jsonschema._indented(code text)
  returns text
  language sql immutable parallel safe
as $$
  select replace(code, chr(10), chr(10) || '  ')
$$;

create or replace function jsonschema._all_of(conjuncts text[])
  returns text
  language sql immutable parallel safe
as $$
  -- On lines of their own: a
  --                        and b
  select case when conjuncts = '{}' then 'true' else array_to_string(conjuncts, E'\nand ') end
$$;

create or replace function jsonschema._in_parentheses(code text)
  returns text
  language sql immutable parallel safe
as $$
  select case when code ~ '\n' then E'(\n  ' || jsonschema._indented(code) || E'\n)' else '(' || code || ')' end
$$;

create or replace function jsonschema._as_one(conjuncts text[])
  returns text
  language sql immutable parallel safe
as $$
  -- As it can stand after NOT, before OR and in a list: in parentheses where there are several
  select case
    when cardinality(conjuncts) <= 1 then jsonschema._all_of(conjuncts)
    when length(on_one_line) < 100 and on_one_line !~ '\n' then '(' || on_one_line || ')'
    else jsonschema._in_parentheses(jsonschema._all_of(conjuncts))
  end
  from (values (array_to_string(conjuncts, ' and '))) as _(on_one_line)
$$;

create or replace function jsonschema._if_present(code jsonschema._code, x text)
  returns jsonschema._code
  language sql immutable parallel safe
as $$
  -- The condition, or true where the instance x is null because there is none
  select case code.on_null
    when 't' then code
    when 'f' then
      jsonschema._code('(' || x || ' is null or ' || jsonschema._as_one(code.conjuncts) || ')', 't', code.loops, 'none')
    else
      jsonschema._code(
        case
          when cardinality(code.conjuncts) = 1 and code.conjuncts[1] !~ '\n' then
            'coalesce(' || code.conjuncts[1] || ', true)'
          else E'coalesce(\n  ' || jsonschema._indented(jsonschema._all_of(code.conjuncts)) || E',\n  true\n)'
        end, 't', code.loops, 'none')
  end
$$;

create or replace function jsonschema._none_fails(source text, conditions text[], conjuncts text[])
  returns jsonschema._code
  language sql immutable parallel safe
as $$
  -- No row of the source that meets the conditions fails the conjuncts. They may be null instead of false.
  select jsonschema._code(
    case when conjuncts <> '{}' then
      E'not exists (\n'
      || '  select from ' || source || E'\n'
      || '  where ' || jsonschema._indented(jsonschema._all_of(
           conditions || case
             when conjuncts = '{false}' then '{}'
             else array[jsonschema._in_parentheses(jsonschema._all_of(conjuncts)) || ' is not true']
           end)) || E'\n)'
    end, loops => true, guard => 'case')
$$;

create or replace function jsonschema._case(x text, kinds text[], results text[], otherwise text)
  returns text
  language sql immutable parallel safe
as $$
  -- A result for each kind of instance; on one line where that is short
  select case
    when cardinality(kinds) = 1 and results[1] !~ '\n' and length(spread) < 110 then
      regexp_replace(spread, '\n *', ' ', 'g')
    else spread
  end
  from (
    select 'case jsonb_typeof(' || x || ')'
           || string_agg(E'\n  when ''' || kind || ''' then'
                         || case when result ~ '\n' then E'\n    ' || jsonschema._indented(jsonschema._indented(result))
                                 else ' ' || result end, '' order by n)
           || E'\n  else ' || otherwise || E'\nend'
    from unnest(kinds, results) with ordinality as _(kind, result, n)
  ) as _(spread)
$$;

create or replace function jsonschema._matches(x_text text, are text, operator text default '~')
  returns text
  language sql immutable parallel safe
as $$
  -- The collation is named because nothing of the database's own may count
  select jsonschema._operand(x_text) || ' collate "C" ' || operator || ' ' || jsonschema._literal(are)
$$;
