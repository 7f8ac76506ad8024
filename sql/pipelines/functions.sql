-- Pipelines as documents: what backends call.

create or replace function datastore.pipeline_json(pipeline datastore.pipeline) returns jsonb
language sql immutable parallel safe
return (pipeline).document || jsonb_build_object(
  'pipeline_id', (pipeline).pipeline_id,
  'model_name', (pipeline).name,
  'active', (pipeline).retired_at is null,
  'default', case
    when (pipeline).is_default and (pipeline).retired_at is null then 'true'::jsonb
    when (pipeline).document -> 'default' = 'null' then 'null'
    else 'false'
  end);
comment on function datastore.pipeline_json(datastore.pipeline) is
  'A pipeline as its document has it, with what the datastore knows.';

create or replace function datastore.model_json(version datastore.model_version, with_keys boolean) returns jsonb
language sql stable parallel safe
return (version).document || jsonb_build_object('model_id', (version).model_id) || case
  when with_keys then (
    select coalesce(jsonb_object_agg(secret.field, case when secret.kek_id is not null then jsonb_build_object(
      'kek_id', secret.kek_id, 'nonce', datastore.to_base64(secret.nonce),
      'ciphertext', datastore.to_base64(secret.ciphertext)) end), '{}')
    from datastore.model_secret as secret
    where secret.model_version_id = (version).model_version_id)
  else '{}'
end;
comment on function datastore.model_json(datastore.model_version, boolean) is
  'A version of a model as its document has it, with what the datastore knows; with_keys: its sealed secrets as well.';

create or replace function datastore.lock_pipelines() returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform datastore.check_acting('datastore.pipelines_import');
  perform datastore.check_site_role('administrator');
  lock table datastore.pipelines_import in share row exclusive mode;
end
$$;
comment on function datastore.lock_pipelines() is
  'Has other imports of pipelines wait until the transaction ends; readers go on. Errors: DS403.';

create or replace function datastore.import_pipelines(document jsonb) returns jsonb
language plpgsql volatile as $$
declare
  errors jsonb;
  answer jsonb;
begin
  perform datastore.check_site_role('administrator');
  select jsonb_agg(datastore.error_row(error.instance_path, error.keyword, error.message))
  into errors
  from datastore.pipelines_errors(coalesce(import_pipelines.document, 'null')) as error;
  perform datastore.check_size(import_pipelines.document);
  if errors is null then
    -- One at a time, so that what is checked is what is written to.
    perform datastore.lock_pipelines();
    select jsonb_agg(datastore.error_row(error.instance_path, error.keyword, error.message))
    into errors
    from datastore.pipelines_state_errors(import_pipelines.document) as error;
  end if;
  if errors is not null then
    perform datastore.refuse('DS400', 'invalid pipelines document', errors);
  end if;

  perform datastore.write_models(import_pipelines.document), datastore.write_pipelines(import_pipelines.document);

  answer := (import_pipelines.document - array['pipelines', 'models']) || jsonb_build_object(
    'pipelines', (
      select coalesce(jsonb_agg(datastore.pipeline_json(pipeline) order by sent.place), '[]')
      from datastore.sent_pipelines(import_pipelines.document) as sent
      join datastore.pipeline on pipeline.name = sent.name),
    'models', (
      select coalesce(jsonb_agg(datastore.model_json(model_version, false) order by sent.place), '[]')
      from datastore.sent_models(import_pipelines.document) as sent
      join datastore.model on model.name = sent.name
      join datastore.model_version on model_version.model_id = model.model_id
        and model_version.version = sent.version));
  perform datastore.remember_import(import_pipelines.document, answer);
  perform datastore.recognise_models();
  return answer;
