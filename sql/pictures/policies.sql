-- Personal data is its owner's, until they say otherwise; the role that reads everything reads only what others may.

do $$
declare
  own text := datastore.policy_condition('own');
  -- The policy of that table leaves those that the acting user sees
  shown text := 'container_id in (select shown.container_id from datastore.personal_data_share as shown)';
begin
  perform datastore.make_policy('datastore.picture_personal_data', 'app_reads', 'select', 'app',
    own || ' or ' || shown, null);
  perform datastore.make_policy('datastore.picture_personal_data', 'app_inserts', 'insert', 'app', null,
    datastore.policy_condition('changed'));
  perform datastore.make_policy('datastore.picture_personal_data', 'reader_reads', 'select', 'reader', shown, null);
end
$$;
