-- What each role may do at all; sql/security/policies.sql says with which rows.

create or replace function datastore.grant_to_roles(statement text) returns void
language plpgsql volatile as $$
begin
  if not (datastore.role_is_there('app') and datastore.role_is_there('worker') and datastore.role_is_there('reader')) then
    return;  -- sql/security/roles.sql said so
  end if;
  execute replace(replace(replace(statement,
    '{app}', quote_ident(datastore.role_name('app'))),
    '{worker}', quote_ident(datastore.role_name('worker'))),
    '{reader}', quote_ident(datastore.role_name('reader')));
end
$$;
comment on function datastore.grant_to_roles(text) is 'Runs a grant or revoke with the names of the database roles for {app}, {worker} and {reader}.';

do $$
declare
  statement text;
begin
  foreach statement in array array[
    'revoke all on all tables in schema datastore from public, {app}, {worker}, {reader}',
    'revoke all on all functions in schema datastore from public, {app}, {worker}, {reader}',
    'grant usage on schema datastore, jsonschema to {app}, {worker}, {reader}',
    'grant execute on all functions in schema datastore to {app}, {worker}, {reader}',
    'grant select on all tables in schema datastore to {app}, {worker}, {reader}',

    -- The backend, through the functions
    'grant insert, delete on datastore.picture_set, datastore.picture, datastore.picture_label, datastore.claim, datastore.inference,
       datastore.box, datastore.expert_guess, datastore.verdict, datastore.blob_deletion, datastore.user_group, datastore.membership,
       datastore.container_share, datastore.container_publication, datastore.pipeline_choice to {app}',
    'grant update (role) on datastore.membership, datastore.container_share to {app}',
    'grant update (name) on datastore.user_group to {app}',
    'grant update (pipeline_id, chosen_at) on datastore.pipeline_choice to {app}',
    -- Which is what locks the row, too
    'grant update (ready_at) on datastore.container to {app}',
    'grant update (revoked_at, revoked_by) on datastore.container_key to {app}',
    'grant insert on datastore.link to {app}',
    'grant insert, update, delete on datastore.seed, datastore.label, datastore.model, datastore.model_version, datastore.model_secret,
       datastore.pipeline, datastore.pipeline_model, datastore.pipelines_import to {app}',

    'grant insert, update, delete on all tables in schema datastore to {worker}',
    -- Nobody but the triggers writes the history.
    'revoke insert, update, delete on datastore.history from {worker}',
    -- What is installed is the affair of whoever migrates.
    'revoke all on datastore.installed_part, datastore.installed_object from {app}, {worker}, {reader}',

    'revoke all on datastore.model_secret, datastore.container_key from {reader}',
    -- It reads, and these do something as their owner.
    'revoke execute on function datastore.register_user(text, text), datastore.merge_seed(uuid, uuid), datastore.recognise_models() from {reader}'
  ] loop
    perform datastore.grant_to_roles(statement);
  end loop;

  -- No row is moved to another container, and who reads everything reads no keys.
  for statement in
    select format('grant select (%s) on datastore.container_key to {reader}', string_agg(quote_ident(attname), ', '))
    from pg_catalog.pg_attribute
    where attrelid = 'datastore.container_key'::regclass and attnum > 0 and not attisdropped and attname not in ('nonce', 'ciphertext')
    union all
    select format('grant update (%s) on %s to {app}',
                  (select string_agg(quote_ident(attname), ', ') from pg_catalog.pg_attribute
                   where attrelid = changed and attnum > 0 and not attisdropped and attgenerated = '' and attidentity = '' and attname <> 'container_id'),
                  changed)
    from unnest(array['datastore.picture_set', 'datastore.picture', 'datastore.picture_label', 'datastore.claim', 'datastore.inference', 'datastore.box',
                      'datastore.expert_guess', 'datastore.verdict']::regclass[]) as changed
  loop
    perform datastore.grant_to_roles(statement);
  end loop;
end
$$;

-- A trigger function runs as the owner. Attached to a table of the caller's own it would read what the caller put there.
do $$
declare
  trigger_function regprocedure;
begin
  for trigger_function in
    select pg_proc.oid from pg_catalog.pg_proc
    where pronamespace = 'datastore'::regnamespace and prorettype = 'pg_catalog.trigger'::regtype
  loop
    perform datastore.grant_to_roles(format('revoke execute on function %s from {app}, {worker}, {reader}', trigger_function));
  end loop;
end
$$;
