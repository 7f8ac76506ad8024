-- The parts of a pattern that stand for sets of code points: escapes, properties and classes. See pattern.sql.

create or replace function jsonschema._unicode_property(property text)
  returns int4multirange
  language sql immutable parallel safe
as $$
  -- The code points of \p{property}: a general category by its short or long name, with or without "gc=", or one of
  -- Any, ASCII and Assigned; null for whatever else.
  select case name
    when 'Any' then '{[1,1114112)}'::int4multirange
    when 'ASCII' then '{[1,128)}'::int4multirange
    when 'Assigned' then
      (select '{[1,1114112)}'::int4multirange - code_points
       from jsonschema._unicode_categories() where short_name = 'Cn')
    else
      (select range_agg(code_point_range)
       from jsonschema._unicode_categories(), unnest(code_points) as code_point_range
       where name in (short_name, long_name)
          or short_name = any (case name
               when 'L' then '{Lu,Ll,Lt,Lm,Lo}'    when 'Letter' then '{Lu,Ll,Lt,Lm,Lo}'
               when 'LC' then '{Lu,Ll,Lt}'         when 'Cased_Letter' then '{Lu,Ll,Lt}'
               when 'M' then '{Mn,Mc,Me}'          when 'Mark' then '{Mn,Mc,Me}'
               when 'Combining_Mark' then '{Mn,Mc,Me}'
               when 'N' then '{Nd,Nl,No}'          when 'Number' then '{Nd,Nl,No}'
               when 'digit' then '{Nd}'
               when 'P' then '{Pc,Pd,Ps,Pe,Pi,Pf,Po}' when 'Punctuation' then '{Pc,Pd,Ps,Pe,Pi,Pf,Po}'
               when 'punct' then '{Pc,Pd,Ps,Pe,Pi,Pf,Po}'
               when 'S' then '{Sm,Sc,Sk,So}'       when 'Symbol' then '{Sm,Sc,Sk,So}'
               when 'Z' then '{Zs,Zl,Zp}'          when 'Separator' then '{Zs,Zl,Zp}'
               when 'C' then '{Cc,Cf,Cs,Co,Cn}'    when 'Other' then '{Cc,Cf,Cs,Co,Cn}'
               when 'cntrl' then '{Cc}'
             end::text[]))
  end
  from (values (regexp_replace(property, '^(gc|General_Category)=', ''))) as _(name)
$$;

create or replace function jsonschema._from_hex(digits text)
  returns integer
  language sql immutable parallel safe
as $$
  select ('x' || lpad(digits, 8, '0'))::bit(32)::integer
$$;

create or replace function jsonschema._regex_letter(code integer, in_class boolean)
  returns text
  language sql immutable parallel safe
as $$
  -- One code point as PostgreSQL reads it, inside or outside of a class.
  select case
    when code between 32 and 126 then
      case
        when chr(code) ~ '[A-Za-z0-9_]' then chr(code)
        when strpos(case when in_class then '[]\^-' else '^$\.*+?()[]{}|' end, chr(code)) > 0 then '\' || chr(code)
        else chr(code)
      end
    when code <= 65535 then '\u' || lpad(to_hex(code), 4, '0')
    else '\U' || lpad(to_hex(code), 8, '0')
  end
$$;

create or replace function jsonschema._regex_class(code_points int4multirange, is_negated boolean)
  returns text
  language sql immutable parallel safe
as $$
  -- A set of code points as one letter or as a class. PostgreSQL has no empty class, and text has no U+0000.
  select case
    when isempty(code_points) then case when is_negated then '[\u0001-\U0010ffff]' else '[^\u0001-\U0010ffff]' end
    when not is_negated and upper(code_points) - lower(code_points) = 1 then
      jsonschema._regex_letter(lower(code_points), false)
    else
      '[' || case when is_negated then '^' else '' end
      || (select string_agg(
                   jsonschema._regex_letter(lower(r), true)
                   || case upper(r) - lower(r)
                        when 1 then ''
                        when 2 then jsonschema._regex_letter(upper(r) - 1, true)
                        else '-' || jsonschema._regex_letter(upper(r) - 1, true)
                      end, '' order by r)
          from unnest(code_points) as r)
      || ']'
  end
$$;

-- What follows a backslash and stands for one code point of a set: \d, \n, \u{1F600}, \p{Lu}, \/ …
-- "at" is the place after the backslash, and afterwards that behind the escape.
create or replace function jsonschema._ecma_escape(pattern text, inout at integer, in_class boolean,
                                                   out code_points int4multirange, out refusal text)
  language plpgsql immutable parallel safe
as $$
declare
  all_code_points constant int4multirange := '{[1,1114112)}';
  rest constant text := substr(pattern, at);
  letter constant text := left(rest, 1);
  found text[];
  code integer;
