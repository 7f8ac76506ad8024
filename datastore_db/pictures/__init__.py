"""Pictures on their way out: copies without personal data, and downloads."""
