-- Made by `make documents` from inspection.v1.json. Once released it never changes.

create function datastore.inspection_v1(instance jsonb)
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
    jsonb_typeof(instance) = 'object'
    and coalesce(
      jsonb_typeof(instance -> 'md5') = 'string'
      and (instance ->> 'md5') collate "C" ~ '^[+/-9A-Za-z]{22}==$',
      true
    )
    and case jsonb_typeof(instance -> 'size')
      when 'number' then
        (instance -> 'size')::numeric % 1 = 0
        and instance -> 'size' >= '1'
      else instance -> 'size' is null
    end
    and coalesce(
      jsonb_typeof(instance -> 'metadata') = 'object'
      and coalesce(jsonb_typeof(instance -> 'metadata' -> 'file_name') = 'string', true)
      and coalesce(
        jsonb_typeof(instance -> 'metadata' -> 'relative_path') = 'string'
        and instance -> 'metadata' ->> 'relative_path' <> ''
        and length(instance -> 'metadata' ->> 'relative_path') <= 1024,
        true
      ),
      true
    )
    and coalesce(
      jsonb_typeof(instance -> 'image_data') = 'object'
      and coalesce(jsonb_typeof(instance -> 'image_data' -> 'tags') = 'object', true)
      and case jsonb_typeof(instance -> 'image_data' -> 'pages')
        when 'number' then
          (instance -> 'image_data' -> 'pages')::numeric % 1 = 0
          and instance -> 'image_data' -> 'pages' >= '1'
        else instance -> 'image_data' -> 'pages' is null
      end
      and case jsonb_typeof(instance -> 'image_data' -> 'width')
        when 'number' then
          (instance -> 'image_data' -> 'width')::numeric % 1 = 0
          and instance -> 'image_data' -> 'width' >= '1'
        else instance -> 'image_data' -> 'width' is null
      end
      and coalesce(jsonb_typeof(instance -> 'image_data' -> 'camera') = 'string', true)
      and coalesce(jsonb_typeof(instance -> 'image_data' -> 'format') = 'string', true)
      and case jsonb_typeof(instance -> 'image_data' -> 'height')
        when 'number' then
          (instance -> 'image_data' -> 'height')::numeric % 1 = 0
          and instance -> 'image_data' -> 'height' >= '1'
        else instance -> 'image_data' -> 'height' is null
      end
      and case jsonb_typeof(instance -> 'image_data' -> 'channels')
        when 'number' then
          (instance -> 'image_data' -> 'channels')::numeric % 1 = 0
          and instance -> 'image_data' -> 'channels' >= '1'
        else instance -> 'image_data' -> 'channels' is null
      end
      and case jsonb_typeof(instance -> 'image_data' -> 'bit_depth')
        when 'number' then
          (instance -> 'image_data' -> 'bit_depth')::numeric % 1 = 0
          and instance -> 'image_data' -> 'bit_depth' >= '1'
        else instance -> 'image_data' -> 'bit_depth' is null
      end
      and coalesce(jsonb_typeof(instance -> 'image_data' -> 'microscope') = 'string', true)
      and coalesce(
        jsonb_typeof(instance -> 'image_data' -> 'pixel_size') = 'object'
        and coalesce(jsonb_typeof(instance -> 'image_data' -> 'pixel_size' -> 'x') = 'number', true)
        and coalesce(jsonb_typeof(instance -> 'image_data' -> 'pixel_size' -> 'y') = 'number', true)
        and coalesce(jsonb_typeof(instance -> 'image_data' -> 'pixel_size' -> 'z') = 'number', true)
        and coalesce(jsonb_typeof(instance -> 'image_data' -> 'pixel_size' -> 'unit') = 'string', true),
        true
      )
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
    and coalesce(instance -> 'schema_version' = '1', true)
  ) is not true then
    return false;
  end if;
  return true;
end
$function$;
comment on function datastore.inspection_v1(jsonb) is 'Compiled from inspection.v1.json. It never changes.';

create function datastore.inspection_v1_metadata(instance jsonb)
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
    jsonb_typeof(instance) = 'object'
    and coalesce(jsonb_typeof(instance -> 'file_name') = 'string', true)
    and coalesce(
      jsonb_typeof(instance -> 'relative_path') = 'string'
      and instance ->> 'relative_path' <> ''
      and length(instance ->> 'relative_path') <= 1024,
      true
    )
  ) is not true then
    return false;
  end if;
  return true;
end
$function$;
comment on function datastore.inspection_v1_metadata(jsonb) is 'Compiled from metadata in inspection.v1.json. It never changes.';

