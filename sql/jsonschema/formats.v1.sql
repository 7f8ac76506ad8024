-- The checks of formats, first version: see formats.sql.
--
-- All of it is arithmetic on letters: a cast to date or timestamptz would depend on DateStyle, TimeZone and the
-- server's version, and a check constraint may depend on none of them. COLLATE "C" keeps the collation of the database
-- out.

create or replace function jsonschema._is_date_1(value text)
  returns boolean
  language sql immutable parallel safe
as $$
  -- RFC 3339, full-date: long months, short months, February, and the 29th of it in leap years
  select value collate "C" ~ ('^(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])'
                              '|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)'
                              '|02-(?:0[1-9]|1[0-9]|2[0-8]))'
                              '|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)$')
$$;

create or replace function jsonschema._is_time_1(value text)
  returns boolean
  language plpgsql immutable parallel safe
as $$
-- RFC 3339, full-time. A leap second is the last one of a day in UTC: 23:59:60Z, and 01:29:60+01:30.
begin
  return case
    when not value collate "C" ~ ('^(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:[.][0-9]+)?'
                                  '(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$')
      then false
    when substr(value, 7, 2) <> '60' then true
    when right(value, 1) in ('Z', 'z') then left(value, 5) = '23:59'
    else
      (substr(value, 1, 2)::integer * 60 + substr(value, 4, 2)::integer
       - (left(right(value, 6), 3)::integer * 60 + (left(right(value, 6), 1) || right(value, 2))::integer)
       + 1440) % 1440 = 1439
  end;
end
$$;

create or replace function jsonschema._is_date_time_1(value text)
  returns boolean
  language plpgsql immutable parallel safe
as $$
begin
  return substr(value, 11, 1) in ('T', 't')
     and jsonschema._is_date_1(left(value, 10))
     and jsonschema._is_time_1(substr(value, 12));
end
$$;

create or replace function jsonschema._is_duration_1(value text)
  returns boolean
  language sql immutable parallel safe
as $$
  -- RFC 3339, appendix A: no unit may be left out between two others, and weeks stand alone
  select value collate "C" ~ ('^P(?:[0-9]+W'
                              '|(?:[0-9]+Y(?:[0-9]+M(?:[0-9]+D)?)?|[0-9]+M(?:[0-9]+D)?|[0-9]+D)'
                              '(?:T(?:[0-9]+H(?:[0-9]+M(?:[0-9]+S)?)?|[0-9]+M(?:[0-9]+S)?|[0-9]+S))?'
                              '|T(?:[0-9]+H(?:[0-9]+M(?:[0-9]+S)?)?|[0-9]+M(?:[0-9]+S)?|[0-9]+S))$')
$$;

create or replace function jsonschema._is_domain_1(value text)
  returns boolean
  language sql immutable parallel safe
as $$
  -- RFC 1123, 2.1: labels of up to 63 letters, digits and inner hyphens
  select length(value) <= 253
     and value collate "C" ~ ('^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
                              '(?:[.][A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$')
$$;

-- The text that Punycode (RFC 3492, 6.2) in lower case stands for, with X for each letter that is not in ASCII,
-- whatever the encoding of the database; null where it stands for none.
create or replace function jsonschema._shape_of_punycode_1(encoded text)
  returns text
  language plpgsql immutable parallel safe
as $$
declare
  decoded text := coalesce(substring(encoded from '^(.*)-'), '');
  digits constant text := lower(regexp_replace(encoded, '^.*-', ''));
  code bigint := 128;
  place bigint := 0;
  before bigint;
  weight bigint;
  threshold integer;
  bias integer := 72;
  k integer;
  digit integer;
  next integer := 1;
  delta bigint;
begin
  while next <= length(digits) loop
    before := place;
    weight := 1;
    k := 36;
    loop
      digit := strpos('abcdefghijklmnopqrstuvwxyz0123456789', substr(digits, next, 1)) - 1;
      if next > length(digits) or digit < 0 then
        return null;
      end if;
      next := next + 1;
      place := place + digit * weight;
      threshold := least(greatest(k - bias, 1), 26);
      exit when digit < threshold;
      weight := weight * (36 - threshold);
      k := k + 36;
      if place > 2000000000 or weight > 2000000000 then
        return null;
      end if;
    end loop;
    delta := (place - before) / case when before = 0 then 700 else 2 end;
    delta := delta + delta / (length(decoded) + 1);
    bias := 0;
    while delta > 455 loop
      delta := delta / 35;
      bias := bias + 36;
    end loop;
    bias := bias + 36 * delta / (delta + 38);
    code := code + place / (length(decoded) + 1);
    place := place % (length(decoded) + 1);
    if code > 1114111 or code between 55296 and 57343 then
      return null;
    end if;
    decoded := overlay(decoded placing 'X' from place::integer + 1 for 0);
    place := place + 1;
  end loop;
  return decoded;
