"""Calls of the stored functions, by name. No other module knows SQL, and this one builds no query but the call."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID

import psycopg
from psycopg import AsyncConnection, sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.json import Jsonb, set_json_dumps, set_json_loads
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from datastore_db import json_codec
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
from datastore_db.json_codec import Json
from datastore_db.models.limits import call_errors, check_bytes, limit_errors

if TYPE_CHECKING:
    from typing import Self

Argument: TypeAlias = "str | int | bool | datetime | timedelta | UUID | Document | None"


# How long one call may take, unless the connection says otherwise
STATEMENT_TIMEOUT = "60s"


class Document:
    """An argument that SQL takes as jsonb."""

    def __init__(self, value: object) -> None:
        self.value = value


class Database:
    """A pool of connections to a database that has the `datastore` schema."""

    def __init__(self, pool: AsyncConnectionPool, url: str) -> None:
        self._pool = pool
        self._url = url

    @classmethod
    async def connect(cls, url: str, *, max_connections: int = 8) -> Self:
        """Connect, and see that the schema is there. Raises `Unreachable`, or `DatastoreError` when it is not."""
        try:
            async with await AsyncConnection.connect(url, connect_timeout=10) as connection:
                row = await (await connection.execute("select to_regnamespace('datastore') is not null")).fetchone()
        except psycopg.OperationalError as error:
            raise unreachable(url, error) from None
        if row != (True,):
            raise DatastoreError(
                f"the database {describe(url)} has no schema named datastore: run datastore-db migrate"
            )
        pool = AsyncConnectionPool(
            url,
            min_size=1,
            max_size=max_connections,
            open=False,
            configure=_configure,
            kwargs={"autocommit": True, "application_name": "datastore-db"},
        )
        await pool.open()
        return cls(pool, url)

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.close()

    async def call(self, function: str, *, acting: UUID | None, **arguments: Argument) -> Json:
        """Call `datastore.{function}` with these named arguments: one statement, one round trip.

        acting: who asks, set in the same statement by `datastore.act_as`. Raises what the function refuses.
        """
        values: dict[str, object] = {
            name: Jsonb(value.value) if isinstance(value, Document) else value for name, value in arguments.items()
        }
        for name, argument in arguments.items():
            if isinstance(argument, Document) and (errors := list(call_errors(name, argument.value))):
                raise InvalidDocument(errors, "the batch")
        if acting is not None:
            values["acting_user_id"] = acting
        query = _statement(function, tuple(arguments), acts=acting is not None)
        try:
            async with self._pool.connection() as connection:
                row = await (await connection.execute(query, values)).fetchone()
        except (psycopg.Error, ValueError, RecursionError) as error:
            if isinstance(error, _UNREADABLE) and (errors := _beyond_limits(arguments)):
                raise InvalidDocument(errors) from None
            if not isinstance(error, psycopg.Error):
                raise
            raise _translated(error, self._url) from None
        assert row is not None
        answer: Json = row[0]
        return answer


def describe(url: str) -> str:
    """A database's name and address for a message, without its password."""
    try:
        settings = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        return "of DATASTORE_DB_URL"
    host, port = settings.get("host") or "localhost", settings.get("port") or 5432
    return f"{settings.get('dbname') or ''} on {host}:{port}".strip()


@cache
def _statement(function: str, arguments: tuple[str, ...], *, acts: bool) -> sql.Composed:
    named = sql.SQL(", ").join(
        sql.SQL("{} => {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in arguments
    )
    call = sql.SQL("select {}({})").format(sql.Identifier("datastore", function), named)
    return call + sql.SQL(" from datastore.act_as({})").format(sql.Placeholder("acting_user_id")) if acts else call


async def _configure(connection: AsyncConnection) -> None:
    set_json_loads(json_codec.loads, connection)
    set_json_dumps(_dumps, connection)
    # Not where the URL or the login says how long: -c statement_timeout=… or alter role … set statement_timeout.
    await connection.execute(
        "select set_config('statement_timeout', %s, false) where current_setting('statement_timeout') = '0'",
        [STATEMENT_TIMEOUT],
    )


def _dumps(value: object) -> str:
    return check_bytes(json_codec.dumps(value))


# How a value ends that JSON or PostgreSQL cannot hold, before any function is called
_UNREADABLE = (ValueError, RecursionError, psycopg.DataError, psycopg.errors.ProgramLimitExceeded)


def _beyond_limits(arguments: Mapping[str, Argument]) -> list[DocumentError]:
    documents = [argument.value for argument in arguments.values() if isinstance(argument, Document)]
    return [error for document in documents for error in limit_errors(document)]


_REFUSALS: dict[str, type[DatastoreError]] = {"DS403": NotAllowed, "DS404": NotFound, "DS409": Conflict}


def _translated(error: psycopg.Error, url: str) -> DatastoreError:
    message = error.diag.message_primary or str(error)
    if error.sqlstate == "DS400":
        return InvalidDocument(_errors_in(error.diag.message_detail), message)
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return NotAllowed(f"the database {describe(url)} says: {message}. Which roles there are: docs/security.md")
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


def unreachable(url: str, error: psycopg.Error) -> Unreachable:
    """The error for a database that does not answer: which one, where, and what to do."""
    reason = str(error).strip().splitlines()
    return Unreachable(
        f"the database {describe(url)} does not answer: {reason[-1].strip() if reason else type(error).__name__}. "
        "Is it running, and is DATASTORE_DB_URL right?"
    )
