-- Words for people: what was found, and which known key an unknown one may have been meant for.

create or replace function jsonschema._shortened(words text, most integer default 60)
  returns text
  language sql immutable parallel safe
as $$
  select case when length(words) > most then left(words, most) || '…' else words end
$$;

create or replace function jsonschema._json_string(words text)
  returns text
  language sql immutable parallel safe
as $$
  -- As JSON writes it; to_jsonb does so, too, but is only stable
  select case when words is not null then (jsonb_object(array['', words]) -> '')::text end
$$;

create or replace function jsonschema._quoted(words text, most integer default 60)
  returns text
  language sql immutable parallel safe
as $$
  -- A string as JSON writes it, cut to a readable length
  select case when length(words) > most then left(jsonschema._json_string(left(words, most)), -1) || '…"'
              else jsonschema._json_string(words) end
$$;

create or replace function jsonschema._listed(words text[], conjunction text default 'or')
  returns text
  language plpgsql immutable parallel safe
as $$
-- {a,b,c} gives: a, b or c
begin
  return case cardinality(words)
    when 0 then 'nothing'
    when 1 then words[1]
    else array_to_string(words[1:cardinality(words) - 1], ', ') || ' ' || conjunction || ' '
      || words[cardinality(words)]
  end;
end
$$;

create or replace function jsonschema._counted(n numeric, noun text)
  returns text
  language plpgsql immutable parallel safe
as $$
begin
  return n || ' ' || noun || case when n = 1 then '' else 's' end;
end
$$;

create or replace function jsonschema._described(instance jsonb)
  returns text
  language plpgsql immutable parallel safe
as $$
-- What is there, in a few words: scalars as they are, arrays and objects by their size only.
begin
  return case jsonb_typeof(instance)
    when 'string' then 'the string ' || jsonschema._quoted(instance #>> '{}')
    when 'number' then 'the number ' || jsonschema._shortened(instance #>> '{}', 40)
    when 'array' then 'an array of ' || jsonschema._counted(jsonb_array_length(instance), 'item')
    when 'object' then 'an object of ' || jsonschema._counted((select count(*) from jsonb_object_keys(instance)), 'key')
    else instance::text
  end;
end
$$;

create or replace function jsonschema._distance(a text, b text)
  returns integer
  language plpgsql immutable parallel safe
as $$
-- The number of letters to insert, delete, replace or swap with their neighbour to get from a to b. The caller keeps
-- both short: the time goes with the product of the lengths.
declare
  n constant integer := length(b);
  letters_a constant text[] := string_to_array(a, null);
  letters_b constant text[] := string_to_array(b, null);
  before_last integer[];
  last integer[];
  this integer[] := array(select generate_series(0, n));
  cost integer;
begin
  for i in 1 .. length(a) loop
    before_last := last;
    last := this;
    this[1] := i;
    for j in 1 .. n loop
      cost := case when letters_a[i] = letters_b[j] then 0 else 1 end;
      this[j + 1] := least(last[j + 1] + 1, this[j] + 1, last[j] + cost);
      if i > 1 and j > 1 and letters_a[i] = letters_b[j - 1] and letters_a[i - 1] = letters_b[j] then
        this[j + 1] := least(this[j + 1], before_last[j - 1] + 1);
      end if;
    end loop;
  end loop;
  return this[n + 1];
end
$$;

create or replace function jsonschema._nearest(word text, known text[])
  returns text
  language sql immutable parallel safe
as $$
  -- The known word that the given one was probably meant to be, or null. Case, underscores, hyphens and blanks do not
  -- count; beyond that a third of the letters may differ. Long words are not compared, and of a long list of known
  -- words only the first: this is called on whatever a client sends.
  select candidate
  from (
    select candidate, n, jsonschema._distance(bare_word, bare) as distance
    from unnest(known[1:100]) with ordinality as _(candidate, n),
      lateral (select lower(translate(candidate, '_- ', '')) as bare,
                      lower(translate(left(word, 64), '_- ', '')) as bare_word) as __
    where length(word) <= 40 and length(candidate) <= 40 and abs(length(bare) - length(bare_word)) <= 3
  ) as measured
  where distance <= greatest(1, length(word) / 3)
    and distance < length(candidate)
  order by distance, n
  limit 1
$$;
