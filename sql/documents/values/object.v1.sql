-- Made by `make documents` from object.v1.json. Once released it never changes.

create function datastore.object_v1(instance jsonb)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN (jsonb_typeof(instance) = 'object'::text);
comment on function datastore.object_v1(jsonb) is 'Compiled from object.v1.json. It never changes.';
