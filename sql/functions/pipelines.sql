-- Pipelines and models. What inferences ask of them comes first.

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
  'The pipeline that made an inference: by its document''s pipeline_id, else by its pipeline_name; without either, the one pipeline with exactly these models in this order. NULL if nobody knows it.';

create or replace function datastore.find_model_versions(models jsonb) returns uuid[]
language plpgsql stable parallel safe as $$
declare
  found_ids uuid[];
begin
  select array_agg(model_version.model_version_id order by named.place) into found_ids
  from jsonb_array_elements(case jsonb_typeof(models) when 'array' then models end) with ordinality as named(model, place)
  left join datastore.model on model.name = named.model ->> 'name'
  left join datastore.model_version
    on model_version.model_id = model.model_id and model_version.version = datastore.version_text(named.model -> 'version');
  return coalesce(found_ids, '{}');
end
$$;
comment on function datastore.find_model_versions(jsonb) is
  'The model versions that an inference names, [{name, version}, …]: their ids in this order, NULL for each that nobody knows; {} for none.';

-- Versions

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
  'What versions are ordered by: part by part, as numbers. 1.10 is higher than 1.9, 2 than 1.10, 1.0 than 1, and any than none.';

-- What is wrong with a document

create or replace function datastore.to_base64(content bytea) returns text
language sql immutable parallel safe
return translate(encode(content, 'base64'), E'\n', '');
comment on function datastore.to_base64(bytea) is 'Base64 on one line.';

create or replace function datastore.from_base64(encoded text) returns bytea
language sql immutable parallel safe
return case
  when encoded ~ '^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)$'
    and datastore.to_base64(decode(encoded, 'base64')) = encoded
  then decode(encoded, 'base64')
end;
comment on function datastore.from_base64(text) is 'The bytes, or NULL for what datastore.to_base64 would not write: it raises nothing, so it shows nothing.';

create or replace function datastore.may_have_stray_secrets(value jsonb) returns boolean
language sql immutable parallel safe
-- What is deeper than a document may be is refused for that: keyvalue() copies what is below each key.
return jsonb_typeof(value) in ('object', 'array') and not jsonb_path_exists(value, 'strict $.**{64}') and jsonb_path_exists(value,
  'strict $.** ? (@.type() == "object").keyvalue().key ? (@ like_regex "^[^a-z]*(a[^a-z]*p[^a-z]*i[^a-z]*k[^a-z]*e[^a-z]*y|e[^a-z]*n[^a-z]*d[^a-z]*p[^a-z]*o[^a-z]*i[^a-z]*n[^a-z]*t)[^a-z]*$" flag "i")');
comment on function datastore.may_have_stray_secrets(jsonb) is 'Is there a key below that reads apikey or endpoint, with whatever between its letters?';

create or replace function datastore.stray_secrets(document jsonb) returns table (instance_path text)
language sql immutable parallel safe
begin atomic
  with recursive node(path, value) as (
    select array[]::text[], document
    where datastore.may_have_stray_secrets(document)
    union all
    select node.path || child.key, child.value
    from node
    cross join lateral (
      select object.key, object.value
      from jsonb_each(case jsonb_typeof(node.value) when 'object' then node.value else '{}' end) as object
      union all
      select (item.position - 1)::text, item.value
      from jsonb_array_elements(case jsonb_typeof(node.value) when 'array' then node.value else '[]' end) with ordinality as item(value, position)
    ) as child
    -- Towards the keys alone: the way to each value of a large document would be larger than the document.
    where cardinality(node.path) < 64 and (
      lower(regexp_replace(child.key, '[^A-Za-z]', '', 'g')) in ('apikey', 'endpoint') or datastore.may_have_stray_secrets(child.value))
  )
  select datastore.json_pointer(node.path)
  from node
  cross join lateral (
    select lower(regexp_replace(node.path[cardinality(node.path)], '[^A-Za-z]', '', 'g')) as name,
           cardinality(node.path) = 3 and node.path[1] in ('models', 'pipelines') as in_an_item,
           cardinality(node.path) >= 3 and node.path[1] = 'models' and node.path[3] in ('api_key', 'endpoint') as in_its_place
  ) as key
  where node.value <> 'null' and not key.in_its_place
    and (key.name = 'apikey' or key.name = 'endpoint' and key.in_an_item)
  limit 100;
