-- What inferences ask of pipelines and models.

create or replace function datastore.find_pipeline(document jsonb) returns uuid
language plpgsql stable parallel safe as $$
declare
  names jsonb;
  found_id uuid;
begin
  if find_pipeline.document ->> 'pipeline_id' is not null then
    select pipeline.pipeline_id into found_id
    from datastore.pipeline
    where pipeline.pipeline_id = (find_pipeline.document ->> 'pipeline_id')::uuid;
  elsif find_pipeline.document ->> 'pipeline_name' is not null then
    select pipeline.pipeline_id into found_id
    from datastore.pipeline
    where pipeline.name = find_pipeline.document ->> 'pipeline_name';
  elsif find_pipeline.document -> 'models' <> '[]' then
    names := jsonb_path_query_array(find_pipeline.document, 'strict $.models[*].name');
    -- The one that is active; where none is, the one that was.
    select case when candidates.active = 1 then candidates.active_id
                when candidates.active = 0 and candidates.retired = 1 then candidates.retired_id end
    into found_id
    from (
      select count(*) filter (where pipeline.retired_at is null) as active,
             count(pipeline.retired_at) as retired,
             (array_agg(pipeline.pipeline_id) filter (where pipeline.retired_at is null))[1] as active_id,
             (array_agg(pipeline.pipeline_id) filter (where pipeline.retired_at is not null))[1] as retired_id
      from datastore.pipeline
      where pipeline.models = names
    ) as candidates;
  end if;
  return found_id;
end
$$;
comment on function datastore.find_pipeline(jsonb) is
'The pipeline that made an inference: by the document''s `pipeline_id`, else by its `pipeline_name`; without
either, the one pipeline with exactly these models in this order; of several, the one that is active.

document: an inference''s document
Answer: the id, or `NULL`
Errors: none of its own; a `pipeline_id` that is no UUID is PostgreSQL''s `22P02`';

create or replace function datastore.find_model_versions(models jsonb) returns uuid[]
language plpgsql stable parallel safe as $$
declare
  found_ids uuid[];
begin
  select array_agg(model_version.model_version_id order by named.place) into found_ids
  from jsonb_array_elements(case jsonb_typeof(models) when 'array'
    then models end) with ordinality as named(model, place)
  left join datastore.model on model.name = named.model ->> 'name'
  left join datastore.model_version
    on model_version.model_id = model.model_id
      and model_version.version = datastore.version_text(named.model -> 'version');
  return coalesce(found_ids, '{}');
end
$$;
comment on function datastore.find_model_versions(jsonb) is
'The model versions that an inference names.

models: `[{name, version}]`
Answer: their ids in this order, `NULL` in the place of each unregistered one; `{}` for none
Errors: none';

-- The order of versions

create or replace function datastore.version_parts(version text) returns datastore.version_part[]
language sql immutable parallel safe
return (
  select coalesce(array_agg(
    case when part.found[1] ~ '[0-9]$' then row(left(part.found[1], 1000)::numeric, '')::datastore.version_part
         else row('-Infinity', lower(part.found[1]))::datastore.version_part end order by part.place), '{}')
  -- A sign counts before the first number only: elsewhere it divides, as in 2024-05.
  from regexp_matches(version, '^-?[0-9]+|[0-9]+|[A-Za-z]+', 'g') with ordinality as part(found, place)
);
comment on function datastore.version_parts(text) is
  'What versions are ordered by: part by part, as numbers. 1.10 is higher than 1.9, 2 than 1.10, 1.0 than 1, and '
  'any than none.';
