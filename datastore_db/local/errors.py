"""Errors of the servers on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datastore_db.errors import DatastoreError

if TYPE_CHECKING:
    from pathlib import Path

OWN_SERVERS = "set DATASTORE_DB_URL and DATASTORE_STORAGE_CONNECTION_STRING to use servers of your own"


class LocalStackError(DatastoreError):
    """PostgreSQL or Azurite could not be installed or started on this machine; the message says why."""


def tail(log: Path, start: int = 0, lines: int = 15) -> str:
    """The last lines of a log, of what was written to it after the position `start`."""
    try:
        with log.open("rb") as file:
            file.seek(start)
            text = file.read().decode(errors="replace")
    except OSError as error:
        return f"(no log: {error})"
    return "\n".join(text.splitlines()[-lines:]) or f"(nothing in {log})"
