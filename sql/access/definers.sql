-- The functions that run as their owner, with the reason: a new one belongs into this list, and
-- tests/access/test_declared_privileges.py fails until it is there.

create or replace function datastore.declared_definers() returns table (name text, reason text)
language sql immutable parallel safe
begin atomic
  values
  -- Policies ask them: to ask the tables themselves would end in their own policies
  ('acting_setting', 'act_as finds a user before there is an acting user'),
  ('acting_home', 'the writer''s container is looked up, before policies of the table of containers apply'),
  ('acting_groups', 'policies ask for the acting user''s groups'),
  ('acting_invitations', 'policies ask for the acting user''s invitations'),
  ('acting_site_role', 'policies ask for the acting user''s site role'),
  ('shared_containers', 'policies ask for the containers that are shared with the acting user'),
  ('level_in', 'policies and functions ask what the acting user may do in a container'),
  ('known_users', 'policies ask whose email addresses the acting user sees'),
  -- Before there is an acting user
  ('find_user', 'a backend finds the user who signs in, and an owner invites members whom they do not see yet'),
  ('register_user', 'makes a user and their container'),
  -- Writes that need the consent of the user
  ('set_site_role', 'an administrator changes the account of another user'),
  ('create_group', 'makes a group and its first member, who is then its owner'),
  ('delete_group', 'deletes a group for its owner, and with it what others shared with it'),
  ('set_member', 'an owner of a group invites others'),
  ('join_group', 'an invited user joins'),
  ('remove_member', 'an owner of a group takes others out of it, and a member leaves'),
  ('remove_share', 'no role of a backend may delete rows: it could lock the table'),
  ('remove_publication', 'the same'),
  ('remove_pending_pictures', 'the same'),
  ('remove_personal_data_share', 'the same'),
  ('trim_pipelines', 'the same'),
  ('lock_container', 'locking a row takes the right to update it, and no role of a backend may update a container'),
  ('lock_pipelines', 'the same for the table of imports'),
  -- What all containers share
  ('learn_labels', 'registers species that labels name, and nothing else about them'),
  ('accept_seed', 'a verifier reviews a species'),
  ('merge_seed', 'a verifier merges a species in every container, and nothing of them is shown'),
  ('recognise_models', 'ties inferences of every container to models, and answers how many'),
  ('label_known', 'labels come from documents alone'),
  ('update_picture_feedback', 'error_handling comes from verdicts alone'),
  ('label_verified', 'labels come from verdicts alone'),
  ('delete_pending_pictures', 'workers delete what never arrived, and no other pictures'),
  ('seal_history', 'writes the seals of the history, which no other role may; it takes no argument'),
  -- Triggers, which the owner alone may attach
  ('audit', 'writes the history'),
  ('audit_claims', 'writes the history'),
  ('audit_new_boxes', 'writes the history'),
  ('audit_picture_sets', 'writes the history'),
  ('keep_inference_ids', 'looks for an id in containers that the acting user does not see'),
  ('audit_pictures', 'writes the history, and the outbox'),
  ('forget_personal_data', 'removes the earlier personal data of a picture, which its writer may not be able to see'),
  ('queue_derivative_deletions', 'writes the outbox'),
  ('queue_all_derivative_deletions', 'writes the outbox for all containers, before a TRUNCATE'),
  ('queue_all_blob_deletions', 'writes the outbox for all containers, before a TRUNCATE'),
  ('queue_link_uploads', 'writes the outbox for what comes through a link to upload');
end;
comment on function datastore.declared_definers() is
  'The functions that run as their owner (SECURITY DEFINER), and why. Each has search_path = pg_catalog, pg_temp.';
