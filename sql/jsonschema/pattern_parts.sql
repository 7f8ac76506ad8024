-- The parts of a regular expression that are more than a character: groups, quantifiers, escapes. Each function reads
-- one and writes it as PostgreSQL wants it; how they are spelled, and why, stands in pattern.sql.

-- What is known of a pattern up to the place where it is read.
create type jsonschema._pattern as (
  pattern text,
  at integer,                    -- the place of the next character
  are text,                      -- what PostgreSQL will read
  refusal text,
  captures boolean,              -- does a backreference need groups that capture?
  -- one entry for each group that is open
  opened_at integer[],           -- where it begins in "are"
  opened_as text[],              -- what stands behind its "(?", '' where it captures
  open_groups integer[],         -- its number, null for those that do not capture
  -- backreferences
  group_names text[],            -- of each group that captures in ECMA-262, '' without a name
  group_numbers integer[],       -- its number in PostgreSQL, null where a reference cannot be said truthfully
  captured integer,              -- how many capture in PostgreSQL
  has_references boolean,
  has_top_alternatives boolean,
  -- the atom that a quantifier would follow: from where in "are", null where none may
  atom_at integer,
  -- how often PostgreSQL will have to write out an atom, here and before each group that is open
  size numeric,
  atom_size numeric,
  sizes numeric[]
);

create or replace function jsonschema._lookaround()
  returns text[]
  language sql immutable parallel safe
as $$
  -- What stands behind the "(?" of a group that looks around
  select array['=', '!', '<=', '<!']
$$;

-- Behind a "(": plain, named, not capturing, or looking around.
create or replace function jsonschema._open_group(inout p jsonschema._pattern)
  language plpgsql immutable parallel safe
as $$
declare
  found text[];
begin
  found := regexp_match(substr(p.pattern, p.at), '^(?:\?(?:<([A-Za-z_$][A-Za-z0-9_$]*)>|(:|<?[=!])))?');
  if found[1] is null and found[2] is null and substr(p.pattern, p.at, 1) = '?' then
    p.refusal := format('the group (%s has no counterpart', substr(p.pattern, p.at, 3));
    return;
  elsif found[1] = any (p.group_names) then
    p.refusal := 'two groups have one name';
    return;
  end if;
  p.sizes := p.sizes || p.size;
  p.size := 0;
  p.opened_at := p.opened_at || length(p.are);
  p.opened_as := p.opened_as || coalesce(found[2], '');
  if found[2] is not null then
    p.at := p.at + 1 + length(found[2]);
    p.open_groups := p.open_groups || null::integer;
    p.are := p.are || '(?' || found[2];
  else
    p.at := p.at + coalesce(length(found[1]) + 3, 0);
    p.group_names := p.group_names || coalesce(found[1], '');
    p.open_groups := p.open_groups || cardinality(p.group_names);
    if p.captures and not p.opened_as && jsonschema._lookaround() then
      p.captured := p.captured + 1;
      -- inside of another group it may have been left out, or tried again
      p.group_numbers := p.group_numbers || case when cardinality(p.opened_at) = 1 then p.captured end;
      p.are := p.are || '(';
    else
      p.group_numbers := p.group_numbers || null::integer;
      p.are := p.are || '(?:';
    end if;
  end if;
  p.atom_at := null;
end
$$;

-- Behind a ")".
create or replace function jsonschema._close_group(inout p jsonschema._pattern)
  language plpgsql immutable parallel safe
as $$
declare
  number integer;
begin
  if cardinality(p.opened_at) = 0 then
    p.refusal := 'a ) closes nothing';
    return;
  end if;
  p.are := p.are || ')';
  -- lookaround cannot be repeated
  p.atom_at := case when p.opened_as[cardinality(p.opened_as)] <> all (jsonschema._lookaround())
                  then p.opened_at[cardinality(p.opened_at)] end;
  number := p.open_groups[cardinality(p.open_groups)];
  if number is not null and substr(p.pattern, p.at) ~ '^([*+?]|\{)' then
    p.group_numbers[number] := null;
  end if;
  p.atom_size := p.size;
  p.size := p.sizes[cardinality(p.sizes)] + p.atom_size;
  p.sizes := trim_array(p.sizes, 1);
  p.opened_at := trim_array(p.opened_at, 1);
  p.opened_as := trim_array(p.opened_as, 1);
  p.open_groups := trim_array(p.open_groups, 1);
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

