create schema datastore;
comment on schema datastore is
  'Pictures, the JSON about them, and their owners. Start with: \dt+ datastore.*  and  \df+ datastore.*';
