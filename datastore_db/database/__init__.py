"""The database: calls of its functions by name, its errors, and its migrations."""
