drop table datastore.link, datastore.container_renewal, datastore.container_key, datastore.instance cascade;
alter table datastore.container drop column endpoint cascade, drop column claimed_at cascade, drop column claimed_by cascade;