begin
  at := at + 1;
  code_points := case lower(letter)
    when 'd' then '{[48,58)}'::int4multirange
    when 'w' then '{[48,58),[65,91),[95,96),[97,123)}'::int4multirange
    when 's' then ('{[9,14),[32,33),[160,161),[5760,5761),[8192,8203),[8232,8234),[8239,8240),[8287,8288),'
                   '[12288,12289),[65279,65280)}')::int4multirange
  end;
  if code_points is not null then
    if letter in ('D', 'W', 'S') then
      code_points := all_code_points - code_points;
    end if;
    return;
  end if;

  if letter in ('p', 'P') then
    found := regexp_match(rest, '^[pP]\{([A-Za-z0-9_=]+)\}');
    code_points := jsonschema._unicode_property(found[1]);
    if code_points is null then
      refusal := format('the property \%s is not a general category', coalesce(left(found[1], 40), letter));
      return;
    end if;
    at := at + length(found[1]) + 2;
    if letter = 'P' then
      code_points := all_code_points - code_points;
    end if;
    return;
  end if;

  if letter = 'u' then
    found := regexp_match(rest, '^u([dD][89abAB][0-9A-Fa-f]{2})\\u([dD][c-fC-F][0-9A-Fa-f]{2})');
    if found is not null then
      -- a surrogate pair
      code := 65536 + (jsonschema._from_hex(found[1]) - 55296) * 1024 + jsonschema._from_hex(found[2]) - 56320;
      at := at + 10;
    else
      found := regexp_match(rest, '^u(?:([0-9A-Fa-f]{4})|(\{0*([0-9A-Fa-f]{1,6})\}))');
      code := jsonschema._from_hex(coalesce(found[1], found[3]));
      at := at + length(coalesce(found[1], found[2], ''));
    end if;
    if code > 1114111 or code between 55296 and 57343 then
      code := null;
    end if;
  elsif letter = 'x' then
    found := regexp_match(rest, '^x([0-9A-Fa-f]{2})');
    code := jsonschema._from_hex(found[1]);
    at := at + 2;
  elsif letter = 'c' then
    found := regexp_match(rest, '^c([A-Za-z])');
    code := ascii(found[1]) % 32;
    at := at + 1;
  elsif letter = '0' then
    code := case when rest !~ '^0[0-9]' then 0 end;
  elsif letter in ('t', 'n', 'v', 'f', 'r') then
    code := case letter when 't' then 9 when 'n' then 10 when 'v' then 11 when 'f' then 12 else 13 end;
  elsif letter = 'b' and in_class then
    code := 8;
  elsif letter <> '' and (strpos('^$\.*+?()[]{}|/', letter) > 0 or (in_class and letter = '-')) then
    code := ascii(letter);
  end if;
  if code is null then
    refusal := format('\%s is no escape of ECMA-262 with its flag u', letter);
  else
    -- U+0000 is in no text, so it stands for nothing
    code_points := case when code = 0 then '{}' else int4multirange(int4range(code, code + 1)) end;
  end if;
end
$$;

-- A class, from behind its "[" to behind its "]".
create or replace function jsonschema._ecma_class(pattern text, inout at integer, out class text, out refusal text)
  language plpgsql immutable parallel safe
as $$
declare
  letters constant text[] := string_to_array(pattern, null);
  is_negated constant boolean := letters[at] = '^';
  escape record;
  members int4multirange := '{}';
  member int4multirange;
  is_single boolean;
  range_from integer;       -- set between a "-" and the member that ends its range
  last_single integer;      -- the member just read, where a range could begin with it
begin
  if is_negated then
    at := at + 1;
  end if;
  loop
    if letters[at] is null then
      refusal := 'a [ is not closed';
      return;
    elsif letters[at] = ']' then
      at := at + 1;
      exit;
    elsif letters[at] = '-' and range_from is null and last_single is not null and letters[at + 1] <> ']' then
      range_from := last_single;
      at := at + 1;
      continue;
    elsif letters[at] = '\' then
      escape := jsonschema._ecma_escape(pattern, at + 1, true);
      if escape.refusal is not null then
        refusal := escape.refusal;
        return;
      end if;
      -- \d and the like stand for many; a range cannot begin or end with them
      is_single := letters[at + 1] !~ '[dDwWsSpP]';
      at := escape.at;
      member := escape.code_points;
    else
      member := int4multirange(int4range(ascii(letters[at]), ascii(letters[at]) + 1));
      is_single := true;
      at := at + 1;
    end if;

    if range_from is not null then
      if not is_single or coalesce(lower(member), 0) < range_from then
        refusal := 'a range in a class is out of order';
        return;
      end if;
      members := members + int4multirange(int4range(greatest(range_from, 1), coalesce(lower(member), 0), '[]'));
      range_from := null;
      last_single := null;
    else
      if not is_single and letters[at] = '-' and letters[at + 1] <> ']' then
        refusal := 'a range in a class begins with a set';
        return;
      end if;
      members := members + member;
      last_single := case when is_single then coalesce(lower(member), 0) end;
    end if;
  end loop;
  class := jsonschema._regex_class(members, is_negated);
end
$$;
