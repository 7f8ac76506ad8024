-- What each role may do at all; sql/security/policies.sql says with which rows.

do $do$
declare
  granted text;
begin
  foreach granted in array array[
    'revoke all on all tables in schema datastore from public, {app}, {worker}, {reader}',
    'revoke all on all functions in schema datastore from public, {app}, {worker}, {reader}',
    'grant usage on schema datastore, jsonschema to {app}, {worker}, {reader}',
    'grant execute on all functions in schema datastore to {app}, {worker}, {reader}',
    'grant select on all tables in schema datastore to {app}, {worker}, {reader}',

    -- The backend, through the functions. Nothing that belongs to a container is moved to another one, because a policy
    -- would have to allow both; documents'' schemas and what registers users are not its business.
    'grant insert, update, delete on datastore.picture_set, datastore.picture, datastore.picture_label, datastore.claim,
       datastore.inference, datastore.box, datastore.expert_guess, datastore.verdict, datastore.blob_deletion,
       datastore.user_group, datastore.membership, datastore.container_share, datastore.pipeline_choice to {app}',
    'grant update on datastore.container to {app}',
    'grant insert, update, delete on datastore.seed, datastore.label, datastore.model, datastore.model_version, datastore.model_secret,
       datastore.pipeline, datastore.pipeline_model, datastore.pipelines_import to {app}',

    'grant insert, update, delete on all tables in schema datastore to {worker}',
    -- Nobody but the triggers writes the history.
    'revoke insert, update, delete on datastore.history from {app}, {worker}',

    'revoke all on datastore.model_secret from {reader}',
    -- It reads, whatever a function does as its owner.
    'revoke execute on function datastore.register_user(text, text), datastore.merge_seed(uuid, uuid), datastore.recognise_models() from {reader}'
  ] loop
    execute replace(replace(replace(granted,
      '{app}', quote_ident(datastore.role_name('app'))),
      '{worker}', quote_ident(datastore.role_name('worker'))),
      '{reader}', quote_ident(datastore.role_name('reader')));
  end loop;
end
$do$;
