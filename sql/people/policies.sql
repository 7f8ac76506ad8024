-- The users, groups and members that each user sees. Users and groups are written by functions that run as their owner.

do $$
declare
  my_groups text := datastore.policy_condition('my_groups');
  owned_groups text := datastore.policy_condition('owned_groups');
  myself text := datastore.policy_condition('myself');
begin
  perform datastore.make_policy('datastore.user_account', 'app_reads', 'select', 'app',
    'user_id in (select datastore.known_users())', null);
  -- An invited user sees the group's name and their invitation
  perform datastore.make_policy('datastore.user_group', 'app_reads', 'select', 'app',
    my_groups || ' or group_id in (select datastore.acting_invitations())', null);
  perform datastore.make_policy('datastore.membership', 'app_reads', 'select', 'app',
    owned_groups || ' or accepted_at is not null and ' || my_groups || ' or ' || myself, null);
end
$$;
