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