end;
comment on function datastore.stray_secrets(jsonb) is
  'Where a document of pipelines has what may be a secret under a key that is not kept as one: apiKey in a model, api_key in a pipeline, …';

create or replace function datastore.secret_errors(document jsonb)
returns table (instance_path text, keyword text, message text)
language sql immutable parallel safe
begin atomic
  select stray.instance_path, 'spelling', 'expected secrets as api_key and endpoint of a model, sealed: under another key they would be kept in clear'
  from datastore.stray_secrets(document) as stray
  union all
  select format('/models/%s/%s/%s', model.place, secret.field, part.name), 'contentEncoding', 'expected base64'
  from datastore.items_of(document -> 'models') as model
  cross join (values ('api_key'), ('endpoint')) as secret(field)
  cross join (values ('nonce'), ('ciphertext')) as part(name)
  where datastore.pipelines_v1_model__sealed(model.item -> secret.field)
    and datastore.from_base64(model.item -> secret.field ->> part.name) is null
    and model.item -> secret.field <> 'null';
end;
comment on function datastore.secret_errors(jsonb) is
  'What is wrong with the secrets of a document of pipelines beyond its schema. No message shows a value.';

create or replace function datastore.pipelines_errors(document jsonb)
returns table (instance_path text, keyword text, message text)
language sql stable parallel safe
begin atomic
  with error as materialized (
    select found.*, substring(found.instance_path from '^/models/[0-9]+/(?:api_key|endpoint)(?=/|$)') as secret
    from datastore.document_errors('pipelines', document) as found
  )
  select error.instance_path, error.keyword, error.message
  from error
  where error.secret is null
  union all
  -- The usual message shows what was found: never here.
  select distinct error.secret, error.keyword,
         'expected a sealed secret, {"kek_id", "nonce", "ciphertext"}, or null: datastore-db pipelines seal makes it. '
         'One that was sent unsealed may stand in the server''s log: replace it where it came from'
  from error
  where error.secret is not null
  union all
  select * from datastore.secret_errors(document)
  union all
  select format('/%s/%s/%s', list.name, item.place, key.name), 'maxLength', 'expected at most 2,000 bytes'
  from (values ('pipelines', array['pipeline_name']), ('models', array['model_name', 'version'])) as list(name, keys)
  cross join lateral datastore.items_of(document -> list.name) as item
  cross join lateral unnest(list.keys) as key(name)
  where octet_length(item.item ->> key.name) > 2000;
end;
comment on function datastore.pipelines_errors(jsonb) is
  'What is wrong with a document of pipelines and models, whatever is stored. No message shows a secret.';

create or replace function datastore.model_version_errors(document jsonb)
returns table (instance_path text, keyword text, message text)
language sql stable parallel safe
begin atomic
  with sent as (
    select item.place, item.item ->> 'model_name' as name, datastore.version_text(item.item -> 'version') as version,
           datastore.version_parts(datastore.version_text(item.item -> 'version')) as parts,
           max(datastore.version_parts(datastore.version_text(item.item -> 'version'))) over (partition by item.item ->> 'model_name') as highest
    from datastore.items_of(document -> 'models') as item
  )
  select format('/models/%s/version', sent.place), 'higherVersion',
         format('expected version %s of %s or a higher one, found %s', to_json(active.version), to_json(sent.name),
                coalesce(to_json(nullif(sent.version, ''))::text, 'none'))
  from sent
  join datastore.model on model.name = sent.name
  join datastore.model_version as active on active.model_id = model.model_id and active.active
  cross join lateral (select datastore.version_parts(active.version) as parts) as known
  where sent.version <> active.version
    and case
      -- Old versions may stand beside the newest, if they are known.
      when sent.highest > known.parts or sent.highest = known.parts and sent.parts < sent.highest then
        sent.parts <= known.parts and not exists (
          select from datastore.model_version
          where model_version.model_id = model.model_id and model_version.version = sent.version)
      else true
    end
  union all
  select format('/models/%s/version', equal.place), 'higherVersion',
         format('expected another version, found %s, which is as high as %s', to_json(equal.version), to_json(equal.first_version))
  from (
    select sent.place, sent.version, first_value(sent.version) over (partition by sent.name, sent.parts order by sent.place) as first_version
    from sent
  ) as equal
  where equal.version <> equal.first_version;
