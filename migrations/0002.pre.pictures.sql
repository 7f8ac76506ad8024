-- Users, containers, picture sets and pictures.
-- depends: 0001.pre.jsonschema

create schema datastore;
comment on schema datastore is
  'Pictures, the JSON about them, and who they belong to. Start with: \dt+ datastore.*  and  \df+ datastore.*';
-- Made by `make documents`: jsonschema.compile of the files in sql/documents, and of the columns' parts.
create function datastore.object_v1(instance jsonb)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN (jsonb_typeof(instance) = 'object'::text);
comment on function datastore.object_v1(jsonb) is 'Compiled from the schema of any object. It never changes.';

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
    and jsonschema._is_email(instance #>> '{}')
  ) is not true then
    return false;
  end if;
  return true;
end
$function$;
comment on function datastore.email_v1(jsonb) is 'Compiled from the schema of an email address. It never changes.';

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
      when 'string' then jsonschema._is_uuid(instance ->> 'userId')
      else instance -> 'userId' is null
    end
    and jsonb_typeof(instance -> 'inferenceId') = 'string'
    and jsonschema._is_uuid(instance ->> 'inferenceId')
    and coalesce(instance -> 'schema_version' = '1', true)
  ) is not true then
    return false;
  end if;
  the_boxes := instance -> 'boxes';
  if jsonb_typeof(the_boxes) <> 'array' then
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
            and jsonschema._is_uuid(the_boxes_item ->> 'boxId')
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
            and jsonschema._is_uuid(the_boxes_item ->> 'classId')
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
        or (jsonb_typeof(instance -> 'boxId') = 'string' and jsonschema._is_uuid(instance ->> 'boxId'))
      ),
      true
    )
    and coalesce(jsonb_typeof(instance -> 'label') in ('null', 'string'), true)
    and coalesce(
      jsonb_typeof(instance -> 'classId') in ('null', 'string')
      and (
        instance -> 'classId' in ('""', 'null')
        or (jsonb_typeof(instance -> 'classId') = 'string' and jsonschema._is_uuid(instance ->> 'classId'))
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
      and jsonschema._is_uuid(instance ->> 'pipeline_id'),
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
      not exists (
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
          and jsonschema._is_uuid(instance -> 'seed' ->> 'seed_id'),
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
          when 'string' then jsonschema._is_email(instance -> 'client_data' ->> 'client_email')
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
          when 'string' then jsonschema._is_email(instance -> 'client_data' ->> 'client_email')
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
      if (jsonb_array_length(the_models_2) >= 1) is not true then
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
  if (jsonb_array_length(the_models) >= 1) is not true then
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
-- What table definitions call. Rows were stored under these, so they never change: a new rule is a new name.

create function datastore.is_tier(tier text) returns boolean
language sql immutable parallel safe
return tier ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and char_length(tier) <= 26;
comment on function datastore.is_tier(text) is
  'Can it stand before -{user_id} in the name of an Azure container: lower-case letters, digits and single hyphens, 26 characters at most?';

create function datastore.number_of(value jsonb) returns numeric
language sql immutable parallel safe
return case jsonb_typeof(value) when 'number' then value::numeric end;
comment on function datastore.number_of(jsonb) is 'A JSON number as numeric; NULL for anything else.';

create function datastore.seed_key(label text) returns text
language sql immutable parallel safe
return lower(regexp_replace(
  btrim(regexp_replace(
    -- one pair of quotes, then a leading class number
    regexp_replace(btrim(label, E' \t\r\n'), '^(["''])(.*)\1$', '\2'),
    '^\s*[0-9]+\s+', ''), E' \t\r\n'),
  '\s+', ' ', 'g'));
comment on function datastore.seed_key(text) is
  'What a label is compared by: trimmed, without one pair of quotes and a leading class number, spaces and case folded. ''14 Ambrosia  Trifida'' gives ambrosia trifida.';
create table datastore.document_schema (
  kind text not null,
  version integer not null,
  schema jsonb not null,
  primary key (kind, version),
  constraint document_schema_schema_check check (datastore.object_v1(schema))
);

comment on table datastore.document_schema is 'The JSON Schemas that documents are checked by, one row for a kind and version. A row never changes.';
comment on column datastore.document_schema.kind is 'picture, picture_set, …';
comment on column datastore.document_schema.version is 'What schema_version of a document says; absent there means 1.';
comment on column datastore.document_schema.schema is 'JSON Schema, draft 2020-12; the files are in sql/documents.';
-- Made by `make documents` from the files in sql/documents.
insert into datastore.document_schema (kind, version, schema) values
('feedback', 1, $json$
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
      "items": {
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
$json$),
('inference', 1, $json$
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
      "items": {
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
            "description": "The guesses; without it the box's label and score are the only one.",
            "type": "array",
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
$json$),
('inspection', 1, $json$
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
$json$),
('picture', 1, $json$
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
$json$),
('picture_set', 1, $json$
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
$json$),
('pipelines', 1, $json$
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
      "items": {
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
      "items": {
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
create table datastore.user_account (
  user_id uuid primary key default gen_random_uuid(),
  email text not null,
  created_at timestamptz not null default now(),
  constraint user_account_email_check check (datastore.email_v1(to_jsonb(email)))
);
create unique index user_account_email_key on datastore.user_account (lower(email));

comment on table datastore.user_account is 'A person who uploads pictures or judges them. A reference table: it points at no tenant''s rows.';
comment on column datastore.user_account.user_id is 'Who the user is everywhere else; random, never used again.';
comment on column datastore.user_account.email is 'As it was written at registration; compared without case.';
comment on column datastore.user_account.created_at is 'When the user was registered.';
create table datastore.container (
  container_id uuid primary key default gen_random_uuid(),
  user_id uuid not null references datastore.user_account,
  tier text not null default 'user',
  -- Azure: 3 to 63 characters, lower-case letters, digits and single hyphens; the id takes 37 of them.
  name text not null generated always as (tier || '-' || user_id::text) stored,
  created_at timestamptz not null default now(),
  ready_at timestamptz,
  constraint container_user_id_key unique (user_id),
  constraint container_name_key unique (name),
  constraint container_tier_check check (datastore.is_tier(tier))
);

comment on table datastore.container is 'A user''s storage container: the tenant. Every row that belongs to one carries container_id.';
comment on column datastore.container.container_id is 'The tenant key, in the primary key of every tenant table; random, never changed.';
comment on column datastore.container.user_id is 'Whose pictures are in it.';
comment on column datastore.container.tier is 'What the container is for: user, dev, test-user, …; the first part of its name.';
comment on column datastore.container.name is 'The name of the container in Azure Blob Storage: {tier}-{user_id}.';
comment on column datastore.container.ready_at is 'When it was made in storage; NULL while it is only a row.';
comment on column datastore.container.created_at is 'When the row was made.';
create table datastore.seed (
  seed_id uuid primary key default gen_random_uuid(),
  name text not null,
  key text not null generated always as (datastore.seed_key(name)) stored,
  status text not null default 'unreviewed',
  created_at timestamptz not null default now(),
  constraint seed_key_key unique (key),
  constraint seed_key_check check (key <> ''),
  constraint seed_status_check check (status in ('known', 'unreviewed'))
);

comment on table datastore.seed is 'The species that pictures can show. A reference table: the same for all containers.';
comment on column datastore.seed.name is 'The name as it was first written.';
comment on column datastore.seed.key is 'What the name is compared by: see datastore.seed_key(text).';
comment on column datastore.seed.status is 'known, or unreviewed: first seen in a document, and waiting for a person''s look.';
comment on column datastore.seed.created_at is 'When it was first seen.';

insert into datastore.seed (name, status)
select name, 'known'
from unnest(array[
  'Brassica napus', 'Brassica juncea', 'Cirsium arvense', 'Cirsium vulgare', 'Carduus nutans', 'Bromus secalinus',
  'Bromus hordeaceus', 'Bromus japonicus', 'Lolium temulentum', 'Solanum carolinense', 'Solanum nigrum',
  'Solanum rostratum', 'Ambrosia artemisiifolia', 'Ambrosia trifida', 'Ambrosia psilostachya'
]) as name;
comment on column datastore.seed.seed_id is 'What documents call seed_id, and classId in an inference.';
create table datastore.picture_set (
  picture_set_id uuid not null default gen_random_uuid(),
  container_id uuid not null references datastore.container,
  position bigint not null generated always as identity,
  name text not null,
  folder_root text,
  folder_path text,
  -- what the client says, as sent
  document jsonb not null default '{}',
  kept jsonb,
  -- what people filter by
  schema_version integer not null generated always as (coalesce(datastore.number_of(document -> 'schema_version'), 1)::integer) stored,
  project_name text generated always as (document ->> 'project_name') stored,
  submitter_name text generated always as (document ->> 'submitter_name') stored,
  created_at timestamptz not null default now(),
  created_by uuid,
  edited_at timestamptz not null default now(),
  edited_by uuid,
  last_change text not null default 'picture_set created',
  primary key (picture_set_id, container_id),
  -- A row keeps the version that it was written with: a newer one adds its own constraint, and itself to the first.
  constraint picture_set_schema_version_check check (schema_version in (1)),
  constraint picture_set_v1_check check (schema_version <> 1 or datastore.picture_set_v1(document)),
  constraint picture_set_kept_check check (datastore.object_v1(kept)),
  constraint picture_set_name_check check (char_length(name) between 1 and 255),
  constraint picture_set_folder_check check ((folder_root is null) = (folder_path is null)),
  constraint picture_set_folder_key unique (container_id, folder_root, folder_path)
);
create index picture_set_container_id_name_idx on datastore.picture_set (container_id, name);

comment on table datastore.picture_set is 'A folder of pictures, one row each. Read it whole with datastore.rebuild_picture_set(uuid).';
comment on column datastore.picture_set.position is 'The order in which sets were made.';
comment on column datastore.picture_set.name is 'What people call it; its own id, as text, where nobody named it.';
comment on column datastore.picture_set.folder_root is 'The uploaded folder''s name, where the set was made from a folder.';
comment on column datastore.picture_set.folder_path is 'The directory''s path inside that folder, '''' for the folder itself.';
comment on column datastore.picture_set.document is 'What the client fills, as it was sent, unknown keys included; what the datastore fills is not in it.';
comment on column datastore.picture_set.kept is 'Unknown keys that a client put into sections that the datastore fills, by section.';
comment on column datastore.picture_set.schema_version is 'The version of the document''s schema that this row was written with.';
comment on column datastore.picture_set.project_name is 'From the document.';
comment on column datastore.picture_set.submitter_name is 'From the document.';
comment on column datastore.picture_set.last_change is 'What happened to it last, for audit_trail.change_log; the history has the rest.';
comment on column datastore.picture_set.created_by is 'The acting user, if one was set.';
comment on column datastore.picture_set.edited_by is 'The acting user of the last change, if one was set.';
comment on column datastore.picture_set.picture_set_id is 'The first part of its blobs'' names; random, never used again.';
comment on column datastore.picture_set.container_id is 'The tenant; never changed.';
comment on column datastore.picture_set.created_at is 'When it was made.';
comment on column datastore.picture_set.edited_at is 'When it was changed last.';
create table datastore.picture (
  picture_id uuid not null default gen_random_uuid(),
  container_id uuid not null,
  picture_set_id uuid not null,
  position bigint not null generated always as identity,
  state text not null default 'pending',
  relative_path text,
  blob_name text not null,
  size bigint,
  md5 bytea,
  -- what the client says, as sent
  document jsonb not null default '{}',
  kept jsonb,
  -- what the machine knows, by section
  metadata jsonb not null default '{}',
  image_data jsonb not null default '{}',
  quality_check jsonb not null default '{}',
  -- what experts said about its inferences
  feedback text not null default '',
  correction_applied text not null default '',
  -- what people filter by
  schema_version integer not null generated always as (coalesce(datastore.number_of(document -> 'schema_version'), 1)::integer) stored,
  file_name text generated always as (metadata ->> 'file_name') stored,
  format text generated always as (image_data ->> 'format') stored,
  width numeric generated always as (datastore.number_of(image_data -> 'width')) stored,
  height numeric generated always as (datastore.number_of(image_data -> 'height')) stored,
  sha256 text generated always as (quality_check ->> 'image_checksum') stored,
  zoom numeric generated always as (datastore.number_of(document #> '{user_data,zoom}')) stored,
  number_of_seeds numeric generated always as (datastore.number_of(document #> '{user_data,number_of_seeds}')) stored,
  client_email text generated always as (document #>> '{client_data,client_email}') stored,
  created_at timestamptz not null default now(),
  created_by uuid,
  edited_at timestamptz not null default now(),
  edited_by uuid,
  last_change text not null default 'picture created',
  replaced_by uuid,
  primary key (picture_id, container_id),
  foreign key (picture_set_id, container_id) references datastore.picture_set on delete cascade,
  constraint picture_state_check check (state in ('pending', 'stored', 'replaced')),
  constraint picture_replaced_check check ((state = 'replaced') = (replaced_by is not null)),
  -- A row keeps the version that it was written with: a newer one adds its own constraint, and itself to the first.
  constraint picture_schema_version_check check (schema_version in (1)),
  constraint picture_v1_check check (schema_version <> 1 or datastore.picture_v1(document)),
  constraint picture_kept_check check (datastore.object_v1(kept)),
  constraint inspection_v1_metadata_check check (datastore.inspection_v1_metadata(metadata)),
  constraint inspection_v1_image_data_check check (datastore.inspection_v1_image_data(image_data)),
  constraint inspection_v1_quality_check_check check (datastore.inspection_v1_quality_check(quality_check)),
  constraint picture_size_check check (size > 0),
  constraint picture_md5_check check (octet_length(md5) = 16)
);
-- A replacement waits beside the picture that it will replace, so a path is taken once per state.
create unique index picture_stored_path_key on datastore.picture (container_id, picture_set_id, relative_path) where state = 'stored';
create unique index picture_pending_path_key on datastore.picture (container_id, picture_set_id, relative_path) where state = 'pending';
create index picture_picture_set_id_idx on datastore.picture (picture_set_id, position);
create index picture_sha256_idx on datastore.picture (picture_set_id, sha256);

comment on table datastore.picture is 'A picture: its blob, and its document: what the client says, and what the machine knows. Read it whole with datastore.rebuild_picture(uuid).';
comment on column datastore.picture.position is 'The order in which pictures were announced.';
comment on column datastore.picture.state is 'pending: announced, its blob is not confirmed. stored: its blob is there. replaced: a newer picture has its path.';
comment on column datastore.picture.relative_path is 'Its path inside the uploaded folder, with which it is known again; NULL where a backend handed over bytes alone.';
comment on column datastore.picture.blob_name is 'Where its blob lies in the container: {picture_set_id}/{picture_id}.{extension}.';
comment on column datastore.picture.size is 'Size of the file, in bytes.';
comment on column datastore.picture.md5 is 'MD5 of the file, 16 bytes: the blob''s Content-MD5.';
comment on column datastore.picture.document is 'What the client fills, as it was sent, unknown keys included; what the datastore fills is not in it.';
comment on column datastore.picture.kept is 'Unknown keys that a client put into sections that the datastore fills, by section.';
comment on column datastore.picture.metadata is 'Section metadata: file_name, relative_path, upload_date (in UTC).';
comment on column datastore.picture.image_data is 'Section image_data: what the file''s inspection found (format, width, height, tags, …), and source: container and blob.';
comment on column datastore.picture.quality_check is 'Section quality_check: what the file''s inspection found (image_checksum, valid_data, …), and upload_check: is it stored?';
comment on column datastore.picture.feedback is 'In section error_handling: what experts commented on the newest inference that they looked at.';
comment on column datastore.picture.correction_applied is 'In section error_handling: how many boxes of that inference they corrected; empty without feedback.';
comment on column datastore.picture.schema_version is 'The version of the document''s schema that this row was written with.';
comment on column datastore.picture.width is 'Pixels.';
comment on column datastore.picture.height is 'Pixels.';
comment on column datastore.picture.sha256 is 'SHA-256 of the file, in hex.';
comment on column datastore.picture.number_of_seeds is 'As the user said.';
comment on column datastore.picture.client_email is 'Who took it, as the client said.';
comment on column datastore.picture.zoom is 'Magnification, times, as the user said.';
comment on column datastore.picture.last_change is 'What happened to it last, for audit_trail.change_log; the history has the rest.';
comment on column datastore.picture.created_by is 'The acting user, if one was set.';
comment on column datastore.picture.edited_by is 'The acting user of the last change, if one was set.';
comment on column datastore.picture.replaced_by is 'The picture that has its path now.';
comment on column datastore.picture.picture_id is 'A part of its blob''s name; random, never used again.';
comment on column datastore.picture.container_id is 'The tenant; never changed.';
comment on column datastore.picture.picture_set_id is 'The set that it is in.';
comment on column datastore.picture.file_name is 'From metadata.';
comment on column datastore.picture.format is 'From image_data: TIFF, PNG, JPEG, GIF, BMP, WEBP or NPY.';
comment on column datastore.picture.created_at is 'When it was announced.';
comment on column datastore.picture.edited_at is 'When it was changed last.';
create table datastore.picture_label (
  picture_id uuid not null,
  container_id uuid not null,
  seed_id uuid not null references datastore.seed,
  origin text not null,
  labelled_by uuid,
  labelled_at timestamptz not null default now(),
  primary key (picture_id, container_id, seed_id, origin),
  foreign key (picture_id, container_id) references datastore.picture on delete cascade,
  constraint picture_label_origin_check check (origin in ('known', 'verified'))
);

comment on table datastore.picture_label is 'A species that a picture shows: what makes it fit for training.';
comment on column datastore.picture_label.origin is 'known: said with the picture. verified: an expert''s verdict on an inference.';
comment on column datastore.picture_label.labelled_by is 'The acting user, if one was set.';
comment on column datastore.picture_label.labelled_at is 'When it was said.';
comment on column datastore.picture_label.picture_id is 'The picture.';
comment on column datastore.picture_label.container_id is 'The tenant.';
comment on column datastore.picture_label.seed_id is 'The species.';
create table datastore.history (
  history_id bigint primary key generated always as identity,
  container_id uuid,
  entity text not null,
  entity_id uuid not null,
  action text not null,
  acted_by uuid,
  acted_as text not null default session_user,
  acted_at timestamptz not null default now(),
  before jsonb,
  after jsonb,
  claimed jsonb,
  constraint history_before_check check (datastore.object_v1(before)),
  constraint history_after_check check (datastore.object_v1(after)),
  constraint history_claimed_check check (datastore.object_v1(claimed))
);
create index history_entity_id_idx on datastore.history (entity_id, history_id);
create index history_container_id_idx on datastore.history (container_id, history_id);

comment on table datastore.history is
  'Who did what, when. Written by triggers alone, whoever acts: sql/functions/audit.sql. Without foreign keys: it outlives what it describes.';
comment on column datastore.history.history_id is 'The order in which things happened.';
comment on column datastore.history.container_id is 'The tenant; NULL for what belongs to none, such as a group.';
comment on column datastore.history.entity is 'The table of the row: picture, inference, container_share, …';
comment on column datastore.history.entity_id is 'The row''s id; of a membership the group''s, of a share the container''s.';
comment on column datastore.history.action is 'What was done, in one word or two: see datastore.audit_action(text, jsonb, jsonb).';
comment on column datastore.history.acted_by is 'The acting user; NULL where nobody was set, such as for a DBA.';
comment on column datastore.history.acted_as is 'The database user whose connection it was.';
comment on column datastore.history.acted_at is 'The start of the transaction that did it.';
comment on column datastore.history.before is 'What held before; of a picture or a picture set what the client had said.';
comment on column datastore.history.after is 'What holds since then.';
comment on column datastore.history.claimed is 'What a client sent for keys that the datastore fills, where it differs from what the datastore knows.';
create table datastore.claim (
  container_id uuid not null,
  entity text not null,
  entity_id uuid not null,
  claimed jsonb not null,
  claimed_at timestamptz not null default now(),
  primary key (entity_id, container_id),
  constraint claim_claimed_check check (datastore.object_v1(claimed))
);

comment on table datastore.claim is
  'What a client said last for keys that the datastore fills, where it differs. What was said before is in the history, as claimed.';
comment on column datastore.claim.container_id is 'The tenant.';
comment on column datastore.claim.entity is 'The table: picture, picture_set or inference.';
comment on column datastore.claim.entity_id is 'The row''s id.';
comment on column datastore.claim.claimed is 'The keys, with the values that were sent.';
comment on column datastore.claim.claimed_at is 'When.';
create table datastore.blob_deletion (
  blob_deletion_id bigint primary key generated always as identity,
  container_id uuid not null,
  container_name text not null,
  blob_name text not null,
  queued_at timestamptz not null default now()
);

comment on table datastore.blob_deletion is 'The outbox: blobs whose picture is gone, to be deleted from storage. Filled by triggers, whoever deletes.';
comment on column datastore.blob_deletion.container_id is 'The tenant.';
comment on column datastore.blob_deletion.container_name is 'The container in storage.';
comment on column datastore.blob_deletion.blob_name is 'The blob in that container.';
comment on column datastore.blob_deletion.queued_at is 'When its picture was deleted.';
comment on column datastore.blob_deletion.blob_deletion_id is 'The order of the queue.';
