-- The formats that are asserted: what checks each, and two places that list them.
--
-- Compiled functions call the checks by name, and rows at rest were let in by them. So a check that a release has never
-- changes: formats.v1.sql is frozen then. A repaired check is a new function, _is_email_2 in formats.v2.sql, that
-- stands here in the place of the old one; what was compiled before calls the old one, and what is compiled from then
-- on the new.

-- The formats, the function that checks each, and what to say when it says no.
create or replace function jsonschema._formats()
  returns table (format text, predicate text, expected text)
  language sql immutable parallel safe
as $$
  values
    ('date',      'jsonschema._is_date_1',      'a date that exists, such as 2024-02-29'),
    ('time',      'jsonschema._is_time_1',      'a time with its offset, such as 13:45:00Z or 13:45:00.5+02:00'),
    ('date-time', 'jsonschema._is_date_time_1', 'a date and time with its offset, such as 2024-02-29T13:45:00Z'),
    ('duration',  'jsonschema._is_duration_1',  'a duration, such as P1DT12H or P2W'),
    ('email',     'jsonschema._is_email_1',     'an email address, such as ana@example.org'),
    ('hostname',  'jsonschema._is_hostname_1',  'a host name, such as www.example.org'),
    ('ipv4',      'jsonschema._is_ipv4_1',      'an IPv4 address, such as 192.0.2.1'),
    ('ipv6',      'jsonschema._is_ipv6_1',      'an IPv6 address, such as 2001:db8::1'),
    ('uri',       'jsonschema._is_uri_1',       'a URI with its scheme, such as https://example.org/a'),
    ('uuid',      'jsonschema._is_uuid_1',      'a UUID, such as f81d4fae-7dec-11d0-a765-00a0c91e6bf6')
$$;

create or replace function jsonschema._is_of_format(format text, value text)
  returns boolean
  language plpgsql immutable parallel safe
as $$
begin
  return case format
    when 'date' then jsonschema._is_date_1(value)
    when 'time' then jsonschema._is_time_1(value)
    when 'date-time' then jsonschema._is_date_time_1(value)
    when 'duration' then jsonschema._is_duration_1(value)
    when 'email' then jsonschema._is_email_1(value)
    when 'hostname' then jsonschema._is_hostname_1(value)
    when 'ipv4' then jsonschema._is_ipv4_1(value)
    when 'ipv6' then jsonschema._is_ipv6_1(value)
    when 'uri' then jsonschema._is_uri_1(value)
    when 'uuid' then jsonschema._is_uuid_1(value)
  end;
end
$$;
