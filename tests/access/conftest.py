"""Logins of the server, one for each role, and a database in which people share containers."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from tests.conftest import make_url, new_database
from tests.support import secrets_watch
from tests.support.calls import caller
from tests.support.databases import SharedDatabase, create_database, drop_database
from tests.support.people import World, people


class SharedWorld:
    """A database in which people share, copied once for many tests: to fill it takes as long as most tests do."""

    # Its links and renewals end by themselves.
    MOST_SECONDS = 300

    def __init__(self, server_url: str, template: str) -> None:
        self.server_url, self.template = server_url, template
        self._ends_at = 0.0
        self._filled: str | None = None
        self._shared: SharedDatabase | None = None
        self.world: World

    @contextmanager
    def lent(self) -> Iterator[str]:
        if self._shared is None or time.monotonic() > self._ends_at:
            self.drop()
            self._filled = create_database(self.server_url, self.template)
            with psycopg.connect(self._filled, autocommit=True) as connection:
                self.world = people(connection)
            self._shared = SharedDatabase(self.server_url, str(conninfo_to_dict(self._filled)["dbname"]))
            self._ends_at = time.monotonic() + self.MOST_SECONDS
        with self._shared.lent() as url:
            yield url

    def drop(self) -> None:
        if self._shared is not None and self._filled is not None:
            self._shared.drop()
            drop_database(self.server_url, self._filled)
            self._shared = None


@pytest.fixture(scope="session")
def shared_world(server_url: str, template: str) -> Iterator[SharedWorld]:
    shared = SharedWorld(server_url, template)
    yield shared
    shared.drop()


@pytest.fixture
def database_url(request: pytest.FixtureRequest, server_url: str, template: str) -> Iterator[str]:
    """A migrated database; one in which people share where the test asks for their world."""
    shared = request.getfixturevalue("shared_world" if "world" in request.fixturenames else "shared_database")
    with new_database(server_url, template) if secrets_watch.current is not None else shared.lent() as url:
        yield url


@pytest.fixture
def world(database: psycopg.Connection, shared_world: SharedWorld) -> World:
    if secrets_watch.current is not None:
        return people(database)
    return replace(shared_world.world, call=caller(database))


@pytest.fixture(scope="session")
def logins(server_url: str, template: str) -> Iterator[dict[str, str]]:
    """Users of the server as its DBA makes them, by what they are in; and their password."""
    names = {part: f"{part}_{os.getpid()}" for part in ("app", "worker", "reader", "nothing")}
    with psycopg.connect(server_url, autocommit=True) as connection:
        for part, name in names.items():
            login = sql.SQL("create role {} login password 'hostile'").format(sql.Identifier(name))
            if part != "nothing":
                login += sql.SQL(" in role {}").format(sql.Identifier(f"datastore_{part}"))
            connection.execute(login)
        yield names
        for name in names.values():
            connection.execute(sql.SQL("drop role {}").format(sql.Identifier(name)))


@pytest.fixture
def urls(database_url: str, logins: dict[str, str]) -> dict[str, str]:
    return {part: make_url(database_url, user=name, password="hostile") for part, name in logins.items()}


@pytest.fixture
def backend(urls: dict[str, str]) -> Iterator[psycopg.Connection]:
    """A connection with the backend's own login."""
    with psycopg.connect(urls["app"], autocommit=True) as connection:
        yield connection
