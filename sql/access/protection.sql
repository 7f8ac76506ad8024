-- What closes the database, once everything else is there. One part: one file declares what another one grants.
\ir policies.sql
\ir privileges.sql
\ir grants.sql
\ir ownership.sql
