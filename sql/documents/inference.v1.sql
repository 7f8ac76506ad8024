-- Made by `make documents` from inference.v1.json. Once released it never changes.

create function datastore.inference_v1(instance jsonb)
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  the_boxes jsonb;
  the_boxes_item jsonb;
  the_box jsonb;
  the_top_n jsonb;
  the_top_n_item jsonb;
  the_color jsonb;
  the_color_item jsonb;
  the_overlapping_indices jsonb;
  the_overlapping_indices_item jsonb;
  the_models jsonb;
  the_models_item jsonb;
  the_label_occurrence jsonb;
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
    and coalesce(jsonb_typeof(instance -> 'filename') in ('null', 'string'), true)
    and case jsonb_typeof(instance -> 'totalBoxes')
      when 'number' then (instance -> 'totalBoxes')::numeric % 1 = 0
      else false
    end
    and coalesce(
      jsonb_typeof(instance -> 'pipeline_id') = 'string'
      and jsonschema._is_uuid_1(instance ->> 'pipeline_id'),
      true
    )
    and coalesce(jsonb_typeof(instance -> 'pipeline_name') = 'string', true)
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
    if jsonb_typeof(the_boxes_item) <> 'object' then
      return false;
    end if;
    if (
      the_boxes_item ? 'box'
      and jsonb_typeof(the_boxes_item -> 'label') = 'string'
      and the_boxes_item ->> 'label' <> ''
      and the_boxes_item -> 'score' >= '0'
      and the_boxes_item -> 'score' <= '1'
      and coalesce(jsonb_typeof(the_boxes_item -> 'overlapping') = 'boolean', true)
    ) is not true then
      return false;
    end if;
    the_box := the_boxes_item -> 'box';
    if (
      jsonb_typeof(the_box -> 'topX') = 'number'
      and the_box -> 'topX' >= '0'
      and jsonb_typeof(the_box -> 'topY') = 'number'
      and the_box -> 'topY' >= '0'
      and jsonb_typeof(the_box -> 'bottomX') = 'number'
      and the_box -> 'bottomX' >= '0'
      and jsonb_typeof(the_box -> 'bottomY') = 'number'
      and the_box -> 'bottomY' >= '0'
    ) is not true then
      return false;
    end if;
    the_top_n := the_boxes_item -> 'topN';
    if the_top_n is not null then
      if jsonb_typeof(the_top_n) <> 'array' then
        return false;
      end if;
      if (jsonb_array_length(the_top_n) <= 1000) is not true then
        return false;
      end if;
      for i in 0 .. jsonb_array_length(the_top_n) - 1 loop
        the_top_n_item := the_top_n -> i;
        if (
          jsonb_typeof(the_top_n_item -> 'label') = 'string'
          and the_top_n_item ->> 'label' <> ''
          and the_top_n_item -> 'score' >= '0'
          and the_top_n_item -> 'score' <= '1'
        ) is not true then
          return false;
        end if;
      end loop;
    end if;
    the_color := the_boxes_item -> 'color';
    if the_color is not null then
      case jsonb_typeof(the_color)
        when 'string' then
          if ((the_color #>> '{}') collate "C" ~ '^#(?:[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$') is not true then
            return false;
          end if;
        when 'array' then
          if (jsonb_array_length(the_color) = 3) is not true then
            return false;
          end if;
          for i in 0 .. jsonb_array_length(the_color) - 1 loop
            the_color_item := the_color -> i;
            if (
              case jsonb_typeof(the_color_item)
                when 'number' then
                  the_color_item::numeric % 1 = 0
                  and the_color_item >= '0'
                  and the_color_item <= '255'
                else false
              end
            ) is not true then
              return false;
            end if;
          end loop;
        else
          return false;
      end case;
    end if;
    the_overlapping_indices := the_boxes_item -> 'overlappingIndices';
    if the_overlapping_indices is not null then
      case jsonb_typeof(the_overlapping_indices)
        when 'number' then
          if (the_overlapping_indices::numeric % 1 = 0) is not true then
            return false;
          end if;
        when 'array' then
          if (jsonb_array_length(the_overlapping_indices) <= 5000) is not true then
            return false;
          end if;
          for i in 0 .. jsonb_array_length(the_overlapping_indices) - 1 loop
            the_overlapping_indices_item := the_overlapping_indices -> i;
            if (
              case jsonb_typeof(the_overlapping_indices_item)
                when 'number' then the_overlapping_indices_item::numeric % 1 = 0
                else false
              end
            ) is not true then
              return false;
            end if;
          end loop;
        else
          return false;
      end case;
    end if;
  end loop;
  the_models := instance -> 'models';
  if the_models is not null then
    if jsonb_typeof(the_models) <> 'array' then
      return false;
    end if;
    if (jsonb_array_length(the_models) <= 100) is not true then
      return false;
    end if;
    for i in 0 .. jsonb_array_length(the_models) - 1 loop
      the_models_item := the_models -> i;
      if (
        jsonb_typeof(the_models_item -> 'name') = 'string'
        and case jsonb_typeof(the_models_item -> 'version')
          when 'number' then (the_models_item -> 'version')::numeric % 1 = 0
          when 'string' then true
          else false
        end
      ) is not true then
        return false;
      end if;
    end loop;
  end if;
  the_label_occurrence := instance -> 'labelOccurrence';
  if the_label_occurrence is not null then
    if jsonb_typeof(the_label_occurrence) <> 'object' then
      return false;
    end if;
    if (
      (select count(*) <= 5000 from jsonb_object_keys(the_label_occurrence) as _(key))
      and not exists (
        select from jsonb_each(the_label_occurrence) as _(key, value)
        where (
          case jsonb_typeof(value)
            when 'number' then
              value::numeric % 1 = 0
              and value >= '0'
            else false
          end
        ) is not true
      )
    ) is not true then
      return false;
    end if;
  end if;
  return true;
end
$function$;
comment on function datastore.inference_v1(jsonb) is 'Compiled from inference.v1.json. It never changes.';

create function datastore.inference_v1_box(instance jsonb)
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  the_box jsonb;
  the_top_n jsonb;
  the_top_n_item jsonb;
  the_color jsonb;
  the_color_item jsonb;
  the_overlapping_indices jsonb;
  the_overlapping_indices_item jsonb;
begin
  if instance is null then
    return null;
  end if;
  instance := instance #> '{}';  -- unpacked once, where it comes compressed from a table
  if jsonb_typeof(instance) <> 'object' then
    return false;
  end if;
  if (
    instance ? 'box'
    and jsonb_typeof(instance -> 'label') = 'string'
    and instance ->> 'label' <> ''
    and instance -> 'score' >= '0'
    and instance -> 'score' <= '1'
    and coalesce(jsonb_typeof(instance -> 'overlapping') = 'boolean', true)
  ) is not true then
    return false;
  end if;
  the_box := instance -> 'box';
  if (
    jsonb_typeof(the_box -> 'topX') = 'number'
    and the_box -> 'topX' >= '0'
    and jsonb_typeof(the_box -> 'topY') = 'number'
    and the_box -> 'topY' >= '0'
    and jsonb_typeof(the_box -> 'bottomX') = 'number'
    and the_box -> 'bottomX' >= '0'
    and jsonb_typeof(the_box -> 'bottomY') = 'number'
    and the_box -> 'bottomY' >= '0'
  ) is not true then
    return false;
  end if;
  the_top_n := instance -> 'topN';
  if the_top_n is not null then
    if jsonb_typeof(the_top_n) <> 'array' then
      return false;
    end if;
    if (jsonb_array_length(the_top_n) <= 1000) is not true then
      return false;
    end if;
    for i in 0 .. jsonb_array_length(the_top_n) - 1 loop
      the_top_n_item := the_top_n -> i;
      if (
        jsonb_typeof(the_top_n_item -> 'label') = 'string'
        and the_top_n_item ->> 'label' <> ''
        and the_top_n_item -> 'score' >= '0'
        and the_top_n_item -> 'score' <= '1'
      ) is not true then
        return false;
      end if;
    end loop;
  end if;
  the_color := instance -> 'color';
  if the_color is not null then
    case jsonb_typeof(the_color)
      when 'string' then
        if ((the_color #>> '{}') collate "C" ~ '^#(?:[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$') is not true then
          return false;
        end if;
      when 'array' then
        if (jsonb_array_length(the_color) = 3) is not true then
          return false;
        end if;
        for i in 0 .. jsonb_array_length(the_color) - 1 loop
          the_color_item := the_color -> i;
          if (
            case jsonb_typeof(the_color_item)
              when 'number' then
                the_color_item::numeric % 1 = 0
                and the_color_item >= '0'
                and the_color_item <= '255'
              else false
            end
          ) is not true then
            return false;
          end if;
        end loop;
      else
        return false;
    end case;
  end if;
  the_overlapping_indices := instance -> 'overlappingIndices';
  if the_overlapping_indices is not null then
    case jsonb_typeof(the_overlapping_indices)
      when 'number' then
        if (the_overlapping_indices::numeric % 1 = 0) is not true then
          return false;
        end if;
      when 'array' then
        if (jsonb_array_length(the_overlapping_indices) <= 5000) is not true then
          return false;
        end if;
        for i in 0 .. jsonb_array_length(the_overlapping_indices) - 1 loop
          the_overlapping_indices_item := the_overlapping_indices -> i;
          if (
            case jsonb_typeof(the_overlapping_indices_item)
              when 'number' then the_overlapping_indices_item::numeric % 1 = 0
              else false
            end
          ) is not true then
            return false;
          end if;
        end loop;
      else
        return false;
    end case;
  end if;
  return true;
end
$function$;
comment on function datastore.inference_v1_box(jsonb) is 'Compiled from box in inference.v1.json. It never changes.';

create function datastore.inference_v1_guesses(instance jsonb)
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  the_instance_item jsonb;
begin
  if instance is null then
    return null;
  end if;
  instance := instance #> '{}';  -- unpacked once, where it comes compressed from a table
  if jsonb_typeof(instance) <> 'array' then
    return false;
  end if;
  if (jsonb_array_length(instance) <= 1000) is not true then
    return false;
  end if;
  for i in 0 .. jsonb_array_length(instance) - 1 loop
    the_instance_item := instance -> i;
    if (
      jsonb_typeof(the_instance_item -> 'label') = 'string'
      and the_instance_item ->> 'label' <> ''
      and the_instance_item -> 'score' >= '0'
      and the_instance_item -> 'score' <= '1'
    ) is not true then
      return false;
    end if;
  end loop;
  return true;
end
$function$;
comment on function datastore.inference_v1_guesses(jsonb) is 'Compiled from guesses in inference.v1.json. It never changes.';

create function datastore.inference_v1_corners(instance jsonb)
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
    jsonb_typeof(instance -> 'topX') = 'number'
    and instance -> 'topX' >= '0'
    and jsonb_typeof(instance -> 'topY') = 'number'
    and instance -> 'topY' >= '0'
    and jsonb_typeof(instance -> 'bottomX') = 'number'
    and instance -> 'bottomX' >= '0'
    and jsonb_typeof(instance -> 'bottomY') = 'number'
    and instance -> 'bottomY' >= '0'
  ) is not true then
    return false;
  end if;
  return true;
end
$function$;
comment on function datastore.inference_v1_corners(jsonb) is 'Compiled from corners in inference.v1.json. It never changes.';

insert into datastore.document_schema (kind, version, schema)
values ('inference', 1, $json$
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Inference, version 1",
  "description": "What a pipeline of models says about one picture. Keys marked readOnly are filled by the datastore.",
  "type": "object",
  "required": [
    "boxes",
    "totalBoxes"
  ],
  "properties": {
    "schema_version": {
      "description": "The version of this document's schema; absent means 1.",
      "const": 1
    },
    "filename": {
      "type": [
        "string",
        "null"
      ]
    },
    "boxes": {
      "type": "array",
      "maxItems": 5000,
      "items": {
        "$anchor": "box",
        "type": "object",
        "required": [
          "box",
          "label",
          "score"
        ],
        "properties": {
          "box": {
            "$ref": "#/$defs/box"
          },
          "label": {
            "type": "string",
            "minLength": 1
          },
          "score": {
            "type": "number",
            "minimum": 0,
            "maximum": 1
          },
          "topN": {
            "$anchor": "guesses",
            "description": "The guesses; without it the box's label and score are the only one.",
            "type": "array",
            "maxItems": 1000,
            "items": {
              "type": "object",
              "required": [
                "label",
                "score"
              ],
              "properties": {
                "label": {
                  "type": "string",
                  "minLength": 1
                },
                "score": {
                  "type": "number",
                  "minimum": 0,
                  "maximum": 1
                },
                "object_id": {
                  "readOnly": true
                },
                "is_expert": {
                  "readOnly": true
                }
              }
            }
          },
          "overlapping": {
            "type": "boolean"
          },
          "overlappingIndices": {
            "type": [
              "integer",
              "array"
            ],
            "maxItems": 5000,
            "items": {
              "type": "integer"
            }
          },
          "color": {
            "type": [
              "string",
              "array"
            ],
            "pattern": "^#(?:[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$",
            "items": {
              "type": "integer",
              "minimum": 0,
              "maximum": 255
            },
            "minItems": 3,
            "maxItems": 3
          },
          "box_id": {
            "readOnly": true
          },
          "classId": {
            "readOnly": true
          },
          "object_type_id": {
            "readOnly": true
          },
          "top_id": {
            "readOnly": true
          },
          "is_verified": {
            "readOnly": true
          },
          "is_valid": {
            "readOnly": true
          },
          "is_manual": {
            "readOnly": true
          },
          "model": {
            "readOnly": true
          }
        }
      }
    },
    "labelOccurrence": {
      "type": "object",
      "maxProperties": 5000,
      "additionalProperties": {
        "type": "integer",
        "minimum": 0
      }
    },
    "totalBoxes": {
      "description": "The number of boxes.",
      "type": "integer"
    },
    "models": {
      "description": "The model versions that made it, in the order in which they ran.",
      "type": "array",
      "maxItems": 100,
      "items": {
        "type": "object",
        "required": [
          "name",
          "version"
        ],
        "properties": {
          "name": {
            "type": "string"
          },
          "version": {
            "type": [
              "integer",
              "string"
            ]
          }
        }
      }
    },
    "pipeline_name": {
      "type": "string"
    },
    "pipeline_id": {
      "type": "string",
      "format": "uuid"
    },
    "inference_id": {
      "readOnly": true
    },
    "picture_id": {
      "readOnly": true
    },
    "created_at": {
      "readOnly": true
    },
    "requested_by": {
      "readOnly": true
    },
    "verified": {
      "readOnly": true
    },
    "verified_by": {
      "readOnly": true
    },
    "verified_at": {
      "readOnly": true
    }
  },
  "$defs": {
    "box": {
      "$anchor": "corners",
      "description": "Pixels of the stored picture from its top left.",
      "type": "object",
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
    }
  }
}
$json$);
