-- Made by `make documents` from email.v1.json. Once released it never changes.

create function datastore.email_v1(instance jsonb)
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  if instance is null then
    return null;
  end if;
  instance := instance #> '{}';  -- unpacked once, where it comes compressed from a table
  if (
    jsonb_typeof(instance) = 'string'
    and jsonschema._is_email_1(instance #>> '{}')
  ) is not true then
    return false;
  end if;
  return true;
end
$function$;
comment on function datastore.email_v1(jsonb) is 'Compiled from email.v1.json. It never changes.';
