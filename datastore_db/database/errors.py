"""Errors of the database as errors of this package, without a password."""

from __future__ import annotations

import psycopg
from psycopg_pool import PoolTimeout

from datastore_db import json_codec
from datastore_db.database.url import DatabaseUrl
from datastore_db.errors import (
    Conflict,
    DatastoreError,
    DocumentError,
    InvalidDocument,
    NotAllowed,
    NotFound,
    TookTooLong,
    Unreachable,
)

# How long one call may take, unless the connection says otherwise
STATEMENT_TIMEOUT = "60s"
_REFUSALS: dict[str, type[DatastoreError]] = {"DS403": NotAllowed, "DS404": NotFound, "DS409": Conflict}


def describe(url: DatabaseUrl) -> str:
    """A database's name and address for a message, without its password."""
    if not url.is_readable:
        return "of DATASTORE_DB_URL"
    settings = url.parameters
    host, port = settings.get("host") or "localhost", settings.get("port") or 5432
    return f"{settings.get('dbname') or ''} on {host}:{port}".strip()


def translated(error: psycopg.Error, url: DatabaseUrl) -> DatastoreError:
    message = error.diag.message_primary or str(error)
    if error.sqlstate == "DS400":
        return InvalidDocument(_errors_in(error.diag.message_detail), message)
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return NotAllowed(f"the database {describe(url)} says: {message}. Which roles there are: docs/access.md")
    if error.sqlstate in _REFUSALS:
        return _REFUSALS[error.sqlstate](message, _errors_in(error.diag.message_detail))
    if isinstance(error, psycopg.errors.UntranslatableCharacter | psycopg.errors.InvalidTextRepresentation):
        return InvalidDocument([{"instance_path": "", "keyword": "json", "message": message}])
    if isinstance(error, psycopg.errors.QueryCanceled):
        return TookTooLong(
            f"the database {describe(url)} stopped a call, and nothing of it was done: {message}. Send less in one "
            f"call; where one needs longer than {STATEMENT_TIMEOUT}, say how long: statement_timeout in the options of "
            "DATASTORE_DB_URL"
        )
    if isinstance(error, PoolTimeout | psycopg.OperationalError):
        return unreachable(url, error)
    return DatastoreError(f"the database {describe(url)} says: {message}")


def _errors_in(detail: str | None) -> list[DocumentError]:
    found = json_codec.loads(detail) if detail else []
    assert isinstance(found, list)
    return [
        {
            "instance_path": str(item["instance_path"]),
            "keyword": str(item["keyword"]),
            "message": str(item["message"]),
        }
        for item in found
        if isinstance(item, dict)
    ]


def unreachable(url: DatabaseUrl, error: psycopg.Error) -> Unreachable:
    """The error for a database that does not answer: which one, where, and what to do."""
    reason = str(error).strip().splitlines()
    return Unreachable(
        f"the database {describe(url)} does not answer: {reason[-1].strip() if reason else type(error).__name__}. "
        "Is it running, and is DATASTORE_DB_URL right?"
    )
