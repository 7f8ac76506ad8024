create or replace function datastore.pipelines_rules(document jsonb)
returns table (instance_path text, keyword text, message text)
language sql immutable parallel safe
begin atomic
  select format('/pipelines/%s/default', pipeline.place), 'oneDefault',
         format(datastore.wording('oneDefault'), pipeline.first_place)
  from (
    select pipeline.place, min(pipeline.place) over () as first_place
    from datastore.items_of(document -> 'pipelines') as pipeline
    where pipeline.item -> 'default' = 'true'
  ) as pipeline
  where pipeline.place > pipeline.first_place
  union all
  select format('/pipelines/%s/pipeline_name', pipeline.place), 'uniqueName',
         format(datastore.wording('uniquePipeline'), pipeline.name, pipeline.first_place)
  from (
    select pipeline.place, pipeline.item -> 'pipeline_name' as name,
           min(pipeline.place) over (partition by pipeline.item -> 'pipeline_name') as first_place
    from datastore.items_of(document -> 'pipelines') as pipeline
    where pipeline.item -> 'pipeline_name' is not null
  ) as pipeline
  where pipeline.place > pipeline.first_place
  union all
  -- A model may stand there in several versions: 5, 5.0 and "5" are the same one, and so are none, null and "".
  select format('/models/%s/model_name', model.place), 'uniqueName',
         format(datastore.wording('uniqueModel'), model.name,
           ', version ' || nullif(model.version, ''), model.first_place)
  from (
    select model.place, model.item -> 'model_name' as name, listed.version,
           min(model.place) over (partition by model.item -> 'model_name', listed.version) as first_place
    from datastore.items_of(document -> 'models') as model
    cross join lateral (
      select coalesce(trim_scale(datastore.number_of(model.item -> 'version'))::text,
        model.item ->> 'version', '') as version
    ) as listed
    where model.item -> 'model_name' is not null
  ) as model
  where model.place > model.first_place
  union all
  select format('/%s/%s/%s', entry.list, entry.place, spelling.other), 'spelling',
         format(datastore.wording('twoSpellings'), to_json(spelling.other), to_json(spelling.key))
  from (
    select 'pipelines' as list, pipeline.item, pipeline.place
    from datastore.items_of(document -> 'pipelines') as pipeline
    union all
    select 'models', model.item, model.place from datastore.items_of(document -> 'models') as model
  ) as entry
  cross join (values ('dataset_description', 'dataset'), ('accuracy', 'Accuracy'),
    ('tasks', 'task')) as spelling(other, key)
  where entry.item ->> spelling.other is not null and entry.item ->> spelling.key is not null
    and (spelling.key <> 'task' or entry.list = 'models');
end;
comment on function datastore.pipelines_rules(jsonb) is
  'What is wrong with pipelines and models beyond their schema. oneDefault: several defaults; uniqueName: a '
  'pipeline, or a version of a model, twice; spelling: both spellings of a key.';
