-- Made by `make documents` from pipelines.v1.json. Once released it never changes.

create function datastore.pipelines_v1__sealed(instance jsonb)
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  if instance is null then
    return null;
  end if;
  if (
    case jsonb_typeof(instance)
      when 'null' then true
      when 'object' then
        jsonb_typeof(instance -> 'nonce') = 'string'
        and instance ->> 'nonce' <> ''
        and jsonb_typeof(instance -> 'kek_id') = 'string'
        and instance ->> 'kek_id' <> ''
        and jsonb_typeof(instance -> 'ciphertext') = 'string'
        and instance ->> 'ciphertext' <> ''
        and instance - array['nonce', 'kek_id', 'ciphertext'] = '{}'
      else false
    end
  ) is not true then
    return false;
  end if;
  return true;
end
$function$;
comment on function datastore.pipelines_v1__sealed(jsonb) is 'Compiled from pipelines.v1.json. It never changes.';

create function datastore.pipelines_v1__task(instance jsonb)
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  if instance is null then
    return null;
  end if;
  if (
    jsonb_typeof(instance) = 'string'
    and (instance #>> '{}') collate "C" ~ E'^(?:[Oo][Bb][Jj][Ee][Cc][Tt][ \\-][Dd][Ee][Tt][Ee][Cc][Tt][Ii][Oo][Nn]|[Cc][Ll][Aa][Ss][Ss][Ii][Ff][Ii][Cc][Aa][Tt][Ii][Oo][Nn]|[Ss][Ee][Gg][Mm][Ee][Nn][Tt][Aa][Tt][Ii][Oo][Nn])$'
  ) is not true then
    return false;
  end if;
  return true;
end
$function$;
comment on function datastore.pipelines_v1__task(jsonb) is 'Compiled from pipelines.v1.json. It never changes.';

create function datastore.pipelines_v1(instance jsonb)
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  the_models jsonb;
  the_models_item jsonb;
  the_pipelines jsonb;
  the_pipelines_item jsonb;
  the_models_2 jsonb;
  the_models_2_item jsonb;
begin
  if instance is null then
    return null;
  end if;
  instance := instance #> '{}';  -- unpacked once, where it comes compressed from a table
  if jsonb_typeof(instance) <> 'object' then
    return false;
  end if;
  if (
    coalesce(jsonb_typeof(instance -> 'date') in ('null', 'string'), true)
    and case jsonb_typeof(instance -> 'version')
      when 'null' then true
      when 'number' then (instance -> 'version')::numeric % 1 = 0
      when 'string' then true
      else instance -> 'version' is null
    end
    and coalesce(instance -> 'schema_version' = '1', true)
  ) is not true then
    return false;
  end if;
  the_models := instance -> 'models';
  if the_models is not null then
    if jsonb_typeof(the_models) <> 'array' then
      return false;
    end if;
    if (jsonb_array_length(the_models) <= 500) is not true then
      return false;
    end if;
    for i in 0 .. jsonb_array_length(the_models) - 1 loop
      the_models_item := the_models -> i;
      if (
        coalesce(datastore.pipelines_v1__task(the_models_item -> 'task'), true)
        and coalesce(datastore.pipelines_v1__task(the_models_item -> 'tasks'), true)
        and coalesce(datastore.pipelines_v1__sealed(the_models_item -> 'api_key'), true)
        and coalesce(jsonb_typeof(the_models_item -> 'dataset') in ('null', 'string'), true)
        and case jsonb_typeof(the_models_item -> 'version')
          when 'null' then true
          when 'number' then (the_models_item -> 'version')::numeric % 1 = 0
          when 'string' then true
          else the_models_item -> 'version' is null
        end
        and coalesce(jsonb_typeof(the_models_item -> 'Accuracy') in ('null', 'number'), true)
        and coalesce(jsonb_typeof(the_models_item -> 'accuracy') in ('null', 'number'), true)
        and coalesce(datastore.pipelines_v1__sealed(the_models_item -> 'endpoint'), true)
        and coalesce(jsonb_typeof(the_models_item -> 'job_name') in ('null', 'string'), true)
        and coalesce(jsonb_typeof(the_models_item -> 'created_by') in ('null', 'string'), true)
        and jsonb_typeof(the_models_item -> 'model_name') = 'string'
        and the_models_item ->> 'model_name' <> ''
        and coalesce(jsonb_typeof(the_models_item -> 'description') in ('null', 'string'), true)
        and coalesce(jsonb_typeof(the_models_item -> 'content_type') in ('null', 'string'), true)
        and coalesce(jsonb_typeof(the_models_item -> 'creation_date') in ('null', 'string'), true)
        and coalesce(jsonb_typeof(the_models_item -> 'endpoint_name') in ('null', 'string'), true)
        and coalesce(jsonb_typeof(the_models_item -> 'dataset_description') in ('null', 'string'), true)
        and coalesce(jsonb_typeof(the_models_item -> 'deployment_platform') in ('null', 'string'), true)
        and case
          when case jsonb_typeof(the_models_item) when 'object' then the_models_item ? 'tasks' else true end
          then true
          else case jsonb_typeof(the_models_item) when 'object' then the_models_item ? 'task' else true end
        end
      ) is not true then
        return false;
      end if;
    end loop;
  end if;
  the_pipelines := instance -> 'pipelines';
  if the_pipelines is not null then
    if jsonb_typeof(the_pipelines) <> 'array' then
      return false;
    end if;
    if (jsonb_array_length(the_pipelines) <= 500) is not true then
      return false;
    end if;
    for i in 0 .. jsonb_array_length(the_pipelines) - 1 loop
      the_pipelines_item := the_pipelines -> i;
      if jsonb_typeof(the_pipelines_item) <> 'object' then
        return false;
      end if;
      if (
        the_pipelines_item ? 'models'
        and coalesce(jsonb_typeof(the_pipelines_item -> 'dataset') in ('null', 'string'), true)
        and coalesce(jsonb_typeof(the_pipelines_item -> 'default') in ('null', 'boolean'), true)
        and case jsonb_typeof(the_pipelines_item -> 'version')
          when 'null' then true
          when 'number' then (the_pipelines_item -> 'version')::numeric % 1 = 0
          when 'string' then true
          else the_pipelines_item -> 'version' is null
        end
        and coalesce(jsonb_typeof(the_pipelines_item -> 'Accuracy') in ('null', 'number'), true)
        and coalesce(jsonb_typeof(the_pipelines_item -> 'accuracy') in ('null', 'number'), true)
        and coalesce(jsonb_typeof(the_pipelines_item -> 'job_name') in ('null', 'string'), true)
        and coalesce(jsonb_typeof(the_pipelines_item -> 'created_by') in ('null', 'string'), true)
        and coalesce(jsonb_typeof(the_pipelines_item -> 'description') in ('null', 'string'), true)
        and coalesce(jsonb_typeof(the_pipelines_item -> 'creation_date') in ('null', 'string'), true)
        and jsonb_typeof(the_pipelines_item -> 'pipeline_name') = 'string'
        and the_pipelines_item ->> 'pipeline_name' <> ''
        and coalesce(jsonb_typeof(the_pipelines_item -> 'dataset_description') in ('null', 'string'), true)
      ) is not true then
        return false;
      end if;
      the_models_2 := the_pipelines_item -> 'models';
      if jsonb_typeof(the_models_2) <> 'array' then
        return false;
      end if;
      if (
        jsonb_array_length(the_models_2) >= 1
        and jsonb_array_length(the_models_2) <= 100
      ) is not true then
        return false;
      end if;
      for i in 0 .. jsonb_array_length(the_models_2) - 1 loop
        the_models_2_item := the_models_2 -> i;
        if (
          jsonb_typeof(the_models_2_item) = 'string'
          and the_models_2_item #>> '{}' <> ''
        ) is not true then
          return false;
        end if;
      end loop;
    end loop;
  end if;
  return true;
end
$function$;
comment on function datastore.pipelines_v1(jsonb) is 'Compiled from pipelines.v1.json. It never changes.';

create function datastore.pipelines_v1_pipeline(instance jsonb)
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  the_models jsonb;
  the_models_item jsonb;
begin
  if instance is null then
    return null;
  end if;
  instance := instance #> '{}';  -- unpacked once, where it comes compressed from a table
  if jsonb_typeof(instance) <> 'object' then
    return false;
  end if;
  if (
    instance ? 'models'
    and coalesce(jsonb_typeof(instance -> 'dataset') in ('null', 'string'), true)
    and coalesce(jsonb_typeof(instance -> 'default') in ('null', 'boolean'), true)
    and case jsonb_typeof(instance -> 'version')
      when 'null' then true
      when 'number' then (instance -> 'version')::numeric % 1 = 0
      when 'string' then true
      else instance -> 'version' is null
    end
    and coalesce(jsonb_typeof(instance -> 'Accuracy') in ('null', 'number'), true)
    and coalesce(jsonb_typeof(instance -> 'accuracy') in ('null', 'number'), true)
    and coalesce(jsonb_typeof(instance -> 'job_name') in ('null', 'string'), true)
    and coalesce(jsonb_typeof(instance -> 'created_by') in ('null', 'string'), true)
    and coalesce(jsonb_typeof(instance -> 'description') in ('null', 'string'), true)
    and coalesce(jsonb_typeof(instance -> 'creation_date') in ('null', 'string'), true)
    and jsonb_typeof(instance -> 'pipeline_name') = 'string'
    and instance ->> 'pipeline_name' <> ''
    and coalesce(jsonb_typeof(instance -> 'dataset_description') in ('null', 'string'), true)
  ) is not true then
    return false;
  end if;
  the_models := instance -> 'models';
  if jsonb_typeof(the_models) <> 'array' then
    return false;
  end if;
  if (
    jsonb_array_length(the_models) >= 1
    and jsonb_array_length(the_models) <= 100
  ) is not true then
    return false;
  end if;
  for i in 0 .. jsonb_array_length(the_models) - 1 loop
    the_models_item := the_models -> i;
    if (
      jsonb_typeof(the_models_item) = 'string'
      and the_models_item #>> '{}' <> ''
    ) is not true then
      return false;
    end if;
  end loop;
  return true;
end
$function$;
comment on function datastore.pipelines_v1_pipeline(jsonb) is 'Compiled from pipeline in pipelines.v1.json. It never changes.';

create function datastore.pipelines_v1_model__sealed(instance jsonb)
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  if instance is null then
    return null;
  end if;
  if (
    case jsonb_typeof(instance)
      when 'null' then true
      when 'object' then
        jsonb_typeof(instance -> 'nonce') = 'string'
        and instance ->> 'nonce' <> ''
        and jsonb_typeof(instance -> 'kek_id') = 'string'
        and instance ->> 'kek_id' <> ''
        and jsonb_typeof(instance -> 'ciphertext') = 'string'
        and instance ->> 'ciphertext' <> ''
        and instance - array['nonce', 'kek_id', 'ciphertext'] = '{}'
      else false
    end
  ) is not true then
    return false;
  end if;
  return true;
end
$function$;
comment on function datastore.pipelines_v1_model__sealed(jsonb) is 'Compiled from model in pipelines.v1.json. It never changes.';

create function datastore.pipelines_v1_model__task(instance jsonb)
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  if instance is null then
    return null;
  end if;
  if (
    jsonb_typeof(instance) = 'string'
    and (instance #>> '{}') collate "C" ~ E'^(?:[Oo][Bb][Jj][Ee][Cc][Tt][ \\-][Dd][Ee][Tt][Ee][Cc][Tt][Ii][Oo][Nn]|[Cc][Ll][Aa][Ss][Ss][Ii][Ff][Ii][Cc][Aa][Tt][Ii][Oo][Nn]|[Ss][Ee][Gg][Mm][Ee][Nn][Tt][Aa][Tt][Ii][Oo][Nn])$'
  ) is not true then
    return false;
  end if;
  return true;
end
$function$;
comment on function datastore.pipelines_v1_model__task(jsonb) is 'Compiled from model in pipelines.v1.json. It never changes.';

create function datastore.pipelines_v1_model(instance jsonb)
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
    coalesce(datastore.pipelines_v1_model__task(instance -> 'task'), true)
    and coalesce(datastore.pipelines_v1_model__task(instance -> 'tasks'), true)
    and coalesce(datastore.pipelines_v1_model__sealed(instance -> 'api_key'), true)
    and coalesce(jsonb_typeof(instance -> 'dataset') in ('null', 'string'), true)
    and case jsonb_typeof(instance -> 'version')
      when 'null' then true
      when 'number' then (instance -> 'version')::numeric % 1 = 0
      when 'string' then true
      else instance -> 'version' is null
    end
    and coalesce(jsonb_typeof(instance -> 'Accuracy') in ('null', 'number'), true)
    and coalesce(jsonb_typeof(instance -> 'accuracy') in ('null', 'number'), true)
    and coalesce(datastore.pipelines_v1_model__sealed(instance -> 'endpoint'), true)
    and coalesce(jsonb_typeof(instance -> 'job_name') in ('null', 'string'), true)
    and coalesce(jsonb_typeof(instance -> 'created_by') in ('null', 'string'), true)
    and jsonb_typeof(instance -> 'model_name') = 'string'
    and instance ->> 'model_name' <> ''
    and coalesce(jsonb_typeof(instance -> 'description') in ('null', 'string'), true)
    and coalesce(jsonb_typeof(instance -> 'content_type') in ('null', 'string'), true)
    and coalesce(jsonb_typeof(instance -> 'creation_date') in ('null', 'string'), true)
    and coalesce(jsonb_typeof(instance -> 'endpoint_name') in ('null', 'string'), true)
    and coalesce(jsonb_typeof(instance -> 'dataset_description') in ('null', 'string'), true)
    and coalesce(jsonb_typeof(instance -> 'deployment_platform') in ('null', 'string'), true)
    and case
      when case jsonb_typeof(instance) when 'object' then instance ? 'tasks' else true end
      then true
      else case jsonb_typeof(instance) when 'object' then instance ? 'task' else true end
    end
  ) is not true then
    return false;
  end if;
  return true;
end
$function$;
comment on function datastore.pipelines_v1_model(jsonb) is 'Compiled from model in pipelines.v1.json. It never changes.';

insert into datastore.document_schema (kind, version, schema)
values ('pipelines', 1, $json$
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Pipelines and models, version 1",
  "description": "Which models there are, and in which order pipelines run them. Keys marked readOnly are filled by the datastore.",
  "type": "object",
  "properties": {
    "schema_version": {
      "description": "The version of this document's schema; absent means 1.",
      "const": 1
    },
    "version": {
      "type": [
        "integer",
        "string",
        "null"
      ]
    },
    "date": {
      "type": [
        "string",
        "null"
      ]
    },
    "pipelines": {
      "type": "array",
      "maxItems": 500,
      "items": {
        "$anchor": "pipeline",
        "type": "object",
        "required": [
          "pipeline_name",
          "models"
        ],
        "properties": {
          "pipeline_name": {
            "type": "string",
            "minLength": 1
          },
          "models": {
            "description": "Names of models, in the order in which they run.",
            "type": "array",
            "minItems": 1,
            "maxItems": 100,
            "items": {
              "type": "string",
              "minLength": 1
            }
          },
          "created_by": {
            "type": [
              "string",
              "null"
            ]
          },
          "creation_date": {
            "type": [
              "string",
              "null"
            ]
          },
          "version": {
            "type": [
              "integer",
              "string",
              "null"
            ]
          },
          "description": {
            "type": [
              "string",
              "null"
            ]
          },
          "job_name": {
            "type": [
              "string",
              "null"
            ]
          },
          "dataset": {
            "type": [
              "string",
              "null"
            ]
          },
          "dataset_description": {
            "description": "Read as dataset.",
            "type": [
              "string",
              "null"
            ]
          },
          "Accuracy": {
            "type": [
              "number",
              "null"
            ]
          },
          "accuracy": {
            "description": "Read as Accuracy.",
            "type": [
              "number",
              "null"
            ]
          },
          "default": {
            "type": [
              "boolean",
              "null"
            ]
          },
          "pipeline_id": {
            "readOnly": true
          },
          "model_name": {
            "readOnly": true
          },
          "active": {
            "readOnly": true
          }
        }
      }
    },
    "models": {
      "type": "array",
      "maxItems": 500,
      "items": {
        "$anchor": "model",
        "type": "object",
        "required": [
          "model_name"
        ],
        "if": {
          "required": [
            "tasks"
          ]
        },
        "else": {
          "required": [
            "task"
          ]
        },
        "properties": {
          "model_name": {
            "type": "string",
            "minLength": 1
          },
          "task": {
            "$ref": "#/$defs/task"
          },
          "tasks": {
            "description": "Read as task.",
            "$ref": "#/$defs/task"
          },
          "endpoint_name": {
            "type": [
              "string",
              "null"
            ]
          },
          "endpoint": {
            "$ref": "#/$defs/sealed"
          },
          "api_key": {
            "$ref": "#/$defs/sealed"
          },
          "content_type": {
            "type": [
              "string",
              "null"
            ]
          },
          "deployment_platform": {
            "type": [
              "string",
              "null"
            ]
          },
          "created_by": {
            "type": [
              "string",
              "null"
            ]
          },
          "creation_date": {
            "type": [
              "string",
              "null"
            ]
          },
          "version": {
            "type": [
              "integer",
              "string",
              "null"
            ]
          },
          "description": {
            "type": [
              "string",
              "null"
            ]
          },
          "job_name": {
            "type": [
              "string",
              "null"
            ]
          },
          "dataset": {
            "type": [
              "string",
              "null"
            ]
          },
          "dataset_description": {
            "description": "Read as dataset.",
            "type": [
              "string",
              "null"
            ]
          },
          "Accuracy": {
            "type": [
              "number",
              "null"
            ]
          },
          "accuracy": {
            "description": "Read as Accuracy.",
            "type": [
              "number",
              "null"
            ]
          },
          "model_id": {
            "readOnly": true
          }
        }
      }
    }
  },
  "$defs": {
    "task": {
      "description": "Object detection, classification or segmentation, without regard to case and hyphens.",
      "type": "string",
      "pattern": "^(?:[Oo][Bb][Jj][Ee][Cc][Tt][- ][Dd][Ee][Tt][Ee][Cc][Tt][Ii][Oo][Nn]|[Cc][Ll][Aa][Ss][Ss][Ii][Ff][Ii][Cc][Aa][Tt][Ii][Oo][Nn]|[Ss][Ee][Gg][Mm][Ee][Nn][Tt][Aa][Tt][Ii][Oo][Nn])$"
    },
    "sealed": {
      "description": "A secret, encrypted before it reached the database; a text here is refused.",
      "writeOnly": true,
      "type": [
        "object",
        "null"
      ],
      "required": [
        "kek_id",
        "nonce",
        "ciphertext"
      ],
      "properties": {
        "kek_id": {
          "type": "string",
          "minLength": 1
        },
        "nonce": {
          "type": "string",
          "minLength": 1
        },
        "ciphertext": {
          "type": "string",
          "minLength": 1
        }
      },
      "additionalProperties": false
    }
  }
}
$json$);