create function datastore.inspection_v1_image_data(instance jsonb)
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
    jsonb_typeof(instance) = 'object'
    and coalesce(jsonb_typeof(instance -> 'tags') = 'object', true)
    and case jsonb_typeof(instance -> 'pages')
      when 'number' then
        (instance -> 'pages')::numeric % 1 = 0
        and instance -> 'pages' >= '1'
      else instance -> 'pages' is null
    end
    and case jsonb_typeof(instance -> 'width')
      when 'number' then
        (instance -> 'width')::numeric % 1 = 0
        and instance -> 'width' >= '1'
      else instance -> 'width' is null
    end
    and coalesce(jsonb_typeof(instance -> 'camera') = 'string', true)
    and coalesce(jsonb_typeof(instance -> 'format') = 'string', true)
    and case jsonb_typeof(instance -> 'height')
      when 'number' then
        (instance -> 'height')::numeric % 1 = 0
        and instance -> 'height' >= '1'
      else instance -> 'height' is null
    end
    and case jsonb_typeof(instance -> 'channels')
      when 'number' then
        (instance -> 'channels')::numeric % 1 = 0
        and instance -> 'channels' >= '1'
      else instance -> 'channels' is null
    end
    and case jsonb_typeof(instance -> 'bit_depth')
      when 'number' then
        (instance -> 'bit_depth')::numeric % 1 = 0
        and instance -> 'bit_depth' >= '1'
      else instance -> 'bit_depth' is null
    end
    and coalesce(jsonb_typeof(instance -> 'microscope') = 'string', true)
    and coalesce(
      jsonb_typeof(instance -> 'pixel_size') = 'object'
      and coalesce(jsonb_typeof(instance -> 'pixel_size' -> 'x') = 'number', true)
      and coalesce(jsonb_typeof(instance -> 'pixel_size' -> 'y') = 'number', true)
      and coalesce(jsonb_typeof(instance -> 'pixel_size' -> 'z') = 'number', true)
      and coalesce(jsonb_typeof(instance -> 'pixel_size' -> 'unit') = 'string', true),
      true
    )
    and coalesce(jsonb_typeof(instance -> 'resolution') = 'string', true)
    and coalesce(jsonb_typeof(instance -> 'capture_date') = 'string', true)
  ) is not true then
    return false;
  end if;
  return true;
end
$function$;
comment on function datastore.inspection_v1_image_data(jsonb) is 'Compiled from image_data in inspection.v1.json. It never changes.';

create function datastore.inspection_v1_quality_check(instance jsonb)
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
    jsonb_typeof(instance) = 'object'
    and coalesce(jsonb_typeof(instance -> 'error_type') = 'string', true)
    and coalesce(jsonb_typeof(instance -> 'valid_data') = 'boolean', true)
    and coalesce(jsonb_typeof(instance -> 'quality_score') = 'number', true)
    and coalesce(jsonb_typeof(instance -> 'image_checksum') = 'string', true)
  ) is not true then
    return false;
  end if;
  return true;
end
$function$;
comment on function datastore.inspection_v1_quality_check(jsonb) is 'Compiled from quality_check in inspection.v1.json. It never changes.';

insert into datastore.document_schema (kind, version, schema)
values ('inspection', 1, $json$
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Inspection of a picture's file, version 1",
  "description": "What a machine found in the file: the sections of the picture's document that the datastore fills, and what its blob must be.",
  "type": "object",
  "properties": {
    "schema_version": {
      "description": "The version of this document's schema; absent means 1.",
      "const": 1
    },
    "size": {
      "description": "Bytes.",
      "type": "integer",
      "minimum": 1
    },
    "md5": {
      "description": "MD5 in base64, as the header Content-MD5 has it.",
      "type": "string",
      "pattern": "^[A-Za-z0-9+/]{22}==$"
    },
    "metadata": {
      "$anchor": "metadata",
      "type": "object",
      "properties": {
        "file_name": {
          "type": "string"
        },
        "relative_path": {
          "description": "Path inside the uploaded folder; what the picture is known by again.",
          "type": "string",
          "minLength": 1,
          "maxLength": 1024
        }
      }
    },
    "image_data": {
      "$anchor": "image_data",
      "type": "object",
      "properties": {
        "format": {
          "type": "string"
        },
        "width": {
          "description": "Pixels.",
          "type": "integer",
          "minimum": 1
        },
        "height": {
          "description": "Pixels.",
          "type": "integer",
          "minimum": 1
        },
        "resolution": {
          "type": "string"
        },
        "capture_date": {
          "type": "string"
        },
        "camera": {
          "type": "string"
        },
        "microscope": {
          "type": "string"
        },
        "pixel_size": {
          "description": "Of one pixel, in the unit; z: from one page to the next.",
          "type": "object",
          "properties": {
            "x": {
              "type": "number"
            },
            "y": {
              "type": "number"
            },
            "z": {
              "type": "number"
            },
            "unit": {
              "type": "string"
            }
          }
        },
        "bit_depth": {
          "description": "Bits of one channel of a pixel.",
          "type": "integer",
          "minimum": 1
        },
        "channels": {
          "type": "integer",
          "minimum": 1
        },
        "pages": {
          "description": "Pages, frames or planes.",
          "type": "integer",
          "minimum": 1
        },
        "tags": {
          "type": "object"
        }
      }
    },
    "quality_check": {
      "$anchor": "quality_check",
      "type": "object",
      "properties": {
        "image_checksum": {
          "description": "SHA-256 in hex.",
          "type": "string"
        },
        "valid_data": {
          "type": "boolean"
        },
        "error_type": {
          "type": "string"
        },
        "quality_score": {
          "type": "number"
        }
      }
    }
  }
}
$json$);
