-- URI references (RFC 3986) and JSON Pointers (RFC 6901), as far as $id, $anchor and $ref need them.

create or replace function jsonschema._at(pointer text, part text)
  returns text
  language sql immutable parallel safe
as $$
  -- A JSON Pointer and one part more: /a and b/c give /a/b~1c.
  select pointer || '/' || replace(replace(part, '~', '~0'), '/', '~1')
$$;

create or replace function jsonschema._pointer_parts(pointer text)
  returns text[]
  language plpgsql immutable parallel safe
as $$
-- The parts of a JSON Pointer: /a/b~1c gives {a,b/c}.
begin
  return array(
    select replace(replace(part, '~1', '/'), '~0', '~')
    from unnest(string_to_array(substr(pointer, 2), '/')) with ordinality as _(part, n)
    where pointer <> ''
    order by n);
end
$$;

create or replace function jsonschema._prefixes(pointer text)
  returns text[]
  language plpgsql immutable parallel safe
as $$
-- A JSON Pointer and those of all that it is in: /a/b gives {"",/a,/a/b}.
declare
  parts constant text[] := string_to_array(pointer, '/');
begin
  return array(
    select array_to_string(parts[1:n], '/') from generate_series(1, greatest(cardinality(parts), 1)) as n order by n);
end
$$;

create or replace function jsonschema._percent_decode(encoded text)
  returns text
  language plpgsql immutable parallel safe
as $$
-- "%C3%A9" gives "é".
declare
  bytes bytea := '';
  piece text;
begin
  if encoded !~ '%' then
    return encoded;
  end if;
  for piece in select m[1] from regexp_matches(encoded, '%[0-9A-Fa-f]{2}|[^%]+|%', 'g') as m loop
    bytes := bytes || case when piece ~ '^%..' then decode(substr(piece, 2), 'hex') else convert_to(piece, 'UTF8') end;
  end loop;
  return convert_from(bytes, 'UTF8');
end
$$;

create or replace function jsonschema._without_dot_segments(path text)
  returns text
  language plpgsql immutable parallel safe
as $$
-- RFC 3986, 5.2.4: "/a/b/../c/./d" gives "/a/c/d".
declare
  segment text;
  kept text[] := '{}';
  is_rooted boolean := path like '/%';
  ends_open boolean := path ~ '(^|/)\.{1,2}$';
begin
  foreach segment in array string_to_array(case when is_rooted then substr(path, 2) else path end, '/') loop
    if segment = '..' then
      kept := kept[1:cardinality(kept) - 1];
    elsif segment <> '.' then
      kept := kept || segment;
    end if;
  end loop;
  if ends_open then
    kept := kept || ''::text;
  end if;
  return case when is_rooted then '/' else '' end || array_to_string(kept, '/');
end
$$;

create or replace function jsonschema._resolve_uri(base text, reference text)
  returns text
  language plpgsql immutable parallel safe
as $$
-- RFC 3986, 5.2.2: what a reference means where the base is in force. The base has no fragment.
declare
  -- scheme, authority, path, query, fragment: each with its mark, null where absent
  parts constant text := '^([A-Za-z][A-Za-z0-9+.-]*:)?(//[^/?#]*)?([^?#]*)([?][^#]*)?(#.*)?$';
  b text[] := regexp_match(base, parts);
  r text[] := regexp_match(reference, parts);
  authority text := coalesce(r[2], b[2], '');
  path text := r[3];
  query text := coalesce(r[4], '');
begin
  if r[1] is not null then
    return r[1] || coalesce(r[2], '') || jsonschema._without_dot_segments(path) || query || coalesce(r[5], '');
  end if;
  if r[2] is null then
    if path = '' then
      path := b[3];
      query := coalesce(r[4], b[4], '');
    else
      if path not like '/%' then
        path := case
                  when b[2] is not null and b[3] = '' then '/'
                  else regexp_replace(b[3], '[^/]*$', '')
                end || path;
      end if;
      path := jsonschema._without_dot_segments(path);
    end if;
  end if;
  return coalesce(b[1], '') || authority || path || query || coalesce(r[5], '');
end
$$;
