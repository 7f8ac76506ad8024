"""How good pipelines and models are: what the database answers, and plots of it."""
