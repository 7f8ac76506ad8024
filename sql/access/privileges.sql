-- Everything that a role may use, with the reason. The rest is for the owner alone: a new function or
-- table belongs into this list, and tests/access/test_declared_privileges.py fails until it is.
--
-- No role may delete or update whole tables where it need not: that would let it lock them against all others. Ids, and
-- columns for user and time of a change, are defaults or written by triggers, and no role of a backend may write them.

create or replace function datastore.acting_privileges()
returns table (roles text, privilege text, objects text, reason text)
language sql immutable parallel safe
begin atomic
  values
  ('app worker reader', 'usage', 'schema datastore', 'to name what is in it'),
  ('app worker reader', 'usage', 'schema jsonschema', 'compiled checks of documents call its formats'),
  -- The acting user
  ('app worker reader', 'execute', 'acting_user acting_container acting_home acting_groups acting_invitations
    acting_setting acting_site_role calling_role shared_containers level_in needed_level read_level known_users
    may_write check_may_write check_acting check_site_role own_container require_own_container role_name role_prefix
    role_is_there may_become act_as',
    'policies, defaults and functions ask for the acting user and their rights; each answers for that user alone'),
  ('app', 'execute', 'act_as_worker',
    'a backend makes the container of a user, where its login is in the role of workers as well'),
  ('app worker', 'execute', 'register_user find_user',
    'a backend finds and registers the user who signs in, before there is an acting user'),
  ('app worker reader', 'execute', 'user_json', 'what these answer'),
  ('app', 'execute', 'set_site_role', 'administrators give site roles; it asks for the role'),
  ('app worker reader', 'select', 'user_account user_group membership',
    'people and groups, as far as policies show them');
end;
comment on function datastore.acting_privileges() is
  'Part of declared_privileges(): the schemas, and the acting user.';

