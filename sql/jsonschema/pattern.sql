-- Regular expressions of ECMA-262 (with its flag u, as JSON Schema wants) as PostgreSQL's "advanced" ones.
--
-- Only whether a pattern matches is of interest, never what it captures; that makes most of it a matter of spelling:
--
-- * A class is computed as a set of code points and spelled anew, so nothing in it can mean something else to
--   PostgreSQL ([[:alpha:]], [a[.b.]]), and nothing depends on the collation (\d, \w and \s are what ECMA-262 says).
-- * Greedy or not makes no difference to whether there is a match, so ? after a quantifier is dropped.
-- * Groups capture only where a backreference needs them.
-- * \b and \B become lookaround; ^ and $ are the ends of the string in both, without either's multi-line mode.
--
-- What cannot be said truthfully is refused: each function here gives a refusal instead of an answer.

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

create or replace function jsonschema._repeated(atom text, least_times integer, most_times integer)
  returns text
  language sql immutable parallel safe
as $$
  -- atom{least,most} (no most: null), where PostgreSQL counts to 255 only: x{600} is (?:x{200}){3}.
  select case
    when greatest(least_times, most_times) <= 255 then
      atom || '{' || least_times
      || case when most_times is null then ',' when most_times > least_times then ',' || most_times else '' end || '}'
    else
      -- what must be there, then what may be: as many blocks of 200, then the rest
      case when least_times >= 200 then '(?:' || atom || '{200}){' || least_times / 200 || '}' else '' end
      || case when least_times % 200 > 0 then atom || '{' || least_times % 200 || '}' else '' end
      || case
           when most_times is null then atom || '*'
           else case when most_times - least_times >= 200
                     then '(?:' || atom || '{0,200}){0,' || (most_times - least_times) / 200 || '}' else '' end
             || case when (most_times - least_times) % 200 > 0
                     then atom || '{0,' || (most_times - least_times) % 200 || '}' else '' end
         end
  end
$$;

-- A whole pattern: "are" for PostgreSQL, or a refusal.
create or replace function jsonschema._ecma_pattern(pattern text, out are text, out refusal text)
  language plpgsql immutable parallel safe
as $$
declare
  word_letter constant text := '[A-Za-z0-9_]';
  lookaround constant text[] := array['=', '!', '<=', '<!'];
  letters constant text[] := string_to_array(pattern, null);
  captures constant boolean := pattern ~ '\\([1-9]|k<)';
  at integer := 1;
  letter text;
  found text[];
  escape record;
  class record;
  -- one entry for each group that is open
  opened_at integer[] := '{}';         -- where it begins in "are"
  opened_as text[] := '{}';            -- what stands behind its "(?", '' where it captures
  -- backreferences
  group_names text[] := '{}';          -- of each group that captures in ECMA-262, '' without a name
  group_numbers integer[] := '{}';     -- its number in PostgreSQL, null where a reference cannot be said truthfully
  open_groups integer[] := '{}';       -- the numbers of the open groups, null for those that do not capture
  captured integer := 0;               -- how many capture in PostgreSQL
  number integer;
  -- the atom that a quantifier would follow: from where in "are", null where none may
  atom_at integer;
  atom text;
  -- how often PostgreSQL will have to write out an atom, here and before each group that is open
  size numeric := 0;
  atom_size numeric;
  sizes numeric[] := '{}';
  has_top_alternatives boolean := false;
  has_references boolean := false;
