-- Made by `make documents`: jsonschema.compile of the files in sql/documents, and of the columns' parts.
create function datastore.object_v1(instance jsonb)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select
    jsonb_typeof(instance) = 'object'
$function$;
comment on function datastore.object_v1(jsonb) is 'Compiled from the schema of any object. It never changes.';

create function datastore.email_v1(instance jsonb)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select
    jsonb_typeof(instance) = 'string'
    and jsonschema._is_email(instance #>> '{}')
$function$;
comment on function datastore.email_v1(jsonb) is 'Compiled from the schema of an email address. It never changes.';

create function datastore.inspection_v1(instance jsonb)
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
AS $function$
begin
  return
    jsonb_typeof(instance) = 'object'
    and coalesce(
      jsonb_typeof(instance -> 'md5') = 'string'
      and (instance ->> 'md5') collate "C" ~ '^[+/-9A-Za-z]{22}==$',
      true
    )
    and case jsonb_typeof(instance -> 'size')
      when 'number' then
          (instance -> 'size')::numeric % 1 = 0
          and (instance -> 'size')::numeric >= 1
      else instance -> 'size' is null
    end
    and coalesce(
      jsonb_typeof(instance -> 'metadata') = 'object'
      and coalesce(jsonb_typeof(instance -> 'metadata' -> 'file_name') = 'string', true)
      and coalesce(
        jsonb_typeof(instance -> 'metadata' -> 'relative_path') = 'string'
        and length(instance -> 'metadata' ->> 'relative_path') >= 1
        and length(instance -> 'metadata' ->> 'relative_path') <= 1024,
        true
      ),
      true
    )
    and coalesce(
      jsonb_typeof(instance -> 'image_data') = 'object'
      and coalesce(jsonb_typeof(instance -> 'image_data' -> 'tags') = 'object', true)
      and case jsonb_typeof(instance -> 'image_data' -> 'width')
        when 'number' then
            (instance -> 'image_data' -> 'width')::numeric % 1 = 0
            and (instance -> 'image_data' -> 'width')::numeric >= 1
        else instance -> 'image_data' -> 'width' is null
      end
      and coalesce(jsonb_typeof(instance -> 'image_data' -> 'camera') = 'string', true)
      and coalesce(jsonb_typeof(instance -> 'image_data' -> 'format') = 'string', true)
      and case jsonb_typeof(instance -> 'image_data' -> 'height')
        when 'number' then
            (instance -> 'image_data' -> 'height')::numeric % 1 = 0
            and (instance -> 'image_data' -> 'height')::numeric >= 1
        else instance -> 'image_data' -> 'height' is null
      end
      and coalesce(jsonb_typeof(instance -> 'image_data' -> 'microscope') = 'string', true)
      and coalesce(jsonb_typeof(instance -> 'image_data' -> 'resolution') = 'string', true)
      and coalesce(jsonb_typeof(instance -> 'image_data' -> 'capture_date') = 'string', true),
      true
    )
    and coalesce(
      jsonb_typeof(instance -> 'quality_check') = 'object'
      and coalesce(jsonb_typeof(instance -> 'quality_check' -> 'error_type') = 'string', true)
      and coalesce(jsonb_typeof(instance -> 'quality_check' -> 'valid_data') = 'boolean', true)
      and coalesce(jsonb_typeof(instance -> 'quality_check' -> 'quality_score') = 'number', true)
      and coalesce(jsonb_typeof(instance -> 'quality_check' -> 'image_checksum') = 'string', true),
      true
    )
    and coalesce(instance -> 'schema_version' = '1', true);
end
$function$;
comment on function datastore.inspection_v1(jsonb) is 'Compiled from inspection.v1.json. It never changes.';

create function datastore.inspection_v1_metadata(instance jsonb)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select
    jsonb_typeof(instance) = 'object'
    and coalesce(jsonb_typeof(instance -> 'file_name') = 'string', true)
    and coalesce(
      jsonb_typeof(instance -> 'relative_path') = 'string'
      and length(instance ->> 'relative_path') >= 1
      and length(instance ->> 'relative_path') <= 1024,
      true
    )
$function$;
comment on function datastore.inspection_v1_metadata(jsonb) is 'Compiled from metadata in inspection.v1.json. It never changes.';

create function datastore.inspection_v1_image_data(instance jsonb)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select
    jsonb_typeof(instance) = 'object'
    and coalesce(jsonb_typeof(instance -> 'tags') = 'object', true)
    and case jsonb_typeof(instance -> 'width')
      when 'number' then
          (instance -> 'width')::numeric % 1 = 0
          and (instance -> 'width')::numeric >= 1
      else instance -> 'width' is null
    end
    and coalesce(jsonb_typeof(instance -> 'camera') = 'string', true)
    and coalesce(jsonb_typeof(instance -> 'format') = 'string', true)
    and case jsonb_typeof(instance -> 'height')
      when 'number' then
          (instance -> 'height')::numeric % 1 = 0
          and (instance -> 'height')::numeric >= 1
      else instance -> 'height' is null
    end
    and coalesce(jsonb_typeof(instance -> 'microscope') = 'string', true)
    and coalesce(jsonb_typeof(instance -> 'resolution') = 'string', true)
    and coalesce(jsonb_typeof(instance -> 'capture_date') = 'string', true)
$function$;
comment on function datastore.inspection_v1_image_data(jsonb) is 'Compiled from image_data in inspection.v1.json. It never changes.';

create function datastore.inspection_v1_quality_check(instance jsonb)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select
    jsonb_typeof(instance) = 'object'
    and coalesce(jsonb_typeof(instance -> 'error_type') = 'string', true)
    and coalesce(jsonb_typeof(instance -> 'valid_data') = 'boolean', true)
    and coalesce(jsonb_typeof(instance -> 'quality_score') = 'number', true)
    and coalesce(jsonb_typeof(instance -> 'image_checksum') = 'string', true)
$function$;
comment on function datastore.inspection_v1_quality_check(jsonb) is 'Compiled from quality_check in inspection.v1.json. It never changes.';

create function datastore.picture_v1(instance jsonb)
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
AS $function$
begin
  return
    jsonb_typeof(instance) = 'object'
    and case jsonb_typeof(instance -> 'seed')
      when 'string' then
          length(instance ->> 'seed') >= 1
      when 'object' then
          coalesce(
            jsonb_typeof(instance -> 'seed' -> 'seed_id') = 'string'
            and jsonschema._is_uuid(instance -> 'seed' ->> 'seed_id'),
            true
          )
          and coalesce(
            jsonb_typeof(instance -> 'seed' -> 'seed_name') = 'string'
            and length(instance -> 'seed' ->> 'seed_name') >= 1,
            true
          )
      when 'null' then true
      else instance -> 'seed' is null
    end
    and (jsonb_typeof(instance -> 'seed') in ('null', 'string')
      or case jsonb_typeof(instance -> 'seed') when 'object' then instance -> 'seed' ? 'seed_id' else true end
      or case jsonb_typeof(instance -> 'seed') when 'object' then instance -> 'seed' ? 'seed_name' else true end)
    and case jsonb_typeof(instance -> 'user_data')
      when 'object' then
          case jsonb_typeof(instance -> 'user_data' -> 'zoom')
            when 'number' then
                (instance -> 'user_data' -> 'zoom')::numeric > 0
            when 'null' then true
            else instance -> 'user_data' -> 'zoom' is null
          end
          and coalesce(jsonb_typeof(instance -> 'user_data' -> 'description') in ('null', 'string'), true)
          and case jsonb_typeof(instance -> 'user_data' -> 'number_of_seeds')
            when 'number' then
                (instance -> 'user_data' -> 'number_of_seeds')::numeric % 1 = 0
                and (instance -> 'user_data' -> 'number_of_seeds')::numeric >= 0
            when 'null' then true
            else instance -> 'user_data' -> 'number_of_seeds' is null
          end
      when 'null' then true
      else instance -> 'user_data' is null
    end
    and case jsonb_typeof(instance -> 'client_data')
      when 'object' then
          case jsonb_typeof(instance -> 'client_data' -> 'client_email')
            when 'string' then
                jsonschema._is_email(instance -> 'client_data' ->> 'client_email')
            when 'null' then true
            else instance -> 'client_data' -> 'client_email' is null
          end
          and coalesce(jsonb_typeof(instance -> 'client_data' -> 'client_expertise') in ('null', 'string'), true)
      when 'null' then true
      else instance -> 'client_data' is null
    end
    and coalesce(instance -> 'schema_version' = '1', true)
    and case jsonb_typeof(instance -> 'client_feedback')
      when 'object' then
          coalesce(jsonb_typeof(instance -> 'client_feedback' -> 'historical_comparison') in ('null', 'string'), true)
          and coalesce(jsonb_typeof(instance -> 'client_feedback' -> 'correct_identification') in ('null', 'boolean'), true)
      when 'null' then true
      else instance -> 'client_feedback' is null
    end;
end
$function$;
comment on function datastore.picture_v1(jsonb) is 'Compiled from picture.v1.json. It never changes.';

create function datastore.picture_set_v1(instance jsonb)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select
    jsonb_typeof(instance) = 'object'
    and coalesce(
      jsonb_typeof(instance -> 'name') = 'string'
      and length(instance ->> 'name') >= 1
      and length(instance ->> 'name') <= 255,
      true
    )
    and coalesce(jsonb_typeof(instance -> 'acquisition') = 'object', true)
    and case jsonb_typeof(instance -> 'client_data')
      when 'object' then
          case jsonb_typeof(instance -> 'client_data' -> 'client_email')
            when 'string' then
                jsonschema._is_email(instance -> 'client_data' ->> 'client_email')
            when 'null' then true
            else instance -> 'client_data' -> 'client_email' is null
          end
          and coalesce(jsonb_typeof(instance -> 'client_data' -> 'client_expertise') in ('null', 'string'), true)
      when 'null' then true
      else instance -> 'client_data' is null
    end
    and coalesce(jsonb_typeof(instance -> 'project_name') in ('null', 'string'), true)
    and coalesce(instance -> 'schema_version' = '1', true)
    and coalesce(jsonb_typeof(instance -> 'submitter_name') in ('null', 'string'), true)
$function$;
comment on function datastore.picture_set_v1(jsonb) is 'Compiled from picture_set.v1.json. It never changes.';
