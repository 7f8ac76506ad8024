-- Models and pipelines are read by every user, and changed by administrators. The choice of a pipeline is the user's.

do $$
declare
  administers text := datastore.policy_condition('administers');
  myself text := datastore.policy_condition('myself');
  shared_table regclass;
begin
  perform datastore.make_policy('datastore.pipeline_choice', 'app_changes', 'all', 'app', myself, myself);
  foreach shared_table in array array[
    'datastore.model', 'datastore.model_version', 'datastore.model_secret', 'datastore.pipeline',
    'datastore.pipeline_model', 'datastore.pipelines_import']::regclass[] loop
    perform datastore.make_policy(shared_table, 'app_reads', 'select', 'app', 'true', null);
    perform datastore.make_policy(shared_table, 'app_inserts', 'insert', 'app', null, administers);
    perform datastore.make_policy(shared_table, 'app_updates', 'update', 'app', administers, administers);
  end loop;
end
$$;