create or replace function datastore.document_privileges()
returns table (roles text, privilege text, objects text, reason text)
language sql immutable parallel safe
begin atomic
  values
  ('app worker reader', 'execute', 'refuse error_row json_pointer spelling_message more_members with_kept number_of
    is_tier seed_key counted_id version_text task_name version_parts from_base64 to_base64 items_of items_beside
    extension_of object_v1 email_v1 is_near_limits is_beyond_range is_deep limit_errors check_limits call_limits
    check_batch check_bytes check_size read_ids is_large read_document is_json schema_of fits_schema system_keys
    kept_keys claimed_keys divide_document in_one_spelling', 'documents are taken apart and put together again'),
  ('app worker reader', 'execute', 'wording count_guesses guesses_message check_guesses corner_rules corners_of
    secret_errors stray_secrets may_have_stray_secrets rule_errors document_errors invalid_documents
    document_is_valid check_document check_documents',
    'documents are checked, and every client may ask for the errors of one'),
  ('app worker reader', 'select', 'document_schema', 'the schemas by which documents are checked');
end;
comment on function datastore.document_privileges() is
  'Part of declared_privileges(): checks of documents. They read no table but the schemas. What each kind has of its '
  'own is granted by kind_functions().';

create or replace function datastore.picture_privileges()
returns table (roles text, privilege text, objects text, reason text)
language sql immutable parallel safe
begin atomic
  values
  ('app worker reader', 'execute', 'find_picture find_picture_set picture_json picture_set_json rebuild_picture
    rebuild_picture_set rebuild_folders audit_trail labels_text locate_picture find_container',
    'reads pictures, as far as policies show them'),
  ('app worker reader', 'select', 'container picture_set picture picture_label claim picture_text picture_document
    picture_set_document', 'the rows behind them'),
  ('app', 'execute', 'announce_pictures announced_pictures known_picture overtaken_pictures add_pictures
    check_announcement confirm_pictures confirmed_pictures update_picture rewrite_pictures remember_claims
    remember_picture_claims create_picture_set open_picture_set
    check_folder write_picture_set lock_container', 'pictures and sets are written for the acting user'),
  ('app', 'execute', 'remove_pending_pictures', 'an announcement makes way for another one under its path'),
  ('app', 'insert', 'picture_set(container_id, name, folder_root, folder_path, document, kept)', 'create_picture_set'),
  ('app', 'update', 'picture_set(name, document, kept)', 'open_picture_set'),
  ('app', 'insert', 'picture(container_id, picture_set_id, relative_path, size, md5, metadata, image_data,
    quality_check, document, kept)', 'announce_pictures; its id and the name of its blob are made by the table'),
  ('app', 'update', 'picture(document, kept, state, replaced_by, size, md5, image_data, quality_check)',
    'update_picture and confirm_pictures; a trigger refuses to change what describes stored bytes'),
  ('app', 'update', 'picture(etag)', 'confirm_pictures, also of a lost blob that was put back'),
  ('app', 'insert', 'claim(container_id, entity, entity_id, claimed)', 'remember_claims'),
  ('app', 'update', 'claim(claimed)', 'remember_claims'),
  ('app', 'insert', 'picture(tags, has_personal_data)', 'announce_pictures'),
  ('app', 'update', 'picture(tags, has_personal_data)',
    'write_image_data; a trigger refuses to change what describes stored bytes'),
  -- Personal data of pictures, and copies without
  ('app worker reader', 'execute', 'is_personal_tag public_group public_tags without_personal_tags with_tags
    may_see_personal_data served_blob',
    'documents and files are shown without personal data to those who may not see it'),
  ('app worker reader', 'select', 'picture_personal_data personal_data_share picture_derivative',
    'rebuilds documents, as far as policies show the rows'),
  ('app', 'execute', 'share_personal_data remove_personal_data_share', 'owners show personal data, or no longer'),
  ('app', 'insert', 'personal_data_share(container_id)', 'share_personal_data'),
  ('app', 'execute', 'write_image_data', 'what an inspection found is written for the acting user'),
  ('app', 'insert', 'picture_personal_data(picture_id, container_id, tags)', 'announce_pictures and write_image_data'),
  ('worker', 'execute', 'begin_copy end_copy missing_copies', 'makes copies in storage'),
  ('worker', 'insert', 'picture_derivative(container_id, picture_id)', 'begin_copy'),
  ('worker', 'update', 'picture_derivative(begun_at, state, size, md5, sha256, etag, reason, ended_at)',
    'begin_copy, end_copy and take_over_container'),
  ('worker', 'execute', 'delete_pending_pictures', 'abandoned uploads end');
end;
comment on function datastore.picture_privileges() is
  'Part of declared_privileges(): pictures, sets of them, their personal data, and copies without.';

create or replace function datastore.seed_privileges()
returns table (roles text, privilege text, objects text, reason text)
language sql immutable parallel safe
begin atomic
  values
  ('app worker reader', 'execute', 'seed_name_of seed_of_new_label seed_of_label seed_of_long_label known_seed
    stated_seed seed_errors check_seeds seed_json find_seed_named rebuild_seeds unreviewed_seeds',
    'species are the same for all'),
  ('app worker reader', 'select', 'seed label', 'species are the same for all'),
  ('app', 'execute', 'learn_labels',
    'a label that was never seen registers its species, unreviewed; it takes texts alone'),
  ('app', 'execute', 'label_known label_verified', 'pictures are labelled by what their documents and verdicts say'),
  ('app', 'execute', 'accept_seed merge_seed', 'verifiers review species; they ask for the site role');
end;
comment on function datastore.seed_privileges() is
  'Part of declared_privileges(): species and their labels.';

create or replace function datastore.inference_privileges()
returns table (roles text, privilege text, objects text, reason text)
language sql immutable parallel safe
begin atomic
  values
  ('app worker reader', 'execute', 'find_inference inference_json inference_text box_text rebuild_inference
    rebuild_inference_of rebuild_verdicts unknown_models rank_of', 'reads inferences, as far as policies show them'),
  ('app worker reader', 'select', 'inference box expert_guess verdict guess judged_box', 'the rows behind them'),
  ('app', 'execute', 'import_inference import_inferences write_inferences split_boxes made_by find_pipeline
    find_model_versions names_a_picture has_many_boxes check_inferences labels_in without_system_keys differing_keys
    claimed_inference_keys', 'inferences are written for the acting user'),
  ('app', 'execute', 'record_feedback reopen_inference author_of check_feedback_ids feedback_boxes named_boxes
    judged_boxes drawn_boxes write_verdicts refuse_feedback settle_inference lock_inference update_picture_feedback',
    'experts judge in their own name'),
  ('app', 'insert', 'inference(inference_id, container_id, picture_id, document, pipeline_id, model_version_ids,
    top_seed_id, top_score)', 'write_inferences; a trigger refuses an id that another container has'),
  ('app', 'update', 'inference(feedback_at, verified_at, verified_by)',
    'settle_inference and reopen_inference; a trigger stamps user and time'),
  ('app', 'insert', 'box(box_id, container_id, inference_id, position, is_manual, document, guesses, seed_id,
    seed_ids, scores, top_place)', 'write_inferences and write_verdicts; a constraint says which id it has'),
  ('app', 'insert', 'expert_guess(container_id, box_id, object_id, label, seed_id, added_by)',
    'write_verdicts; a trigger stamps the expert'),
  ('app', 'insert', 'verdict(container_id, inference_id, box_id, is_current, is_manual, feedback, given_by, outcome,
    object_id, seed_id, label, corners, model_seed_id, model_score, model_rank)',
    'write_verdicts; a trigger stamps the expert'),
  ('app', 'update', 'verdict(is_current)', 'another verdict takes its place');
end;
comment on function datastore.inference_privileges() is
  'Part of declared_privileges(): inferences and what experts say of them.';

create or replace function datastore.evaluation_privileges()
returns table (roles text, privilege text, objects text, reason text)
language sql immutable parallel safe
begin atomic
  values
  ('app worker reader', 'execute', 'rebuild_evaluation rebuild_review rebuild_training accuracy_figures
    accuracy_over_time asked_inferences calibration_figures check_evaluation_filters classified confusion_figures
    correction_figures count_predictions decider_name deciding_version detected expert_figures left_out
    model_versions_json decider_figures seed_figures seed_margin training_figures is_known_pipeline verdict_kind',
    'reads verdicts, as far as policies show them'),
  ('app worker reader', 'select', 'training judgement accuracy accuracy_by_month calibration confusion
    corrections_by_month detection expert_work seed_accuracy uncertain_box disputed_picture', 'the same as rows');
end;
comment on function datastore.evaluation_privileges() is
  'Part of declared_privileges(): how good the models are, and what to look at next.';

create or replace function datastore.pipeline_privileges()
returns table (roles text, privilege text, objects text, reason text)
language sql immutable parallel safe
begin atomic
  values
  ('app worker reader', 'execute', 'rebuild_pipelines pipeline_json model_json require_pipeline',
    'models are the same for all'),
  ('app worker reader', 'select', 'model model_version pipeline pipeline_model pipelines_import pipeline_choice',
    'models are the same for all'),
  ('app worker', 'select', 'model_secret', 'sealed: a backend that has the key-encryption key calls the models'),
  ('app', 'execute', 'choose_pipeline', 'a user''s own choice'),
  ('app', 'insert', 'pipeline_choice(user_id, pipeline_id)', 'choose_pipeline'),
  ('app', 'update', 'pipeline_choice(pipeline_id)', 'choose_pipeline'),
  ('app', 'execute', 'import_pipelines retire_pipeline lock_pipelines write_models write_pipelines sent_models
    sent_pipelines pipelines_errors pipelines_state_errors model_version_errors remember_import trim_pipelines
    recognise_models', 'administrators register models; they ask for the site role, and so do the policies'),
  ('app', 'insert', 'model(name)', 'write_models'),
  ('app', 'insert', 'model_version(model_id, active, document)', 'write_models'),
  ('app', 'update', 'model_version(active, document)', 'write_models'),
  ('app', 'insert', 'model_secret(model_version_id, field, kek_id, nonce, ciphertext)', 'write_models'),
  ('app', 'update', 'model_secret(kek_id, nonce, ciphertext)', 'write_models'),
  ('app', 'insert', 'pipeline(is_default, document)', 'write_pipelines'),
  ('app', 'update', 'pipeline(is_default, document, retired_at)', 'write_pipelines and retire_pipeline'),
  ('app', 'insert', 'pipeline_model(pipeline_id, place, model_id)', 'write_pipelines'),
  ('app', 'update', 'pipeline_model(model_id)', 'write_pipelines'),
  ('app', 'insert', 'pipelines_import(document, claimed)', 'remember_import');
end;
comment on function datastore.pipeline_privileges() is
  'Part of declared_privileges(): models and pipelines.';

create or replace function datastore.sharing_privileges()
returns table (roles text, privilege text, objects text, reason text)
language sql immutable parallel safe
begin atomic
  values
  ('app worker reader', 'execute', 'find_group find_group_named group_json rebuild_groups container_json
    rebuild_containers container_called rebuild_audit',
    'reads groups, containers and the history, as far as policies show them'),
  ('app worker reader', 'select', 'container_share container_publication history', 'the rows behind them'),
  ('worker reader', 'execute', 'verify_history verify_seal history_hash seal_hash seal_json',
    'compares the history with its seals'),
  ('worker reader', 'select', 'history_seal', 'the seals, which have hashes only'),
  ('worker', 'execute', 'seal_history', 'a worker seals the history, as its owner'),
  ('app', 'execute', 'create_group delete_group set_member join_group remove_member check_not_last_owner',
    'members and owners of groups; each asks what the acting user is in the group'),
  ('app', 'execute', 'share_container unshare_container remove_share publish_container remove_publication',
    'owners share their containers'),
  ('app', 'insert', 'container_share(container_id, group_id, role)', 'share_container'),
  ('app', 'update', 'container_share(role)', 'share_container'),
  ('app', 'insert', 'container_publication(container_id)', 'publish_container');
end;
comment on function datastore.sharing_privileges() is
  'Part of declared_privileges(): groups, sharing and the history.';

create or replace function datastore.storage_privileges()
returns table (roles text, privilege text, objects text, reason text)
language sql immutable parallel safe
begin atomic
  values
  ('app worker reader', 'execute', 'find_container_key container_access usable_key lacking_keys renewal_is_due
    removable_keys list_keys', 'which key opens a container; reading it takes the key''s row'),
  ('app worker', 'select', 'container_key', 'sealed: a backend that has the key-encryption key opens containers'),
  ('reader', 'select', 'container_key(key_id, container_id, permission, policy_name, is_handed_out, starts_at,
    expires_at, settled_at, kek_id, issued_at, issued_by, retires_at, revoked_at, revoked_by, removed_at)',
    'all but the sealed key'),
  ('app worker reader', 'select', 'container_renewal link', 'is a container being changed, and which links are out'),
  ('app worker reader', 'execute', 'list_links', 'which links are out'),
  ('app', 'execute', 'hand_out_link policy_for_links', 'recorded for the acting user'),
  ('app', 'insert', 'link(container_id, picture_id, picture_set_id, permission, policy_name, starts_at, expires_at)',
    'hand_out_link; the name of the blob to which it uploads is made by the table'),
  ('app', 'execute', 'locate_upload confirm_upload', 'what came through a link becomes a stored picture'),
  ('app worker', 'execute', 'revoke_links', 'owners end the links to their pictures'),
  ('app worker', 'execute', 'revoke_keys plan_key', 'owners issue and revoke keys of their containers'),
  ('app', 'update', 'container_key(revoked_at)', 'revoke_keys; a trigger stamps user and time'),
  ('app worker reader', 'execute', 'check_is_worker', 'says which role is needed'),
  ('worker', 'execute', 'begin_renewals finish_renewal abandon_renewal renewal_plan rotate_keys
    take_over_container own_instance new_instance', 'makes containers and their keys in storage'),
  ('worker', 'insert', 'container_key(key_id, container_id, permission, policy_name, is_handed_out, starts_at,
    expires_at, settled_at, kek_id, nonce, ciphertext, issued_by)', 'finish_renewal'),
  ('worker', 'update', 'container_key(retires_at, revoked_at, removed_at, kek_id, nonce, ciphertext)',
    'renewals, rotation, revocation'),
  ('worker', 'update', 'container(ready_at, endpoint, taken_over_at, taken_over_by)',
    'finish_renewal and take_over_container'),
  ('worker', 'insert', 'container_renewal', 'begin_renewals'),
  ('worker', 'update', 'picture(etag)', 'take_over_container'),
  ('worker', 'update', 'container_renewal', 'begin_renewals'),
  ('worker', 'delete', 'container_renewal', 'finish_renewal and abandon_renewal'),
  ('app worker reader', 'select', 'instance', 'which database this is'),
  ('worker', 'insert', 'instance(system_identifier, database_oid)', 'own_instance'),
  ('worker', 'update', 'instance(instance_id, system_identifier, database_oid, copied_from, created_at)',
    'own_instance and new_instance'),
  ('worker', 'execute', 'sealed_secrets rewrap_secrets', 'rotation of the key-encryption key'),
  ('worker', 'update', 'model_secret(kek_id, ciphertext)', 'rewrap_secrets'),
  -- The outbox
  ('worker reader', 'select', 'blob_deletion', 'what the sweep will delete'),
  ('worker', 'execute', 'due_blob_deletions remove_blob_deletions record_failed_deletions', 'the sweep'),
  ('worker', 'update', 'blob_deletion(attempts, tried_at, last_error)', 'record_failed_deletions'),
  ('worker', 'delete', 'blob_deletion', 'remove_blob_deletions');
end;
comment on function datastore.storage_privileges() is
  'Part of declared_privileges(): containers in storage, their keys, links, and the outbox.';

create or replace function datastore.declared_privileges()
returns table (roles text, privilege text, objects text, reason text)
language sql immutable parallel safe
begin atomic
  select * from datastore.acting_privileges() union all
  select * from datastore.document_privileges() union all
  select * from datastore.picture_privileges() union all
  select * from datastore.seed_privileges() union all
  select * from datastore.inference_privileges() union all
  select * from datastore.evaluation_privileges() union all
  select * from datastore.pipeline_privileges() union all
  select * from datastore.sharing_privileges() union all
  select * from datastore.storage_privileges();
end;
comment on function datastore.declared_privileges() is
  'Every privilege of the roles app, worker and reader, and its reason. objects: names of functions (all of that '
  'name), of tables and views, of a table with columns in parentheses, or schema and its name.';
