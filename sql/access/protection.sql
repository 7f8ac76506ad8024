-- What closes the database, once everything else is there. One part: one file declares what another one grants.
\ir policies.sql
\ir ../people/policies.sql
\ir ../storage/policies.sql
\ir ../pictures/policies.sql
\ir ../pipelines/policies.sql
\ir ../inferences/policies.sql
\ir tenants.sql
\ir privileges.sql
\ir definers.sql
\ir grants.sql
\ir ownership.sql
