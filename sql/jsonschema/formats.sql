-- The formats that are asserted: one function each, and two places that list them.
--
-- All of it is arithmetic on letters: a cast to date or timestamptz would depend on DateStyle, TimeZone and the server's
-- version, and a check constraint may depend on none of them. COLLATE "C" keeps the collation of the database out.
--
-- Compiled functions call these by name, and rows at rest were let in by them: none of them may ever become stricter, or a
-- dump would not restore. What accepts less is a new function, to be named in _formats.

-- The formats, the function that checks each, and what to say when it says no.
create or replace function jsonschema._formats()
  returns table (format text, predicate text, expected text)
  language sql immutable parallel safe
as $$
  values
    ('date',      'jsonschema._is_date',      'a date that exists, such as 2024-02-29'),
    ('time',      'jsonschema._is_time',      'a time with its offset, such as 13:45:00Z or 13:45:00.5+02:00'),
    ('date-time', 'jsonschema._is_date_time', 'a date and time with its offset, such as 2024-02-29T13:45:00Z'),
    ('duration',  'jsonschema._is_duration',  'a duration, such as P1DT12H or P2W'),
    ('email',     'jsonschema._is_email',     'an email address, such as ana@example.org'),
    ('hostname',  'jsonschema._is_hostname',  'a host name, such as www.example.org'),
    ('ipv4',      'jsonschema._is_ipv4',      'an IPv4 address, such as 192.0.2.1'),
    ('ipv6',      'jsonschema._is_ipv6',      'an IPv6 address, such as 2001:db8::1'),
    ('uri',       'jsonschema._is_uri',       'a URI with its scheme, such as https://example.org/a'),
    ('uuid',      'jsonschema._is_uuid',      'a UUID, such as f81d4fae-7dec-11d0-a765-00a0c91e6bf6')
$$;

create or replace function jsonschema._is_date(value text)
  returns boolean
  language sql immutable parallel safe
as $$
  -- RFC 3339, full-date: long months, short months, February, and the 29th of it in leap years
  select value collate "C" ~ ('^(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])'
                              '|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)'
                              '|02-(?:0[1-9]|1[0-9]|2[0-8]))'
                              '|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)$')
$$;

create or replace function jsonschema._is_time(value text)
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

create or replace function jsonschema._is_date_time(value text)
  returns boolean
  language plpgsql immutable parallel safe
as $$
begin
  return substr(value, 11, 1) in ('T', 't')
     and jsonschema._is_date(left(value, 10))
     and jsonschema._is_time(substr(value, 12));
end
$$;

create or replace function jsonschema._is_duration(value text)
  returns boolean
  language sql immutable parallel safe
as $$
  -- RFC 3339, appendix A: no unit may be left out between two others, and weeks stand alone
  select value collate "C" ~ ('^P(?:[0-9]+W'
                              '|(?:[0-9]+Y(?:[0-9]+M(?:[0-9]+D)?)?|[0-9]+M(?:[0-9]+D)?|[0-9]+D)'
                              '(?:T(?:[0-9]+H(?:[0-9]+M(?:[0-9]+S)?)?|[0-9]+M(?:[0-9]+S)?|[0-9]+S))?'
                              '|T(?:[0-9]+H(?:[0-9]+M(?:[0-9]+S)?)?|[0-9]+M(?:[0-9]+S)?|[0-9]+S))$')
$$;

create or replace function jsonschema._is_hostname(value text)
  returns boolean
  language sql immutable parallel safe
as $$
  -- RFC 1123, 2.1: labels of up to 63 letters, digits and inner hyphens
  select length(value) <= 253
     and value collate "C" ~ ('^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
                              '(?:[.][A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$')
$$;

create or replace function jsonschema._is_ipv4(value text)
  returns boolean
  language sql immutable parallel safe
as $$
  -- RFC 2673, 3.2: four decimal bytes without leading zeros
  select value collate "C" ~ ('^(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])'
                              '(?:[.](?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])){3}$')
$$;

create or replace function jsonschema._is_ipv6(value text)
  returns boolean
  language plpgsql immutable parallel safe
as $$
-- RFC 4291, 2.2: eight groups, the last two perhaps as an IPv4 address; or fewer with one "::" for those left out
declare
  address text := value collate "C";
begin
  if address ~ '[.]' then
    if not jsonschema._is_ipv4(substring(address from '[^:]*$')) then
      return false;
    end if;
    address := regexp_replace(address, ':[^:]*$', ':0:0');
  end if;
  return address ~ '^[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){7}$'
      or address ~ '^(?:[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4})*)?::(?:[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4})*)?$'
         and regexp_count(address, '[0-9A-Fa-f]+') <= 7;
end
$$;

create or replace function jsonschema._is_email(value text)
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
           when domain not like '[%]' then jsonschema._is_hostname(domain)
           when domain like '[IPv6:%' then jsonschema._is_ipv6(substr(domain, 7, length(domain) - 7))
           else jsonschema._is_ipv4(substr(domain, 2, length(domain) - 2))
         end;
end
$$;

create or replace function jsonschema._is_uri(value text)
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
            || '(?://(?:' || in_user || '*@)?(?:' || address || '|' || in_name || '*)(?::[0-9]*)?(?:/' || in_path || '*)*'
            || '|/?(?:' || in_path || '+(?:/' || in_path || '*)*)?)'
            || '(?:[?]' || in_query || '*)?(?:#' || in_query || '*)?$')
     -- a bracket can only be that of an address
     and case when value collate "C" ~ '[[][^vV]'
              then jsonschema._is_ipv6(substring(value collate "C" from '[[]([^]]*)[]]'))
              else true end;
end
$$;

create or replace function jsonschema._is_uuid(value text)
  returns boolean
  language sql immutable parallel safe
as $$
  -- RFC 4122, 3
  select value collate "C" ~ '^[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}$'
$$;

create or replace function jsonschema._is_of_format(format text, value text)
  returns boolean
  language plpgsql immutable parallel safe
as $$
begin
  return case format
    when 'date' then jsonschema._is_date(value)
    when 'time' then jsonschema._is_time(value)
    when 'date-time' then jsonschema._is_date_time(value)
    when 'duration' then jsonschema._is_duration(value)
    when 'email' then jsonschema._is_email(value)
    when 'hostname' then jsonschema._is_hostname(value)
    when 'ipv4' then jsonschema._is_ipv4(value)
    when 'ipv6' then jsonschema._is_ipv6(value)
    when 'uri' then jsonschema._is_uri(value)
    when 'uuid' then jsonschema._is_uuid(value)
  end;
end
$$;
