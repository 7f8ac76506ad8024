drop schema datastore cascade;
drop schema jsonschema cascade;
