-- How documents become rows

create or replace function datastore.in_one_spelling(item jsonb, other text, key text) returns jsonb
language sql immutable parallel safe
return case
  when item ? other then item - other || jsonb_build_object(key, coalesce(nullif(item -> key, 'null'), item -> other))
  else item
end;
comment on function datastore.in_one_spelling(jsonb, text, text) is
  'An object in which a key that has another spelling stands under its own name.';

create or replace function datastore.sent_pipelines(
  document jsonb
) returns table (place integer, item jsonb, name text, document jsonb)
language sql immutable parallel safe
-- With a setting it stays a function: put in the place of its call, a join would do it again for each row that it
-- joins.
set jit = off
begin atomic
  select sent.place, sent.item, sent.item ->> 'pipeline_name',
         datastore.in_one_spelling(datastore.in_one_spelling(
           sent.item - datastore.pipelines_system_keys('pipeline'), 'dataset_description',
           'dataset'), 'accuracy', 'Accuracy')
  from datastore.items_of(sent_pipelines.document -> 'pipelines') as sent;
end;
comment on function datastore.sent_pipelines(jsonb) is
  'The pipelines of a document as rows: place, the item as sent, and what of it the client fills.';

create or replace function datastore.sent_models(document jsonb)
returns table (place integer, item jsonb, name text, version text, is_highest boolean, document jsonb)
language sql immutable parallel safe
-- With a setting it stays a function: put in the place of its call, a join would do it again for each row that it
-- joins.
set jit = off
begin atomic
  select sent.place, sent.item, sent.item ->> 'model_name', datastore.version_text(sent.item -> 'version'),
         row_number() over (
           partition by sent.item ->> 'model_name'
           order by datastore.version_parts(datastore.version_text(sent.item -> 'version')) desc) = 1,
         datastore.in_one_spelling(datastore.in_one_spelling(datastore.in_one_spelling(
           sent.item - datastore.pipelines_system_keys('model') - array['api_key', 'endpoint'],
           'dataset_description', 'dataset'), 'accuracy', 'Accuracy'), 'tasks', 'task')
  from datastore.items_of(sent_models.document -> 'models') as sent;
end;
comment on function datastore.sent_models(jsonb) is
  'The models of a document as rows: place, the item as sent, is it the highest version of this model in the '
  'document, and what of it the client fills, without its secrets.';

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
         datastore.from_base64(sent.item -> secret.field ->> 'nonce'),
         datastore.from_base64(sent.item -> secret.field ->> 'ciphertext')
  from datastore.sent_models(write_models.document) as sent
  cross join (values ('api_key'), ('endpoint')) as secret(field)
  join datastore.model on model.name = sent.name
  join datastore.model_version on model_version.model_id = model.model_id and model_version.version = sent.version
  where sent.item ? secret.field
  on conflict (model_version_id, field) do update
  set kek_id = excluded.kek_id, nonce = excluded.nonce, ciphertext = excluded.ciphertext
  where (known.kek_id, known.nonce, known.ciphertext) is distinct from (excluded.kek_id,
    excluded.nonce, excluded.ciphertext);
end
$$;
comment on function datastore.write_models(jsonb) is
  'Writes the models of a checked document: names, versions, secrets.';

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
comment on function datastore.write_pipelines(jsonb) is
  'Writes the pipelines of a checked document, whose models are written.';

create or replace function datastore.trim_pipelines() returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform datastore.check_acting('datastore.pipeline_model');
  perform datastore.check_site_role('administrator');
  delete from datastore.pipeline_model
  using datastore.pipeline
  where pipeline.pipeline_id = pipeline_model.pipeline_id
    and pipeline_model.place > jsonb_array_length(pipeline.models);
end
$$;
comment on function datastore.trim_pipelines() is
  'Deletes the places of pipelines beyond the number of models that their documents name.';
