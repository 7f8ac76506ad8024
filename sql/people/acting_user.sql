-- The acting user. A backend calls: select … from datastore.act_as($1). Without it a call runs
-- as the connection's own role.
-- Columns for the author of a change have these as their defaults.

create or replace function datastore.acting_user() returns uuid
language sql stable parallel safe
return nullif(split_part(current_setting('datastore.acting', true), ' ', 1), '')::uuid;
comment on function datastore.acting_user() is 'The user set by datastore.act_as, else NULL.';

create or replace function datastore.acting_container() returns uuid
language sql stable parallel safe
-- A setting with a container and without a user does not come from datastore.act_as.
return substring(current_setting('datastore.acting', true) from '^[^ ]+ (.+)$')::uuid;
comment on function datastore.acting_container() is 'The container of the user set by datastore.act_as, else NULL.';
