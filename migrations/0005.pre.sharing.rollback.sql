drop table datastore.container_publication, datastore.container_share, datastore.membership, datastore.user_group cascade;
