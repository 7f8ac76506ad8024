drop schema jsonschema cascade;
