-- Users, containers, picture sets, pictures
\ir schema.sql
\ir ../functions/acting_user.sql
\ir document_checks.sql
\ir expressions.sql
\ir document_schema.sql
\ir documents.sql
\ir user_account.sql
\ir container.sql
\ir seed.sql
\ir picture_set.sql
\ir picture.sql
\ir picture_label.sql
\ir history.sql
\ir history_seal.sql
\ir claim.sql
\ir blob_deletion.sql

-- Models and pipelines
\ir model_expressions.sql
\ir model.sql
\ir model_version.sql
\ir model_secret.sql
\ir pipeline.sql
\ir pipeline_model.sql
\ir pipeline_choice.sql
\ir pipelines_import.sql

-- Inferences, their boxes, and what experts say about them
\ir seed_review.sql
\ir label.sql
\ir inference.sql
\ir box.sql
\ir expert_guess.sql
\ir verdict.sql
\ir prediction_count.sql

-- Groups, and the containers that are shared with them
\ir user_group.sql
\ir membership.sql
\ir container_share.sql
\ir container_publication.sql

-- Keys of containers, links, and the instance that a database is
\ir container_place.sql
\ir instance.sql
\ir container_key.sql
\ir container_renewal.sql
\ir link.sql

-- What pictures tell of people
\ir picture_personal_data.sql
\ir personal_data_share.sql
\ir picture_derivative.sql

-- What migrate has done
\ir installed_part.sql
