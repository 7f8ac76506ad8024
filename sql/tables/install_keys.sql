\ir container_place.sql
\ir instance.sql
\ir container_key.sql
\ir container_renewal.sql
\ir link.sql
