"""The command line: `datastore-db`."""

from datastore_db.cli.main import main

__all__ = ["main"]