begin
  are := '';
  while at <= cardinality(letters) loop
    letter := letters[at];
    at := at + 1;
    if letter not in (')', '*', '+', '?', '{') then
      atom_size := 1;
      size := size + 1;
    end if;
    case letter
      when '^', '$' then
        are := are || letter;
        atom_at := null;
      when '|' then
        are := are || letter;
        atom_at := null;
        has_top_alternatives := has_top_alternatives or cardinality(opened_at) = 0;
      when '.' then
        atom_at := length(are);
        are := are || '[^\n\r\u2028\u2029]';
      when '[' then
        class := jsonschema._ecma_class(pattern, at);
        if class.refusal is not null then
          refusal := class.refusal;
          return;
        end if;
        atom_at := length(are);
        are := are || class.class;
        at := class.at;
      when '(' then
        -- plain, named, not capturing, or looking around
        found := regexp_match(substr(pattern, at), '^(?:\?(?:<([A-Za-z_$][A-Za-z0-9_$]*)>|(:|<?[=!])))?');
        if found[1] is null and found[2] is null and letters[at] = '?' then
          refusal := format('the group (%s has no counterpart', substr(pattern, at, 3));
          return;
        elsif found[1] = any (group_names) then
          refusal := 'two groups have one name';
          return;
        end if;
        sizes := sizes || size;
        size := 0;
        opened_at := opened_at || length(are);
        opened_as := opened_as || coalesce(found[2], '');
        if found[2] is not null then
          at := at + 1 + length(found[2]);
          open_groups := open_groups || null::integer;
          are := are || '(?' || found[2];
        else
          at := at + coalesce(length(found[1]) + 3, 0);
          group_names := group_names || coalesce(found[1], '');
          open_groups := open_groups || cardinality(group_names);
          if captures and not opened_as && lookaround then
            captured := captured + 1;
            -- inside of another group it may have been left out, or tried again
            group_numbers := group_numbers || case when cardinality(opened_at) = 1 then captured end;
            are := are || '(';
          else
            group_numbers := group_numbers || null::integer;
            are := are || '(?:';
          end if;
        end if;
        atom_at := null;
      when ')' then
        if cardinality(opened_at) = 0 then
          refusal := 'a ) closes nothing';
          return;
        end if;
        are := are || ')';
        -- lookaround cannot be repeated
        atom_at := case when opened_as[cardinality(opened_as)] <> all (lookaround)
                        then opened_at[cardinality(opened_at)] end;
        number := open_groups[cardinality(open_groups)];
        if number is not null and substr(pattern, at) ~ '^([*+?]|\{)' then
          group_numbers[number] := null;
        end if;
        atom_size := size;
        size := sizes[cardinality(sizes)] + atom_size;
        sizes := trim_array(sizes, 1);
        opened_at := trim_array(opened_at, 1);
        opened_as := trim_array(opened_as, 1);
        open_groups := trim_array(open_groups, 1);
      when '*', '+', '?', '{' then
        found := regexp_match(substr(pattern, at - 1), '^(?:[*+?]|\{([0-9]+)(?:(,)([0-9]*))?\})');
        if atom_at is null or found is null then
          refusal := format('the %s repeats nothing', letter);
          return;
        end if;
        if letter = '{' then
          if greatest(length(found[1]), length(found[3])) > 5
             or nullif(found[3], '')::integer < found[1]::integer then
            refusal := 'a repetition is out of bounds';
            return;
          end if;
          at := at + length(concat(found[1], found[2], found[3])) + 1;
          size := size + atom_size * greatest(found[1]::integer, nullif(found[3], '')::integer);
          if size > 20000 then
            refusal := 'its repetitions are too many';
            return;
          end if;
          atom := substr(are, atom_at + 1);
          if captures and greatest(found[1]::integer, nullif(found[3], '')::integer) > 255 then
            refusal := 'a repetition beyond 255 stands beside a backreference';
            return;
          end if;
          -- x{0,0} matches nothing; PostgreSQL reads it so, too
          are := left(are, atom_at) || jsonschema._repeated(atom, found[1]::integer,
                   case when found[2] is null then found[1]::integer else nullif(found[3], '')::integer end);
        else
          are := are || letter;
        end if;
        if letters[at] = '?' then
          at := at + 1;
        end if;
        atom_at := null;
      when ']', '}' then
        refusal := format('a %s closes nothing', letter);
        return;
      when '\' then
        letter := coalesce(letters[at], '');
        if letter in ('b', 'B') then
          at := at + 1;
          are := are || format(case letter when 'b' then '(?:(?<=%1$s)(?!%1$s)|(?<!%1$s)(?=%1$s))'
                                           else '(?:(?<=%1$s)(?=%1$s)|(?<!%1$s)(?!%1$s))' end, word_letter);
          atom_at := null;
        elsif letter ~ '[1-9k]' then
          found := regexp_match(substr(pattern, at), '^(?:([1-9][0-9]*)|k<([^>]+)>)');
          number := case when found[1] is not null and length(found[1]) < 4 then found[1]::integer
                         else array_position(group_names, found[2]) end;
          if number is null or number > cardinality(group_numbers) or group_numbers[number] is null
             or number = any (open_groups) or opened_as && lookaround then
            refusal := format('the backreference \%s is not to a group that has always matched',
                              coalesce(found[1], letter));
            return;
          end if;
          at := at + length(coalesce(found[1], 'k<' || found[2] || '>'));
          atom_at := length(are);
          are := are || '(?:\' || group_numbers[number] || ')';
          has_references := true;
        else
          escape := jsonschema._ecma_escape(pattern, at, false);
          if escape.refusal is not null then
            refusal := escape.refusal;
            return;
          end if;
          atom_at := length(are);
          are := are || case
            when letter in ('D', 'W', 'S', 'P') then
              jsonschema._regex_class('{[1,1114112)}'::int4multirange - escape.code_points, true)
            else jsonschema._regex_class(escape.code_points, false)
          end;
          at := escape.at;
        end if;
      else
        atom_at := length(are);
        are := are || jsonschema._regex_letter(ascii(letter), false);
    end case;
  end loop;

  if cardinality(opened_at) > 0 then
    refusal := 'a ( is not closed';
  elsif has_references and has_top_alternatives then
    refusal := 'a backreference stands beside alternatives';
  else
    -- better to fail now than at the first value
    perform '' ~ are;
  end if;
end
$$;
