drop table datastore.verdict, datastore.expert_guess, datastore.box, datastore.inference, datastore.label cascade;
drop type datastore.prediction_count cascade;
alter table datastore.seed drop column merged_into cascade, drop column reviewed_at, drop column reviewed_by;
