-- The figures of sql/functions/performance.sql, of everything that the caller may see. With arguments: those functions.
-- The counts are asked for in a subquery, because the planner would ask for them as well.

create or replace view datastore.accuracy with (security_invoker = true) as
select datastore.decider_name(figure.pipeline_id, figure.model_version_ids) as decider, figure.*
from datastore.accuracy_figures((select datastore.count_predictions())) as figure;
comment on view datastore.accuracy is 'Top-1 and top-N accuracy and macro averages, by pipeline, and by the model version that decided the species: see datastore.accuracy_figures.';

create or replace view datastore.detection with (security_invoker = true) as
select datastore.decider_name(figure.pipeline_id, figure.model_version_ids) as decider, figure.*
from datastore.detected((select datastore.count_predictions())) as figure;
comment on view datastore.detection is 'How good the detection is, by pipeline, and by the model version that found the boxes: see datastore.detected.';

create or replace view datastore.species_accuracy with (security_invoker = true) as
select datastore.decider_name(figure.pipeline_id, figure.model_version_ids) as decider, figure.*
from datastore.species_figures((select datastore.count_predictions())) as figure;
comment on view datastore.species_accuracy is 'Precision, recall and F1 of each species, by pipeline and by model version: see datastore.species_figures.';

create or replace view datastore.confusion with (security_invoker = true) as
select datastore.decider_name(figure.pipeline_id, figure.model_version_ids) as decider, figure.*
from datastore.confusion_figures((select datastore.count_predictions())) as figure;
comment on view datastore.confusion is 'The confusion matrix, a row for each cell that is not 0, by pipeline and by model version: see datastore.confusion_figures.';

create or replace view datastore.calibration with (security_invoker = true) as
select datastore.decider_name(figure.pipeline_id, figure.model_version_ids) as decider, figure.*
from datastore.calibration_figures() as figure;
comment on view datastore.calibration is 'How often the model is right where it gives such a score, by pipeline and by model version: see datastore.calibration_figures.';

create or replace view datastore.accuracy_by_month with (security_invoker = true) as
select datastore.decider_name(figure.pipeline_id, figure.model_version_ids) as decider, figure.*
from datastore.accuracy_over_time((select datastore.count_predictions())) as figure;
comment on view datastore.accuracy_by_month is 'Accuracy by month of the verdict, by pipeline and by model version: see datastore.accuracy_over_time.';

create or replace view datastore.corrections_by_month with (security_invoker = true) as
select figure.* from datastore.correction_figures() as figure;
comment on view datastore.corrections_by_month is 'What experts said in each month: see datastore.correction_figures.';

create or replace view datastore.expert_work with (security_invoker = true) as
select figure.* from datastore.expert_figures() as figure;
comment on view datastore.expert_work is 'Who verified how much: see datastore.expert_figures.';
