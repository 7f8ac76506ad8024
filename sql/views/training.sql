create or replace view datastore.training with (security_invoker = true) as
select figure.* from datastore.training_figures() as figure;
comment on view datastore.training is 'How many pictures each species has to be trained with: see datastore.training_figures.';
