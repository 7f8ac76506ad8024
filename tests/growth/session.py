"""A user's calls as the role of backends, each undone again, and what they cost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests.support.cost import Cost, processor_seconds

# A query and its arguments
Call = tuple[str, tuple[object, ...]]


@dataclass
class Session:
    """A connection as the role of backends, whose acting user is an administrator of the site."""

    connection: psycopg.Connection
    user_id: str
    container_id: str
    picture_set_id: str
    picture_id: str

    def ask(self, query: str, *arguments: object) -> Any:
        """The first value of the answer; what the call did stays until the end of `undone`."""
        row = self.connection.execute(query.encode(), arguments).fetchone()
        return row and row[0]

    def call(self, function: str, *arguments: object) -> Any:
        """A call of a function, with documents as JSON texts."""
        places = ", ".join("%s::jsonb" if str(argument)[:1] in ("[", "{") else "%s" for argument in arguments)
        return self.ask(f"select datastore.{function}({places})", *arguments)

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Calls inside are made by the user, and undone at the end."""
        with self.connection.transaction(force_rollback=True):
            self.connection.execute("set local jit = off")
            self.connection.execute("set local role datastore_app")
            self.connection.execute("select datastore.act_as(%s)", [self.user_id])
            yield

    def cost(self, call: Call) -> Cost:
        """The cost of one call, which is undone again, with constraints that wait for the end. It may fail."""
        query, arguments = call
        process = Path(f"/proc/{self.connection.info.backend_pid}")
        sqlstate, message = None, ""
        before = processor_seconds(process)
        try:
            with self.connection.transaction(force_rollback=True):
                self.connection.execute(query.encode(), arguments).fetchall()
                self.connection.execute("set constraints all immediate")
        except psycopg.Error as error:
            sqlstate, message = error.sqlstate or type(error).__name__, str(error)
        return Cost(processor_seconds(process) - before, 0, sqlstate, message)


def open_session(connection: psycopg.Connection) -> Session:
    """A new user, with a picture. The connection is a DBA's, with autocommit."""

    def ask(query: str, *arguments: object) -> Any:
        row = connection.execute(query.encode(), arguments).fetchone()
        return row and row[0]

    user = ask("select datastore.register_user('growth@example.org')")
    ask("select datastore.set_site_role('growth@example.org', 'administrator')")
    picture = ask(
        "select datastore.announce_pictures(%s, '[{}]'::jsonb) from datastore.act_as(%s)",
        user["picture_set_id"],
        user["user_id"],
    )
    connection.execute("set statement_timeout = '60s'")
    return Session(
        connection,
        str(user["user_id"]),
        str(user["container_id"]),
        str(user["picture_set_id"]),
        str(picture[0]["picture_id"]),
    )
