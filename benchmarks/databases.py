"""Databases for benchmarks that compare two of them in turn."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from datastore_db.database.migrations import migrate
from datastore_db.local import LocalStack, start


@contextmanager
def temporary_stack(prefix: str) -> Iterator[LocalStack]:
    """Servers whose data is gone at the end. Their folder is passable: in a closed one it would be put elsewhere."""
    with tempfile.TemporaryDirectory(prefix=prefix) as home:
        Path(home).chmod(0o711)
        with start(Path(home)) as stack:
            yield stack


@contextmanager
def stack_of_its_own(stack: LocalStack, name: str) -> Iterator[LocalStack]:
    """The same servers with a migrated database of its own, so that no benchmark meets what another one left."""
    own = copy.copy(stack)
    own.database_url = make_conninfo(stack.database_url, dbname=name)
    with psycopg.connect(stack.database_url, autocommit=True) as server, _database(server, name):
        migrate(own.database_url)
        yield own


@contextmanager
def copy_of_the_database(stack: LocalStack, name: str) -> Iterator[psycopg.Connection]:
    """A connection to a copy of the database as it is now, dropped at the end."""
    settings = conninfo_to_dict(stack.database_url)
    with (
        psycopg.connect(make_conninfo(stack.database_url, dbname="postgres"), autocommit=True) as server,
        _database(server, name, f"template {settings['dbname']}"),
        psycopg.connect(make_conninfo(stack.database_url, dbname=name), autocommit=True) as connection,
    ):
        yield connection


@contextmanager
def _database(server: psycopg.Connection, name: str, options: str = "") -> Iterator[None]:
    server.execute(f"create database {name} {options}".encode())
    try:
        yield
    finally:
        server.execute(f"drop database {name} with (force)".encode())
