drop table datastore.container_share, datastore.membership, datastore.user_group cascade;
