create schema datastore;
comment on schema datastore is
  'Pictures, the JSON about them, and who they belong to. Start with: \dt+ datastore.*  and  \df+ datastore.*';