end
$$;

create or replace function jsonschema._is_hostname_1(value text)
  returns boolean
  language plpgsql immutable parallel safe
as $$
-- RFC 1123, 2.1, and RFC 5890, 2.3.1: hyphens in the third and fourth place are those of xn-- before Punycode, for a
-- label that is not plain letters and has no such hyphens itself. Which letters IDNA allows in it is not asked.
declare
  label text;
begin
  if jsonschema._is_domain_1(value) is not true or value collate "C" !~ '(^|[.])..--' then
    return jsonschema._is_domain_1(value);
  end if;
  foreach label in array string_to_array(lower(value collate "C"), '.') loop
    if label like '__--%' then
      label := case when starts_with(label, 'xn--') then jsonschema._shape_of_punycode_1(substr(label, 5)) end;
      if label is null or label collate "C" ~ '^[^X]*$|^-|-$|^..--' then
        return false;
      end if;
    end if;
  end loop;
  return true;
end
$$;

create or replace function jsonschema._is_ipv4_1(value text)
  returns boolean
  language sql immutable parallel safe
as $$
  -- RFC 2673, 3.2: four decimal bytes without leading zeros
  select value collate "C" ~ ('^(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])'
                              '(?:[.](?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])){3}$')
$$;

create or replace function jsonschema._is_ipv6_1(value text)
  returns boolean
  language plpgsql immutable parallel safe
as $$
-- RFC 4291, 2.2: eight groups, the last two perhaps as an IPv4 address; or fewer with one "::" for those left out
declare
  address text := value collate "C";
begin
  if address ~ '[.]' then
    if not jsonschema._is_ipv4_1(substring(address from '[^:]*$')) then
      return false;
    end if;
    address := regexp_replace(address, ':[^:]*$', ':0:0');
  end if;
  return address ~ '^[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){7}$'
      or address ~ '^(?:[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4})*)?::(?:[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4})*)?$'
         and regexp_count(address, '[0-9A-Fa-f]+') <= 7;
end
$$;

create or replace function jsonschema._is_email_1(value text)
  returns boolean
  language plpgsql immutable parallel safe
as $$
-- RFC 5321, Mailbox: a dot-atom or a quoted string of up to 64 letters, then a host name or an address in brackets
declare
  domain constant text := substring(value collate "C" from '[^@]*$');
  local_part constant text := left(value, -length(domain) - 1);
begin
  return length(local_part) <= 64
     and value = local_part || '@' || domain
     and local_part collate "C"
         ~ (E'^(?:[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+(?:[.][A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+)*'
             '|"(?:[ !#-[\\]-~]|\\\\[ -~])*")$')
     and case
           when domain not like '[%]' then jsonschema._is_domain_1(domain)
           when domain like '[IPv6:%' then jsonschema._is_ipv6_1(substr(domain, 7, length(domain) - 7))
           else jsonschema._is_ipv4_1(substr(domain, 2, length(domain) - 2))
         end;
end
$$;

create or replace function jsonschema._is_uri_1(value text)
  returns boolean
  language plpgsql immutable parallel safe
as $$
-- RFC 3986, URI: the scheme; authority and path, or a path alone; query and fragment
declare
  escaped constant text := '%[0-9A-Fa-f]{2}';
  in_name constant text := '(?:[A-Za-z0-9._~!$&''()*+,;=-]|' || escaped || ')';
  in_user constant text := '(?:[A-Za-z0-9._~!$&''()*+,;=:-]|' || escaped || ')';
  in_path constant text := '(?:[A-Za-z0-9._~!$&''()*+,;=:@-]|' || escaped || ')';
  in_query constant text := '(?:[A-Za-z0-9._~!$&''()*+,;=:@/?-]|' || escaped || ')';
  address constant text := '[[](?:[0-9A-Fa-f:.]+|[vV][0-9A-Fa-f]+[.][A-Za-z0-9._~!$&''()*+,;=:-]+)[]]';
begin
  return value collate "C"
         ~ ('^[A-Za-z][A-Za-z0-9+.-]*:'
            || '(?://(?:' || in_user || '*@)?(?:' || address || '|' || in_name || '*)(?::[0-9]*)?'
            || '(?:/' || in_path || '*)*'
            || '|/?(?:' || in_path || '+(?:/' || in_path || '*)*)?)'
            || '(?:[?]' || in_query || '*)?(?:#' || in_query || '*)?$')
     -- a bracket can only be that of an address
     and case when value collate "C" ~ '[[][^vV]'
              then jsonschema._is_ipv6_1(substring(value collate "C" from '[[]([^]]*)[]]'))
              else true end;
end
$$;

create or replace function jsonschema._is_uuid_1(value text)
  returns boolean
  language sql immutable parallel safe
as $$
  -- RFC 4122, 3
  select value collate "C" ~ '^[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}$'
$$;
