"""Logins of the server, one for each role, and a database in which people share containers."""

from __future__ import annotations

import os
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from tests.conftest import make_url
from tests.support.people import World, people


@pytest.fixture
def world(database: psycopg.Connection) -> World:
    return people(database)


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
