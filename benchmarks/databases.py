"""Databases for benchmarks that compare two of them in turn."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from datastore_db.local import LocalStack, start
from datastore_db.migrate import migrate


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
    with database_of_its_own(stack, name) as connection:
        own = copy.copy(stack)
        own.database_url = make_conninfo(stack.database_url, dbname=connection.info.dbname)
        yield own


@contextmanager
def database_of_its_own(stack: LocalStack, name: str) -> Iterator[psycopg.Connection]:
    """A migrated database of its own, dropped at the end."""
    url = make_conninfo(stack.database_url, dbname=name)
    with psycopg.connect(stack.database_url, autocommit=True) as server:
        server.execute(f"create database {name}")
        try:
            migrate(url)
            with psycopg.connect(url, autocommit=True) as connection:
                yield connection
        finally:
            server.execute(f"drop database {name} with (force)")
