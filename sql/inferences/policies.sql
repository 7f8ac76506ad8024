-- Experts judge at a level of their own, which may be less than that of those who change pictures.

do $$
declare
  seen text := datastore.policy_condition('seen');
  judged text := datastore.policy_condition('judged');
  judged_table regclass;
begin
  perform datastore.make_policy('datastore.inference', 'app_inserts', 'insert', 'app', null,
    datastore.policy_condition('changed'));
  foreach judged_table in array array[
    'datastore.inference', 'datastore.box', 'datastore.expert_guess', 'datastore.verdict']::regclass[] loop
    perform datastore.make_policy(judged_table, 'app_reads', 'select', 'app', seen, null);
    perform datastore.make_policy(judged_table, 'app_updates', 'update', 'app', judged, judged);
    if judged_table <> 'datastore.inference'::regclass then
      perform datastore.make_policy(judged_table, 'app_inserts', 'insert', 'app', null, judged);
    end if;
  end loop;
end
$$;
