create or replace function datastore.audit_trail(created_at timestamptz, edited_by uuid, edited_at timestamptz, last_change text) returns jsonb
language sql immutable parallel safe
return jsonb_build_object(
  'upload_date', (created_at at time zone 'UTC')::date,
  'edited_by', edited_by,
  'edit_date', (edited_at at time zone 'UTC')::date,
  'change_log', last_change,
  'access_log', '',
  'privacy_flag', false);
comment on function datastore.audit_trail(timestamptz, uuid, timestamptz, text) is 'Section audit_trail. Dates are in UTC.';