end;
comment on function datastore.model_version_errors(jsonb) is
  'Models of a document whose version goes backwards. Several versions of a model may stand in one document.';

create or replace function datastore.pipelines_state_errors(document jsonb)
returns table (instance_path text, keyword text, message text)
language sql stable parallel safe
begin atomic
  (
    -- Each name is looked for once, and not at each place.
    with named as materialized (
      select pipeline.place as pipeline, model.place, model.name
      from datastore.items_of(document -> 'pipelines') as pipeline
      cross join lateral jsonb_array_elements_text(pipeline.item -> 'models') with ordinality as model(name, place)
    ), strange as materialized (
      select named.name from named
      except select sent.item ->> 'model_name' from datastore.items_of(document -> 'models') as sent
      except select known.name from datastore.model as known
    )
    select format('/pipelines/%s/models/%s', named.pipeline, named.place - 1), 'knownModel',
           format('expected a model of this document or one that is known, found %s', to_json(named.name))
    from named
    where named.name in (select strange.name from strange)
    order by named.pipeline, named.place
    limit 1000
  )
  union all
  select format('/pipelines/%s/version', pipeline.place), 'higherVersion',
         format('expected version %s of %s or a higher one, found %s', to_json(known.version), to_json(known.name), to_json(sent.version))
  from datastore.items_of(document -> 'pipelines') as pipeline
  cross join lateral (select datastore.version_text(pipeline.item -> 'version') as version) as sent
  join datastore.pipeline as known on known.name = pipeline.item ->> 'pipeline_name'
  where sent.version <> '' and datastore.version_parts(sent.version) < datastore.version_parts(known.version)
  union all
  select * from datastore.model_version_errors(document);
end;
comment on function datastore.pipelines_state_errors(jsonb) is
  'What is wrong with a valid document of pipelines and models in the light of what is stored: models that nobody knows, versions that go backwards.';

-- How documents become rows

create or replace function datastore.in_one_spelling(item jsonb, other text, key text) returns jsonb
language sql immutable parallel safe
return case
  when item ? other then item - other || jsonb_build_object(key, coalesce(nullif(item -> key, 'null'), item -> other))
  else item
end;
comment on function datastore.in_one_spelling(jsonb, text, text) is 'An object in which a key that has another spelling stands under its own name.';

create or replace function datastore.sent_pipelines(document jsonb) returns table (place integer, item jsonb, name text, document jsonb)
language sql immutable parallel safe
-- With a setting it stays a function: put in the place of its call, a join would do it again for each row that it joins.
set jit = off
begin atomic
  select sent.place, sent.item, sent.item ->> 'pipeline_name',
         datastore.in_one_spelling(datastore.in_one_spelling(
           sent.item - array['pipeline_id', 'model_name', 'active'], 'dataset_description', 'dataset'), 'accuracy', 'Accuracy')
  from datastore.items_of(sent_pipelines.document -> 'pipelines') as sent;
end;
comment on function datastore.sent_pipelines(jsonb) is 'The pipelines of a document as rows: place, the item as sent, and what of it the client fills.';

create or replace function datastore.sent_models(document jsonb)
returns table (place integer, item jsonb, name text, version text, is_highest boolean, document jsonb)
language sql immutable parallel safe
-- With a setting it stays a function: put in the place of its call, a join would do it again for each row that it joins.
set jit = off
begin atomic
  select sent.place, sent.item, sent.item ->> 'model_name', datastore.version_text(sent.item -> 'version'),
         row_number() over (
           partition by sent.item ->> 'model_name'
           order by datastore.version_parts(datastore.version_text(sent.item -> 'version')) desc) = 1,
         datastore.in_one_spelling(datastore.in_one_spelling(datastore.in_one_spelling(
           sent.item - array['model_id', 'api_key', 'endpoint'],
           'dataset_description', 'dataset'), 'accuracy', 'Accuracy'), 'tasks', 'task')
  from datastore.items_of(sent_models.document -> 'models') as sent;
