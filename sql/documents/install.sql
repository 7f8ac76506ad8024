-- Made by `make documents` from the files in this folder: what they compile to, and their rows.
\ir values/email.v1.sql
\ir values/object.v1.sql
\ir tables.sql
\ir feedback.v1.sql
\ir inference.v1.sql
\ir inspection.v1.sql
\ir picture.v1.sql
\ir picture_set.v1.sql
\ir pipelines.v1.sql
