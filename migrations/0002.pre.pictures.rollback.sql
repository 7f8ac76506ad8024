drop schema datastore cascade;
