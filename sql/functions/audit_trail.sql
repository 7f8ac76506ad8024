create or replace function datastore.audit_trail(
  created_at timestamptz, edited_by uuid, edited_at timestamptz, last_change text, has_personal_data boolean, kept jsonb
) returns text
language sql stable parallel safe
return concat(
  '{"upload_date": "', to_char(created_at at time zone 'UTC', 'YYYY-MM-DD'),
  '", "edited_by": ', coalesce('"' || edited_by || '"', 'null'),
  ', "edit_date": "', to_char(edited_at at time zone 'UTC', 'YYYY-MM-DD'),
  '", "change_log": ', to_json(last_change),
  ', "access_log": "", "privacy_flag": ', has_personal_data::text, datastore.more_members(kept));
comment on function datastore.audit_trail(timestamptz, uuid, timestamptz, text, boolean, jsonb) is
  'Section audit_trail, as text, with the unknown keys that a client put into it. has_personal_data: its privacy_flag, for everybody. Dates are in UTC.';
