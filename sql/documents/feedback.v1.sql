-- Made by `make documents` from feedback.v1.json. Once released it never changes.

create function datastore.feedback_v1(instance jsonb)
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  the_boxes jsonb;
  the_boxes_item jsonb;
begin
  if instance is null then
    return null;
  end if;
  instance := instance #> '{}';  -- unpacked once, where it comes compressed from a table
  if jsonb_typeof(instance) <> 'object' then
    return false;
  end if;
  if (
    instance ? 'boxes'
    and case jsonb_typeof(instance -> 'userId')
      when 'null' then true
      when 'string' then jsonschema._is_uuid_1(instance ->> 'userId')
      else instance -> 'userId' is null
    end
    and jsonb_typeof(instance -> 'inferenceId') = 'string'
    and jsonschema._is_uuid_1(instance ->> 'inferenceId')
    and coalesce(instance -> 'schema_version' = '1', true)
  ) is not true then
    return false;
  end if;
  the_boxes := instance -> 'boxes';
  if jsonb_typeof(the_boxes) <> 'array' then
    return false;
  end if;
  if (jsonb_array_length(the_boxes) <= 5000) is not true then
    return false;
  end if;
  for i in 0 .. jsonb_array_length(the_boxes) - 1 loop
    the_boxes_item := the_boxes -> i;
    if (
      jsonb_typeof(the_boxes_item) = 'object'
      and case jsonb_typeof(the_boxes_item -> 'box')
        when 'null' then true
        when 'object' then
          the_boxes_item -> 'box' ?& array['topX', 'topY', 'bottomX', 'bottomY']
          and jsonb_typeof(the_boxes_item -> 'box' -> 'topX') = 'number'
          and the_boxes_item -> 'box' -> 'topX' >= '0'
          and jsonb_typeof(the_boxes_item -> 'box' -> 'topY') = 'number'
          and the_boxes_item -> 'box' -> 'topY' >= '0'
          and jsonb_typeof(the_boxes_item -> 'box' -> 'bottomX') = 'number'
          and the_boxes_item -> 'box' -> 'bottomX' >= '0'
          and jsonb_typeof(the_boxes_item -> 'box' -> 'bottomY') = 'number'
          and the_boxes_item -> 'box' -> 'bottomY' >= '0'
        else the_boxes_item -> 'box' is null
      end
      and coalesce(
        jsonb_typeof(the_boxes_item -> 'boxId') in ('null', 'string')
        and (
          the_boxes_item -> 'boxId' in ('""', 'null')
          or (
            jsonb_typeof(the_boxes_item -> 'boxId') = 'string'
            and jsonschema._is_uuid_1(the_boxes_item ->> 'boxId')
          )
        ),
        true
      )
      and coalesce(jsonb_typeof(the_boxes_item -> 'label') in ('null', 'string'), true)
      and coalesce(
        jsonb_typeof(the_boxes_item -> 'classId') in ('null', 'string')
        and (
          the_boxes_item -> 'classId' in ('""', 'null')
          or (
            jsonb_typeof(the_boxes_item -> 'classId') = 'string'
            and jsonschema._is_uuid_1(the_boxes_item ->> 'classId')
          )
        ),
        true
      )
      and coalesce(jsonb_typeof(the_boxes_item -> 'comment') in ('null', 'string'), true)
    ) is not true then
      return false;
    end if;
  end loop;
  return true;
end
$function$;
comment on function datastore.feedback_v1(jsonb) is 'Compiled from feedback.v1.json. It never changes.';

create function datastore.feedback_v1_box(instance jsonb)
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
    and case jsonb_typeof(instance -> 'box')
      when 'null' then true
      when 'object' then
        instance -> 'box' ?& array['topX', 'topY', 'bottomX', 'bottomY']
        and jsonb_typeof(instance -> 'box' -> 'topX') = 'number'
        and instance -> 'box' -> 'topX' >= '0'
        and jsonb_typeof(instance -> 'box' -> 'topY') = 'number'
        and instance -> 'box' -> 'topY' >= '0'
        and jsonb_typeof(instance -> 'box' -> 'bottomX') = 'number'
        and instance -> 'box' -> 'bottomX' >= '0'
        and jsonb_typeof(instance -> 'box' -> 'bottomY') = 'number'
        and instance -> 'box' -> 'bottomY' >= '0'
      else instance -> 'box' is null
    end
    and coalesce(
      jsonb_typeof(instance -> 'boxId') in ('null', 'string')
      and (
        instance -> 'boxId' in ('""', 'null')
        or (jsonb_typeof(instance -> 'boxId') = 'string' and jsonschema._is_uuid_1(instance ->> 'boxId'))
      ),
      true
    )
    and coalesce(jsonb_typeof(instance -> 'label') in ('null', 'string'), true)
    and coalesce(
      jsonb_typeof(instance -> 'classId') in ('null', 'string')
      and (
        instance -> 'classId' in ('""', 'null')
        or (jsonb_typeof(instance -> 'classId') = 'string' and jsonschema._is_uuid_1(instance ->> 'classId'))
      ),
      true
    )
    and coalesce(jsonb_typeof(instance -> 'comment') in ('null', 'string'), true)
  ) is not true then
    return false;
  end if;
  return true;
end
$function$;
comment on function datastore.feedback_v1_box(jsonb) is 'Compiled from box in feedback.v1.json. It never changes.';

insert into datastore.document_schema (kind, version, schema)
values ('feedback', 1, $json$
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Feedback on an inference, version 1",
  "description": "What an expert says about the boxes of an inference.",
  "type": "object",
  "required": [
    "inferenceId",
    "boxes"
  ],
  "properties": {
    "schema_version": {
      "description": "The version of this document's schema; absent means 1.",
      "const": 1
    },
    "userId": {
      "description": "The acting user; null is the same as absent.",
      "type": [
        "string",
        "null"
      ],
      "format": "uuid"
    },
    "inferenceId": {
      "type": "string",
      "format": "uuid"
    },
    "boxes": {
      "type": "array",
      "maxItems": 5000,
      "items": {
        "$anchor": "box",
        "type": "object",
        "properties": {
          "boxId": {
            "description": "Empty or absent: a box that the expert drew.",
            "$ref": "#/$defs/id_or_nothing"
          },
          "classId": {
            "description": "A species' id.",
            "$ref": "#/$defs/id_or_nothing"
          },
          "label": {
            "type": [
              "string",
              "null"
            ]
          },
          "box": {
            "description": "Pixels of the stored picture from its top left.",
            "type": [
              "object",
              "null"
            ],
            "required": [
              "topX",
              "topY",
              "bottomX",
              "bottomY"
            ],
            "properties": {
              "topX": {
                "type": "number",
                "minimum": 0
              },
              "topY": {
                "type": "number",
                "minimum": 0
              },
              "bottomX": {
                "type": "number",
                "minimum": 0
              },
              "bottomY": {
                "type": "number",
                "minimum": 0
              }
            }
          },
          "comment": {
            "type": [
              "string",
              "null"
            ]
          }
        }
      }
    }
  },
  "$defs": {
    "id_or_nothing": {
      "type": [
        "string",
        "null"
      ],
      "anyOf": [
        {
          "enum": [
            "",
            null
          ]
        },
        {
          "type": "string",
          "format": "uuid"
        }
      ]
    }
  }
}
$json$);
