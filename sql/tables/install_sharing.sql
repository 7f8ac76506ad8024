\ir user_group.sql
\ir membership.sql
\ir container_share.sql
\ir container_publication.sql
