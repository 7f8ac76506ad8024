-- Made by `make documents` from picture.v1.json. Once released it never changes.

create function datastore.picture_v1(instance jsonb)
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
    and case jsonb_typeof(instance -> 'seed')
      when 'null' then true
      when 'string' then instance ->> 'seed' <> ''
      when 'object' then
        coalesce(
          jsonb_typeof(instance -> 'seed' -> 'seed_id') = 'string'
          and jsonschema._is_uuid_1(instance -> 'seed' ->> 'seed_id'),
          true
        )
        and coalesce(
          jsonb_typeof(instance -> 'seed' -> 'seed_name') = 'string'
          and instance -> 'seed' ->> 'seed_name' <> '',
          true
        )
      else instance -> 'seed' is null
    end
    and (
      jsonb_typeof(instance -> 'seed') in ('null', 'string')
      or case jsonb_typeof(instance -> 'seed') when 'object' then instance -> 'seed' ? 'seed_id' else true end
      or case jsonb_typeof(instance -> 'seed') when 'object' then instance -> 'seed' ? 'seed_name' else true end
    )
    and case jsonb_typeof(instance -> 'user_data')
      when 'null' then true
      when 'object' then
        case jsonb_typeof(instance -> 'user_data' -> 'zoom')
          when 'null' then true
          when 'number' then instance -> 'user_data' -> 'zoom' > '0'
          else instance -> 'user_data' -> 'zoom' is null
        end
        and coalesce(jsonb_typeof(instance -> 'user_data' -> 'description') in ('null', 'string'), true)
        and case jsonb_typeof(instance -> 'user_data' -> 'number_of_seeds')
          when 'null' then true
          when 'number' then
            (instance -> 'user_data' -> 'number_of_seeds')::numeric % 1 = 0
            and instance -> 'user_data' -> 'number_of_seeds' >= '0'
          else instance -> 'user_data' -> 'number_of_seeds' is null
        end
      else instance -> 'user_data' is null
    end
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
    and coalesce(instance -> 'schema_version' = '1', true)
    and case jsonb_typeof(instance -> 'client_feedback')
      when 'null' then true
      when 'object' then
        coalesce(jsonb_typeof(instance -> 'client_feedback' -> 'historical_comparison') in ('null', 'string'), true)
        and coalesce(jsonb_typeof(instance -> 'client_feedback' -> 'correct_identification') in ('null', 'boolean'), true)
      else instance -> 'client_feedback' is null
    end
  ) is not true then
    return false;
  end if;
  return true;
end
$function$;
comment on function datastore.picture_v1(jsonb) is 'Compiled from picture.v1.json. It never changes.';

insert into datastore.document_schema (kind, version, schema)
values ('picture', 1, $json$
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Picture, version 1",
  "description": "What people said about a picture, and what a machine knows about it. Keys marked readOnly are filled by the datastore: a value sent for one is kept in the history as claimed, whatever it is.",
  "type": "object",
  "properties": {
    "schema_version": {
      "description": "The version of this document's schema; absent means 1.",
      "const": 1
    },
    "user_data": {
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "description": {
          "type": [
            "string",
            "null"
          ]
        },
        "number_of_seeds": {
          "type": [
            "integer",
            "null"
          ],
          "minimum": 0
        },
        "zoom": {
          "description": "Magnification, times.",
          "type": [
            "number",
            "null"
          ],
          "exclusiveMinimum": 0
        }
      }
    },
    "seed": {
      "description": "The species that the picture is known to show: its name, or its id (or both, if they agree).",
      "type": [
        "string",
        "object",
        "null"
      ],
      "minLength": 1,
      "properties": {
        "seed_id": {
          "type": "string",
          "format": "uuid"
        },
        "seed_name": {
          "type": "string",
          "minLength": 1
        }
      },
      "anyOf": [
        {
          "type": [
            "string",
            "null"
          ]
        },
        {
          "required": [
            "seed_id"
          ]
        },
        {
          "required": [
            "seed_name"
          ]
        }
      ]
    },
    "client_data": {
      "description": "Who took the picture.",
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
    "client_feedback": {
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "correct_identification": {
          "type": [
            "boolean",
            "null"
          ]
        },
        "historical_comparison": {
          "type": [
            "string",
            "null"
          ]
        }
      }
    },
    "metadata": {
      "readOnly": true,
      "properties": {
        "upload_date": {},
        "file_name": {},
        "relative_path": {}
      }
    },
    "image_data": {
      "readOnly": true,
      "properties": {
        "format": {},
        "width": {},
        "height": {},
        "resolution": {},
        "source": {},
        "parent": {},
        "size": {},
        "tags": {},
        "capture_date": {},
        "camera": {},
        "microscope": {},
        "pixel_size": {},
        "bit_depth": {},
        "channels": {},
        "pages": {}
      }
    },
    "quality_check": {
      "readOnly": true,
      "properties": {
        "image_checksum": {},
        "upload_check": {},
        "valid_data": {},
        "error_type": {},
        "quality_score": {}
      }
    },
    "classification_data": {
      "readOnly": true,
      "properties": {
        "model": {},
        "prediction": {},
        "confidence_score": {}
      }
    },
    "child_data": {
      "readOnly": true,
      "properties": {
        "children": {},
        "count": {}
      }
    },
    "error_handling": {
      "readOnly": true,
      "properties": {
        "feedback": {},
        "correction_applied": {},
        "error_details": {}
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
    "labels": {
      "readOnly": true
    },
    "picture_id": {
      "readOnly": true
    },
    "picture_set_id": {
      "readOnly": true
    }
  }
}
$json$);
