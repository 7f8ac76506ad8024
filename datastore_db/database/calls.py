"""Calls of the stored functions, by name. No other module knows SQL, and this one builds no query but the call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args
from uuid import UUID

import psycopg
from psycopg import AsyncConnection, sql
from psycopg.types.json import Jsonb, set_json_dumps, set_json_loads
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from datastore_db import json_codec
from datastore_db.database.errors import STATEMENT_TIMEOUT, describe, translated, unreachable
from datastore_db.database.url import DatabaseUrl
from datastore_db.errors import (
    DatastoreError,
    DocumentError,
    InvalidDocument,
    NotAllowed,
)
from datastore_db.json_codec import Json

if TYPE_CHECKING:
    from typing import Self

Argument: TypeAlias = "str | int | bool | datetime | timedelta | UUID | Document | None"
AsRole: TypeAlias = Literal["app", "worker", "owner"]
Password: TypeAlias = Callable[[], Awaitable[str]]

OF_EACH_CONNECTION: dict[str, Any] = {"autocommit": True, "application_name": "datastore-db"}

WITHOUT_ACTING_USER = {
    "register_user": "makes the later acting user; it answers that user's own ids",
    "find_user": "gives a backend the id of the user that just signed in, by a known email address",
}
"""The functions that need no acting user in a store of the app role, each with its reason."""

NEEDS_A_USER = (
    "{} needs an acting user: store.for_user(user_id), store.acting_as(user_id), or the argument user_id. To work on "
    'all containers for no user, open the store for that: connect(as_role="worker") or connect(as_role="owner")'
)


class Document:
    """An argument that SQL takes as jsonb."""

    def __init__(self, value: object) -> None:
        self.value = value


class Database:
    """A pool of connections to a database that has the `datastore` schema, all of them in one role.

    as_role: app, the backends' role, whose calls name the acting user; worker, the role that sees every container;
    owner, the rights of the connection's own role.
    """

    def __init__(self, pool: AsyncConnectionPool, url: DatabaseUrl, as_role: AsRole) -> None:
        self._pool = pool
        self._url = url
        self.as_role: AsRole = as_role

    @classmethod
    async def connect(
        cls, url: DatabaseUrl, *, as_role: AsRole = "app", password: Password | None = None, max_connections: int = 8
    ) -> Self:
        """Connect, and see that the schema is there and the role may be taken.

        password: asked for the password of each new connection, where it changes, as tokens do. Raises `Unreachable`,
        `NotAllowed` for a login that may not become the role, or `DatastoreError` without a schema. No error, and no
        frame of its traceback, has the password.
        """
        if as_role not in get_args(AsRole):
            raise DatastoreError(f"as_role: expected {', '.join(get_args(AsRole))}, found {as_role!r}")
        url.check()

        async def parameters() -> dict[str, Any]:
            asked = {} if password is None else {"password": await password()}
            return {"connect_timeout": "10"} | url.parameters | asked | OF_EACH_CONNECTION

        # Raised out here: an exception that is raised while another is handled keeps that one, with libpq's arguments.
        if (refused := await _refused(parameters, url, as_role)) is not None:
            raise refused
        pool = AsyncConnectionPool(
            kwargs=parameters, min_size=1, max_size=max_connections, open=False, configure=partial(_configure, as_role)
        )
        try:
            # Waits, so that the first calls do not make it grow.
            await pool.open(wait=True)
        except PoolTimeout as error:
            refused = unreachable(url, error)
        if refused is not None:
            raise refused
        return cls(pool, url, as_role)

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.close()

    async def call(self, function: str, *, acting: UUID | None, **arguments: Argument) -> Json:
        """Call `datastore.{function}` with these named arguments: one statement, one round trip.

        acting: the acting user, set in the same statement by `datastore.act_as`. Raises the function's error, and
        `NotAllowed`, before anything is sent, for a call that needs an acting user or a worker.
        """
        if acting is None and function not in WITHOUT_ACTING_USER:
            self.check_is_for_all(function)
        if acting is not None and self.as_role == "worker":
            raise NotAllowed(f"{function}: a store that was opened as worker acts for no user. Open one with connect()")
        for name, argument in arguments.items():
            if isinstance(argument, Document):
                _check_batch(name, argument)
        values = _values(arguments)
        if acting is not None:
            values["acting_user_id"] = acting
        return await self._send(_statement(function, tuple(arguments), acts=acting is not None), values, arguments)

    def check_is_for_all(self, what: str) -> None:
        """Raise `NotAllowed` in a store where each call has an acting user, and this one has none."""
        if self.as_role == "app":
            raise NotAllowed(NEEDS_A_USER.format(what))

    async def call_as_worker(self, function: str, **arguments: Argument) -> Json:
        """Call a function that sees every container, as the role of workers: one round trip.

        For what a backend does by the way for a container that a user may use, such as making its keys, where its
        login may. Raises `NotAllowed` where it may not.
        """
        query = _statement(function, tuple(arguments), acts=False)
        return await self._send(query, _values(arguments), arguments, as_worker=self.as_role == "app")

    async def _send(
        self,
        query: sql.Composed,
        values: Mapping[str, object],
        arguments: Mapping[str, Argument],
        *,
        as_worker: bool = False,
    ) -> Json:
        try:
            async with self._pool.connection() as connection:
                send = _execute_as_worker if as_worker else _execute
                return await send(connection, query, values)
        except (psycopg.Error, ValueError, RecursionError) as error:
            refused = self._refusal(error, arguments)
            if refused is None:
                raise
        raise refused

    def _refusal(self, error: Exception, arguments: Mapping[str, Argument]) -> DatastoreError | None:
        if isinstance(error, _UNREADABLE) and (errors := _beyond_limits(arguments)):
            return InvalidDocument(errors)
        return translated(error, self._url) if isinstance(error, psycopg.Error) else None


async def _execute(connection: AsyncConnection, query: sql.SQL | sql.Composed, values: Mapping[str, object]) -> Json:
    row = await (await connection.execute(query, values)).fetchone()
    assert row is not None
    answer: Json = row[0]
    return answer


async def _execute_as_worker(connection: AsyncConnection, query: sql.Composed, values: Mapping[str, object]) -> Json:
    # Sent together: a pipeline is one transaction, in which the role holds, and one round trip. In one statement the
    # privilege to execute the function would be asked of the role before.
    async with connection.pipeline():
        await connection.execute("select datastore.act_as_worker()")
        cursor = await connection.execute(query, values)
    row = await cursor.fetchone()
    assert row is not None
    answer: Json = row[0]
    return answer


def _values(arguments: Mapping[str, Argument]) -> dict[str, object]:
    return {name: Jsonb(value.value) if isinstance(value, Document) else value for name, value in arguments.items()}


@cache
def _statement(function: str, arguments: tuple[str, ...], *, acts: bool) -> sql.Composed:
    named = sql.SQL(", ").join(
        sql.SQL("{} => {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in arguments
    )
    call = sql.SQL("select {}({})").format(sql.Identifier("datastore", function), named)
    return call + sql.SQL(" from datastore.act_as({})").format(sql.Placeholder("acting_user_id")) if acts else call


# Row-level security binds neither owners nor superusers, as those of a local server are.
_ITS_ROLE = sql.SQL("select pg_catalog.set_config('role', datastore.role_name(part => %(as_role)s), false) union all ")
# Not where the URL or the login says how long: -c statement_timeout=… or alter role … set statement_timeout.
_ITS_TIMEOUT = sql.SQL(
    "select set_config('statement_timeout', %(statement_timeout)s, false)"
    " where current_setting('statement_timeout') = '0'"
)


async def _configure(as_role: AsRole, connection: AsyncConnection) -> None:
    set_json_loads(json_codec.loads, connection)
    set_json_dumps(_dumps, connection)
    await connection.execute(
        _ITS_TIMEOUT if as_role == "owner" else _ITS_ROLE + _ITS_TIMEOUT,
        {"as_role": as_role, "statement_timeout": STATEMENT_TIMEOUT},
    )


# The limits are those of documents, whose models take longer to import than a call without one takes.
def _check_batch(name: str, argument: Document) -> None:
    from datastore_db.models.limits import call_errors

    if errors := list(call_errors(name, argument.value)):
        raise InvalidDocument(errors, "the batch")


def _dumps(value: object) -> str:
    from datastore_db.models.limits import check_bytes

    return check_bytes(json_codec.dumps(value))


async def _refused(
    parameters: Callable[[], Awaitable[dict[str, Any]]], url: DatabaseUrl, as_role: AsRole
) -> DatastoreError | None:
    """Open a connection as the pool will, and close it; why it cannot be, if it cannot."""
    try:
        async with await AsyncConnection.connect(**await parameters()) as connection:
            there = await _execute(connection, sql.SQL("select to_regnamespace('datastore') is not null"), {})
            if not there:
                return DatastoreError(
                    f"the database {describe(url)} has no schema named datastore: run datastore-db migrate"
                )
            await _configure(as_role, connection)
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.InvalidParameterValue) as error:
        return NotAllowed(
            f"the database {describe(url)} says: {error.diag.message_primary}. The login must be in the role "
            f"{as_role} of this database (grant datastore_{as_role} to it), or the store opened with another as_role: "
            "app, worker or owner. Which roles there are: docs/access.md"
        )
    except psycopg.Error as error:
        return translated(error, url)
    return None


# How a value ends that JSON or PostgreSQL cannot hold, before any function is called
_UNREADABLE = (ValueError, RecursionError, psycopg.DataError, psycopg.errors.ProgramLimitExceeded)


def _beyond_limits(arguments: Mapping[str, Argument]) -> list[DocumentError]:
    from datastore_db.models.limits import limit_errors

    documents = [argument.value for argument in arguments.values() if isinstance(argument, Document)]
    return [error for document in documents for error in limit_errors(document)]
