-- The containers, keys and links that each user sees.

do $$
declare
  home text := datastore.policy_condition('home');
  shared text := datastore.policy_condition('shared');
  seen text := datastore.policy_condition('seen');
  changed text := datastore.policy_condition('changed');
  read_or_changed text := datastore.policy_condition('read_or_changed');
begin
  perform datastore.make_policy('datastore.container', 'app_reads', 'select', 'app', seen, null);

  -- Keys to write are for those who may write. Their owners issue and revoke them, and a revoked key stays revoked.
  perform datastore.make_policy('datastore.container_key', 'app_reads', 'select', 'app', read_or_changed, null);
  perform datastore.make_policy('datastore.container_key', 'app_updates', 'update', 'app',
    home || ' and revoked_at is null', home || ' and revoked_at is not null');

  -- Of links, those who only see the container see those that they were given themselves, while they see it
  perform datastore.make_policy('datastore.link', 'app_reads', 'select', 'app', format(
    '%s or issued_by = (select datastore.acting_user()) and %s', changed, shared), null);
  perform datastore.make_policy('datastore.link', 'app_inserts', 'insert', 'app', null, read_or_changed);
end
$$;