-- Behind the first character of a quantifier.
create or replace function jsonschema._repeat_atom(inout p jsonschema._pattern)
  language plpgsql immutable parallel safe
as $$
declare
  letter constant text := substr(p.pattern, p.at - 1, 1);
  found text[];
  atom text;
begin
  found := regexp_match(substr(p.pattern, p.at - 1), '^(?:[*+?]|\{([0-9]+)(?:(,)([0-9]*))?\})');
  if p.atom_at is null or found is null then
    p.refusal := format('the %s repeats nothing', letter);
    return;
  end if;
  if letter = '{' then
    if greatest(length(found[1]), length(found[3])) > 5
       or nullif(found[3], '')::integer < found[1]::integer then
      p.refusal := 'a repetition is out of bounds';
      return;
    end if;
    p.at := p.at + length(concat(found[1], found[2], found[3])) + 1;
    p.size := p.size + p.atom_size * greatest(found[1]::integer, nullif(found[3], '')::integer);
    if p.size > 20000 then
      p.refusal := 'its repetitions are too many';
      return;
    end if;
    atom := substr(p.are, p.atom_at + 1);
    if p.captures and greatest(found[1]::integer, nullif(found[3], '')::integer) > 255 then
      p.refusal := 'a repetition beyond 255 stands beside a backreference';
      return;
    end if;
    -- x{0,0} matches nothing; PostgreSQL reads it so, too
    p.are := left(p.are, p.atom_at) || jsonschema._repeated(atom, found[1]::integer,
             case when found[2] is null then found[1]::integer else nullif(found[3], '')::integer end);
  else
    p.are := p.are || letter;
  end if;
  if substr(p.pattern, p.at, 1) = '?' then
    p.at := p.at + 1;
  end if;
  p.atom_at := null;
end
$$;

-- Behind the "\" of a backreference.
create or replace function jsonschema._refer_to_group(inout p jsonschema._pattern)
  language plpgsql immutable parallel safe
as $$
declare
  letter constant text := substr(p.pattern, p.at, 1);
  found text[];
  number integer;
begin
  found := regexp_match(substr(p.pattern, p.at), '^(?:([1-9][0-9]*)|k<([^>]+)>)');
  number := case when found[1] is not null and length(found[1]) < 4 then found[1]::integer
                 else array_position(p.group_names, found[2]) end;
  if number is null or number > cardinality(p.group_numbers) or p.group_numbers[number] is null
     or number = any (p.open_groups) or p.opened_as && jsonschema._lookaround() then
    p.refusal := format('the backreference \%s is not to a group that has always matched',
                      coalesce(found[1], letter));
    return;
  end if;
  p.at := p.at + length(coalesce(found[1], 'k<' || found[2] || '>'));
  p.atom_at := length(p.are);
  p.are := p.are || '(?:\' || p.group_numbers[number] || ')';
  p.has_references := true;
end
$$;

-- Behind a "\".
create or replace function jsonschema._add_escape(inout p jsonschema._pattern)
  language plpgsql immutable parallel safe
as $$
declare
  word_letter constant text := '[A-Za-z0-9_]';
  letter constant text := substr(p.pattern, p.at, 1);
  escape record;
begin
  if letter in ('b', 'B') then
    p.at := p.at + 1;
    p.are := p.are || format(case letter when 'b' then '(?:(?<=%1$s)(?!%1$s)|(?<!%1$s)(?=%1$s))'
                                     else '(?:(?<=%1$s)(?=%1$s)|(?<!%1$s)(?!%1$s))' end, word_letter);
    p.atom_at := null;
  elsif letter ~ '[1-9k]' then
    p := jsonschema._refer_to_group(p);
  else
    escape := jsonschema._ecma_escape(p.pattern, p.at, false);
    if escape.refusal is not null then
      p.refusal := escape.refusal;
      return;
    end if;
    p.atom_at := length(p.are);
    p.are := p.are || case
      when letter in ('D', 'W', 'S', 'P') then
        jsonschema._regex_class('{[1,1114112)}'::int4multirange - escape.code_points, true)
      else jsonschema._regex_class(escape.code_points, false)
    end;
    p.at := escape.at;
  end if;
end
$$;
