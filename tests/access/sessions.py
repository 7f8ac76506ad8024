"""Steps of a test's session: ask for rows, act for a user, be refused."""

from __future__ import annotations

from contextlib import AbstractContextManager

import psycopg
import pytest

from tests.support.people import World


def rows(connection: psycopg.Connection, query: str, *values: object) -> list[tuple[object, ...]]:
    return connection.execute(query.encode(), values).fetchall()


def acts(connection: psycopg.Connection, world: World, kind: str) -> None:
    connection.execute("select datastore.act_as(%s)", [world.users[kind]["user_id"]])


def refused(*codes: str) -> AbstractContextManager[object]:
    return pytest.raises(psycopg.Error, check=lambda error: error.sqlstate in codes)
