-- What sql/documents/inference.v1.json asks for, written by hand, as the measure for what jsonschema.compile makes of it.
--
-- Written to be fast: each value is taken out of the document once where it is looked at more than once, small arrays
-- are walked by index (a query costs more to start than they have items), and each object is one expression.

create schema if not exists benchmark;

create or replace function benchmark.inference_check(instance jsonb)
  returns boolean
  language plpgsql immutable parallel safe
as $$
declare
  boxes jsonb;
  detection jsonb;
  corners jsonb;
  score jsonb;
  indices jsonb;
  color jsonb;
  guesses jsonb;
  guess jsonb;
  models jsonb;
  model jsonb;
  occurrences jsonb;
  n jsonb;
begin
  if instance is null then
    return null;
  end if;
  if jsonb_typeof(instance) <> 'object' or not instance ?& array['boxes', 'totalBoxes'] then
    return false;
  end if;

  n := instance -> 'totalBoxes';
  if not (case when jsonb_typeof(n) = 'number' then n::numeric % 1 = 0 and n::numeric >= 0 else false end)
     or not coalesce(jsonb_typeof(instance -> 'filename') in ('string', 'null'), true)
     or not coalesce(jsonb_typeof(instance -> 'pipeline_name') = 'string', true)
     or not coalesce(jsonb_typeof(instance -> 'pipeline_id') = 'string'
                     and instance ->> 'pipeline_id' ~ '^[0-9A-Fa-f]{8}-([0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}$', true) then
    return false;
  end if;

  boxes := instance -> 'boxes';
  if jsonb_typeof(boxes) <> 'array' then
    return false;
  end if;
  for i in 0 .. jsonb_array_length(boxes) - 1 loop
    detection := boxes -> i;
    corners := detection -> 'box';
    score := detection -> 'score';
    if not coalesce(
         jsonb_typeof(detection) = 'object'
         and jsonb_typeof(detection -> 'label') = 'string' and detection ->> 'label' <> ''
         and case when jsonb_typeof(score) = 'number' then score::numeric between 0 and 1 else false end
         and case when jsonb_typeof(corners -> 'topX') = 'number' then (corners -> 'topX')::numeric >= 0 else false end
         and case when jsonb_typeof(corners -> 'topY') = 'number' then (corners -> 'topY')::numeric >= 0 else false end
         and case when jsonb_typeof(corners -> 'bottomX') = 'number' then (corners -> 'bottomX')::numeric >= 0 else false end
         and case when jsonb_typeof(corners -> 'bottomY') = 'number' then (corners -> 'bottomY')::numeric >= 0 else false end
         and coalesce(jsonb_typeof(detection -> 'overlapping') = 'boolean', true), false) then
      return false;
    end if;

    indices := detection -> 'overlappingIndices';
    if indices is not null then
      if jsonb_typeof(indices) = 'array' then
        for j in 0 .. jsonb_array_length(indices) - 1 loop
          n := indices -> j;
          if not (case when jsonb_typeof(n) = 'number' then n::numeric % 1 = 0 else false end) then
            return false;
          end if;
        end loop;
      elsif not (case when jsonb_typeof(indices) = 'number' then indices::numeric % 1 = 0 else false end) then
        return false;
      end if;
    end if;

    color := detection -> 'color';
    if color is not null then
      if jsonb_typeof(color) = 'string' then
        if color #>> '{}' !~ '^#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$' then
          return false;
        end if;
      elsif jsonb_typeof(color) <> 'array' then
        return false;
      elsif jsonb_array_length(color) <> 3 then
        return false;
      else
        for j in 0 .. 2 loop
          n := color -> j;
          if not (case when jsonb_typeof(n) = 'number' then n::numeric % 1 = 0 and n::numeric between 0 and 255 else false end) then
            return false;
          end if;
        end loop;
      end if;
    end if;

    guesses := detection -> 'topN';
    if guesses is not null then
      if jsonb_typeof(guesses) <> 'array' then
        return false;
      end if;
      for j in 0 .. jsonb_array_length(guesses) - 1 loop
        guess := guesses -> j;
        score := guess -> 'score';
        if not coalesce(
             jsonb_typeof(guess -> 'label') = 'string' and guess ->> 'label' <> ''
             and case when jsonb_typeof(score) = 'number' then score::numeric between 0 and 1 else false end, false) then
          return false;
        end if;
      end loop;
    end if;
  end loop;

  models := instance -> 'models';
  if models is not null then
    if jsonb_typeof(models) <> 'array' then
      return false;
    end if;
    for i in 0 .. jsonb_array_length(models) - 1 loop
      model := models -> i;
      n := model -> 'version';
      if not coalesce(
           jsonb_typeof(model -> 'name') = 'string'
           and case jsonb_typeof(n) when 'string' then true when 'number' then n::numeric % 1 = 0 else false end, false) then
        return false;
      end if;
    end loop;
  end if;

  occurrences := instance -> 'labelOccurrence';
  if occurrences is not null then
    if jsonb_typeof(occurrences) <> 'object' then
      return false;
    end if;
    for n in select value from jsonb_each(occurrences) loop
      if not (case when jsonb_typeof(n) = 'number' then n::numeric % 1 = 0 and n::numeric >= 0 else false end) then
        return false;
      end if;
    end loop;
  end if;

  return true;
end
$$;