end
$$;
comment on function datastore.import_pipelines(jsonb) is
'Registers pipelines and models, or changes them, all or none. A model''s higher version becomes the active one;
older ones stay, because inferences point at them. Inferences that came before their models are tied to them.
`default: true` makes a pipeline the default. `api_key` and `endpoint` are secrets: they must be sealed
(docs/storage.md#with-sql-alone); where they are absent, the stored ones stay, and null takes them away.

document: `{"pipelines": […], "models": […]}`
Answer: the document with ids, without secrets
Errors: `DS403`: the acting user is no administrator · `DS400`: also for a secret in clear, which no message
  repeats, for an unregistered model, and for a lower version';
do $$ begin perform datastore.take_text('import_pipelines'); end $$;

create or replace function datastore.remember_import(document jsonb, rebuilt jsonb) returns void
language sql volatile
begin atomic
  with submitted as (
    select remember_import.document - array['pipelines', 'models'] as document, (
      select jsonb_object_agg(format('/%s/%s/%s', list.name, item.place, key.name), item.item -> key.name)
      from (values ('pipelines', datastore.pipelines_system_keys('pipeline')),
                   ('models', datastore.pipelines_system_keys('model'))) as list(name, keys)
      cross join lateral datastore.items_of(remember_import.document -> list.name) as item
      cross join lateral unnest(list.keys) as key(name)
      where item.item ? key.name and item.item -> key.name <> rebuilt -> list.name -> item.place -> key.name
    ) as claimed
  )
  insert into datastore.pipelines_import (document, claimed)
  select submitted.document, submitted.claimed
  from submitted
  where (submitted.document, submitted.claimed) is distinct from (
    select (newest.document, newest.claimed)
    from datastore.pipelines_import as newest order by newest.pipelines_import_id desc limit 1);
end;
comment on function datastore.remember_import(jsonb, jsonb) is
  'Keeps what a document of pipelines said about itself, and what it claimed, unless the one before said the same.';

create or replace function datastore.rebuild_pipelines(
  with_keys boolean default false, include_inactive boolean default false
) returns jsonb
language sql stable
return coalesce((select newest.document from datastore.pipelines_import as newest
    order by newest.pipelines_import_id desc limit 1), '{}')
  || jsonb_build_object(
    'pipelines', (
      select coalesce(jsonb_agg(datastore.pipeline_json(pipeline) order by
        pipeline.retired_at is not null, choice.pipeline_id is null, not pipeline.is_default, pipeline.position), '[]')
      from datastore.pipeline
      left join datastore.pipeline_choice as choice
        on choice.pipeline_id = pipeline.pipeline_id and choice.user_id = datastore.acting_user()
      where include_inactive or pipeline.retired_at is null),
    'models', (
      select coalesce(jsonb_agg(datastore.model_json(model_version, with_keys) order by
        model.position, model_version.active desc, datastore.version_parts(model_version.version) desc), '[]')
      from datastore.model_version
      join datastore.model on model.model_id = model_version.model_id
      where include_inactive or model_version.active));
comment on function datastore.rebuild_pipelines(boolean, boolean) is
'Pipelines, the acting user''s own choice first, then the default one, and models.

with_keys: with the models'' secrets, sealed; they are absent otherwise
include_inactive: retired pipelines and old versions of models as well
Answer: `{"pipelines": […], "models": […]}`
Errors: none';

create or replace function datastore.require_pipeline(pipeline_id uuid) returns datastore.pipeline
language plpgsql stable as $$
declare
  known datastore.pipeline;
begin
  select * into known from datastore.pipeline where pipeline.pipeline_id = require_pipeline.pipeline_id;
  if not found then
    perform datastore.refuse('DS404',
      format('there is no pipeline %s', coalesce(require_pipeline.pipeline_id::text, 'NULL')));
  end if;
  return known;
end
$$;
comment on function datastore.require_pipeline(uuid) is 'The pipeline with this id. Errors: DS404.';

create or replace function datastore.choose_pipeline(pipeline_id uuid) returns jsonb
language plpgsql volatile as $$
declare
  acting_id uuid := datastore.acting_user();
  known datastore.pipeline;
begin
  if acting_id is null then
    perform datastore.refuse('DS403', 'no user is acting: call datastore.act_as(user_id) in the same statement');
  end if;
  if choose_pipeline.pipeline_id is null then
    update datastore.pipeline_choice set pipeline_id = null where user_id = acting_id;
    return null;
  end if;
  known := datastore.require_pipeline(choose_pipeline.pipeline_id);
  if known.retired_at is not null then
    perform datastore.refuse('DS409', format('pipeline %s was retired', to_json(known.name)));
  end if;
  insert into datastore.pipeline_choice (user_id, pipeline_id) values (acting_id, known.pipeline_id)
  on conflict (user_id) do update set pipeline_id = excluded.pipeline_id
  where pipeline_choice.pipeline_id is distinct from excluded.pipeline_id;
  return datastore.pipeline_json(known);
end
$$;
comment on function datastore.choose_pipeline(uuid) is
'Makes a pipeline the acting user''s own choice, which comes first in rebuild_pipelines.

pipeline_id: the pipeline; `NULL` gives the choice up
Answer: the pipeline, or `NULL`
Errors: `DS403`: no acting user · `DS404` · `DS409`: it was retired';

create or replace function datastore.retire_pipeline(pipeline_id uuid, retired boolean default true) returns jsonb
language plpgsql volatile as $$
begin
  perform datastore.check_site_role('administrator');
  perform datastore.require_pipeline(retire_pipeline.pipeline_id);
  update datastore.pipeline
  set retired_at = case when retired then now() end
  where pipeline.pipeline_id = retire_pipeline.pipeline_id and (retired_at is not null) <> retired;
  return datastore.pipeline_json(datastore.require_pipeline(retire_pipeline.pipeline_id));
end
$$;
comment on function datastore.retire_pipeline(uuid, boolean) is
'Retires a pipeline: it is listed and chosen no more, while inferences keep pointing at it. Importing it again
does not bring it back.

retired: `false` brings it back
Answer: the pipeline
Errors: `DS403`: the acting user is no administrator · `DS404`';