end;
comment on function datastore.sent_models(jsonb) is
  'The models of a document as rows: place, the item as sent, is it the highest version of this model in the document, and what of it the client fills, without its secrets.';

create or replace function datastore.write_models(document jsonb) returns void
language plpgsql volatile as $$
#variable_conflict use_column
begin
  insert into datastore.model (name)
  select sent.name
  from datastore.sent_models(write_models.document) as sent
  group by sent.name
  order by min(sent.place)
  on conflict (name) do nothing;

  -- First the old ones go, because one version of a model is active.
  update datastore.model_version set active = false
  from datastore.model
  join datastore.sent_models(write_models.document) as sent on sent.name = model.name and sent.is_highest
  where model_version.model_id = model.model_id and model_version.active and model_version.version <> sent.version;

  insert into datastore.model_version as known (model_id, active, document)
  select model.model_id, sent.is_highest, sent.document
  from datastore.sent_models(write_models.document) as sent
  join datastore.model on model.name = sent.name
  order by sent.place
  on conflict (model_id, version) do update
  set document = excluded.document, active = excluded.active
  where known.document <> excluded.document or known.active <> excluded.active;

  -- A document without a secret leaves the one that is stored; null takes it away.
  insert into datastore.model_secret as known (model_version_id, field, kek_id, nonce, ciphertext)
  select model_version.model_version_id, secret.field, sent.item -> secret.field ->> 'kek_id',
         datastore.from_base64(sent.item -> secret.field ->> 'nonce'), datastore.from_base64(sent.item -> secret.field ->> 'ciphertext')
  from datastore.sent_models(write_models.document) as sent
  cross join (values ('api_key'), ('endpoint')) as secret(field)
  join datastore.model on model.name = sent.name
  join datastore.model_version on model_version.model_id = model.model_id and model_version.version = sent.version
  where sent.item ? secret.field
  on conflict (model_version_id, field) do update
  set kek_id = excluded.kek_id, nonce = excluded.nonce, ciphertext = excluded.ciphertext
  where (known.kek_id, known.nonce, known.ciphertext) is distinct from (excluded.kek_id, excluded.nonce, excluded.ciphertext);
end
$$;
comment on function datastore.write_models(jsonb) is 'Writes the models of a checked document: names, versions, secrets.';

create or replace function datastore.write_pipelines(document jsonb) returns void
language plpgsql volatile as $$
#variable_conflict use_column
begin
  -- First the old default goes, because there is one at most.
  update datastore.pipeline set is_default = false
  where is_default and exists (
    select from datastore.sent_pipelines(write_pipelines.document) as sent
    where sent.item -> 'default' = to_jsonb(sent.name <> pipeline.name));

  insert into datastore.pipeline as known (is_default, document)
  select coalesce(sent.item -> 'default' = 'true', false), sent.document
  from datastore.sent_pipelines(write_pipelines.document) as sent
  order by sent.place
  on conflict (name) do update
  set document = excluded.document, is_default = known.is_default or excluded.is_default
  where known.document <> excluded.document or excluded.is_default and not known.is_default;

  insert into datastore.pipeline_model (pipeline_id, place, model_id)
  select pipeline.pipeline_id, named.place, model.model_id
  from datastore.sent_pipelines(write_pipelines.document) as sent
  join datastore.pipeline on pipeline.name = sent.name
  cross join lateral jsonb_array_elements_text(pipeline.models) with ordinality as named(name, place)
  join datastore.model on model.name = named.name
  on conflict (pipeline_id, place) do update set model_id = excluded.model_id
  where pipeline_model.model_id <> excluded.model_id;
  perform datastore.trim_pipelines();
end
$$;
comment on function datastore.write_pipelines(jsonb) is 'Writes the pipelines of a checked document, whose models are written.';

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
comment on function datastore.pipeline_json(datastore.pipeline) is 'A pipeline as its document said, with what the datastore knows.';

