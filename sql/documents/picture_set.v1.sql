-- Made by `make documents` from picture_set.v1.json. Once released it never changes.

create function datastore.picture_set_v1(instance jsonb)
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
      jsonb_typeof(instance -> 'name') = 'string'
      and instance ->> 'name' <> ''
      and length(instance ->> 'name') <= 255,
      true
    )
    and coalesce(jsonb_typeof(instance -> 'acquisition') = 'object', true)
    and case jsonb_typeof(instance -> 'client_data')
      when 'null' then true
      when 'object' then
        case jsonb_typeof(instance -> 'client_data' -> 'client_email')
          when 'null' then true
          when 'string' then jsonschema._is_email_1(instance -> 'client_data' ->> 'client_email')
          else instance -> 'client_data' -> 'client_email' is null
        end
        and coalesce(jsonb_typeof(instance -> 'client_data' -> 'client_expertise') in ('null', 'string'), true)
      else instance -> 'client_data' is null
    end
    and coalesce(jsonb_typeof(instance -> 'project_name') in ('null', 'string'), true)
    and coalesce(instance -> 'schema_version' = '1', true)
    and coalesce(jsonb_typeof(instance -> 'submitter_name') in ('null', 'string'), true)
  ) is not true then
    return false;
  end if;
  return true;
end
$function$;
comment on function datastore.picture_set_v1(jsonb) is 'Compiled from picture_set.v1.json. It never changes.';

insert into datastore.document_schema (kind, version, schema)
values ('picture_set', 1, $json$
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Picture set, version 1",
  "description": "A folder of pictures: who took them, for what, and how. Keys marked readOnly are filled by the datastore.",
  "type": "object",
  "properties": {
    "schema_version": {
      "description": "The version of this document's schema; absent means 1.",
      "const": 1
    },
    "name": {
      "description": "What people call the set; without one it is named by its id.",
      "type": "string",
      "minLength": 1,
      "maxLength": 255
    },
    "project_name": {
      "type": [
        "string",
        "null"
      ]
    },
    "submitter_name": {
      "type": [
        "string",
        "null"
      ]
    },
    "client_data": {
      "description": "Who took the pictures.",
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "client_email": {
          "type": [
            "string",
            "null"
          ],
          "format": "email"
        },
        "client_expertise": {
          "type": [
            "string",
            "null"
          ]
        }
      }
    },
    "acquisition": {
      "description": "How the pictures were taken: microscope, camera, lighting, …",
      "type": "object"
    },
    "image_data_picture_set": {
      "readOnly": true,
      "properties": {
        "number_of_images": {}
      }
    },
    "audit_trail": {
      "readOnly": true,
      "properties": {
        "upload_date": {},
        "edited_by": {},
        "edit_date": {},
        "change_log": {},
        "access_log": {},
        "privacy_flag": {}
      }
    },
    "picture_set_id": {
      "readOnly": true
    },
    "container_name": {
      "readOnly": true
    },
    "pictures": {
      "readOnly": true
    }
  }
}
$json$);
