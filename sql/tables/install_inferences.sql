\ir seed_review.sql
\ir label.sql
\ir inference.sql
\ir box.sql
\ir expert_guess.sql
\ir verdict.sql
\ir prediction_count.sql
