\ir model_expressions.sql
\ir model.sql
\ir model_version.sql
\ir model_secret.sql
\ir pipeline.sql
\ir pipeline_model.sql
\ir pipeline_choice.sql
\ir pipelines_import.sql
