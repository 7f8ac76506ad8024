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