create or replace function datastore.model_json(version datastore.model_version, with_keys boolean) returns jsonb
language sql stable parallel safe
return (version).document || jsonb_build_object('model_id', (version).model_id) || case
  when with_keys then (
    select coalesce(jsonb_object_agg(secret.field, case when secret.kek_id is not null then jsonb_build_object(
      'kek_id', secret.kek_id, 'nonce', datastore.to_base64(secret.nonce), 'ciphertext', datastore.to_base64(secret.ciphertext)) end), '{}')
    from datastore.model_secret as secret
    where secret.model_version_id = (version).model_version_id)
  else '{}'
end;
comment on function datastore.model_json(datastore.model_version, boolean) is
  'A version of a model as its document said, with what the datastore knows; with_keys: its sealed secrets as well.';

-- What backends call

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
  select jsonb_agg(jsonb_build_object('instance_path', error.instance_path, 'keyword', error.keyword, 'message', error.message))
  into errors
  from datastore.pipelines_errors(coalesce(import_pipelines.document, 'null')) as error;
  perform datastore.check_size(import_pipelines.document);
  if errors is null then
    -- One at a time, so that what is checked is what is written to.
    perform datastore.lock_pipelines();
    select jsonb_agg(jsonb_build_object('instance_path', error.instance_path, 'keyword', error.keyword, 'message', error.message))
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
      join datastore.model_version on model_version.model_id = model.model_id and model_version.version = sent.version));
  perform datastore.remember_import(import_pipelines.document, answer);
  perform datastore.recognise_models();
  return answer;
end
$$;
comment on function datastore.import_pipelines(jsonb) is
  'Registers pipelines and models, or changes them, and answers the document with their ids. A model''s higher version becomes the active one; inferences that came before it are tied to it (datastore.recognise_models()); secrets must be sealed (docs/keys.md). Errors: DS400, DS403 for an acting user who is no administrator.';

create or replace function datastore.remember_import(document jsonb, rebuilt jsonb) returns void
language sql volatile
begin atomic
  with said as (
    select remember_import.document - array['pipelines', 'models'] as document, (
      select jsonb_object_agg(format('/%s/%s/%s', list.name, item.place, key.name), item.item -> key.name)
      from (values ('pipelines', array['pipeline_id', 'model_name', 'active']), ('models', array['model_id'])) as list(name, keys)
      cross join lateral datastore.items_of(remember_import.document -> list.name) as item
      cross join lateral unnest(list.keys) as key(name)
      where item.item ? key.name and item.item -> key.name <> rebuilt -> list.name -> item.place -> key.name
    ) as claimed
  )
  insert into datastore.pipelines_import (document, claimed)
  select said.document, said.claimed
  from said
  where (said.document, said.claimed) is distinct from (
    select (newest.document, newest.claimed)
    from datastore.pipelines_import as newest order by newest.pipelines_import_id desc limit 1);
end;
comment on function datastore.remember_import(jsonb, jsonb) is
  'Keeps what a document of pipelines said about itself, and what it claimed, unless the one before said the same.';

create or replace function datastore.rebuild_pipelines(with_keys boolean default false, include_inactive boolean default false) returns jsonb
language sql stable
return coalesce((select newest.document from datastore.pipelines_import as newest order by newest.pipelines_import_id desc limit 1), '{}')
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
  'Pipelines, the acting user''s own choice first, then the default one, and models: {"pipelines": […], "models": […]}. Without retired pipelines and old versions unless include_inactive; then a model''s active version stands before its old ones. with_keys: with the sealed secrets, which are absent otherwise.';

create or replace function datastore.require_pipeline(pipeline_id uuid) returns datastore.pipeline
language plpgsql stable as $$
declare
  known datastore.pipeline;
begin
  select * into known from datastore.pipeline where pipeline.pipeline_id = require_pipeline.pipeline_id;
  if not found then
    perform datastore.refuse('DS404', format('there is no pipeline %s', coalesce(require_pipeline.pipeline_id::text, 'NULL')));
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
  'Makes a pipeline the acting user''s own choice, which comes first in rebuild_pipelines, and answers it; NULL gives the choice up. Errors: DS403 when nobody acts, DS404, DS409 for a retired one.';

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
  'Retires a pipeline, and answers it: it is listed and chosen no more, while inferences keep pointing at it; with retired => false it is brought back. Errors: DS403 for an acting user who is no administrator, DS404.';
