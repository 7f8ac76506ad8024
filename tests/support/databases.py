"""One migrated database that the tests of a process use one after the other, emptied in between.

To copy the template for each test takes a fifth of a second of processor time. So rows are deleted and sequences set
back after a test. After any other change, found by the transactions that wrote the catalogue, the database is dropped,
and the next test has a new one: after a change of the schema, of privileges, settings or statistics.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

# Deleted rows stay in files, where scans meet them.
MOST_TESTS, MOST_DELETED = 40, 20_000

# How many rows a table has, and the sum of the numbers of the transactions that wrote them
State = dict[str, tuple[int, int]]


def create_database(server_url: str, template: str | None = None) -> str:
    """Its URL."""
    name = f"test_{uuid.uuid4().hex}"
    create = sql.SQL("create database {}").format(sql.Identifier(name))
    if template is not None:
        create += sql.SQL(" template {}").format(sql.Identifier(template))
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(create)
    return make_conninfo(server_url, dbname=name)


def drop_database(server_url: str, url: str) -> None:
    name = sql.Identifier(str(conninfo_to_dict(url)["dbname"]))
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(name))


class SharedDatabase:
    """A copy of the template, kept for as long as tests leave its schema as it is."""

    def __init__(self, server_url: str, template: str) -> None:
        self.server_url, self.template = server_url, template
        self._copy: _Copy | None = None

    @contextmanager
    def lent(self) -> Iterator[str]:
        """Its URL, for one test."""
        if self._copy is None:
            self._copy = _Copy(create_database(self.server_url, self.template))
        yield self._copy.url
        if not self._copy.is_put_back():
            self.drop()

    def drop(self) -> None:
        if self._copy is not None:
            drop_database(self.server_url, self._copy.url)
            self._copy = None


class _Copy:
    """One database, and what it held before the first test."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._tests = self._deleted = 0
        with psycopg.connect(url, autocommit=True) as connection:
            self._catalogues = _relations(connection, "r", of_system=True)
            self._catalogue = _state(connection, self._catalogues), _settings(connection)
            self._state = _state(connection, _relations(connection, "r"))
            self._rows = {table: _rows_of(connection, table) for table, (rows, _) in self._state.items() if rows}
            self._sequences = {name: _position(connection, name) for name in _relations(connection, "S")}

    def is_put_back(self) -> bool:
        """Put every row back as it was; false where something else was changed."""
        self._tests += 1
        try:
            with psycopg.connect(self.url, autocommit=True) as connection:
                connection.execute(
                    "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
                    " where datname = current_database() and pid <> pg_backend_pid()"
                )
                if (_state(connection, self._catalogues), _settings(connection)) != self._catalogue:
                    return False
                self._put_rows_back(connection)
        except psycopg.OperationalError:  # it is no longer there
            return False
        return self._tests < MOST_TESTS and self._deleted < MOST_DELETED

    def _put_rows_back(self, connection: psycopg.Connection) -> None:
        connection.execute("set session_replication_role = replica")  # no triggers, no foreign keys
        now = _state(connection, self._state)
        changed = [table for table, state in now.items() if state != self._state[table]]
        with connection.transaction():
            for table in changed:
                connection.execute(f"delete from {table}".encode())
                self._deleted += now[table][0]
                if table in self._rows:
                    columns, rows = self._rows[table]
                    with connection.cursor().copy(f"copy {table} ({columns}) from stdin".encode()) as copy:
                        copy.write(rows)
            for name, position in self._sequences.items():
                connection.execute("select setval(%s::regclass, %s, %s)", [name, *position])
        if any(table in self._rows for table in changed):
            self._state = _state(connection, self._state)


def _relations(connection: psycopg.Connection, kind: str, *, of_system: bool = False) -> list[str]:
    """Tables or sequences; those of the system without shared ones, and without what follows from others."""
    rows = connection.execute(
        "select format('%%I.%%I', nspname, relname) from pg_class join pg_namespace as it on it.oid = relnamespace"
        " where relkind::text = %s and not relisshared and (nspname = 'pg_catalog') = %s"
        " and nspname not in ('information_schema', 'pg_toast') and relname <> 'pg_depend' order by 1",
        [kind, of_system],
    )
    return [str(name) for (name,) in rows]


def _state(connection: psycopg.Connection, tables: Iterable[str]) -> State:
    each = [
        f"select '{table}', count(*), coalesce(sum(xmin::text::bigint), 0)::bigint from {table}" for table in tables
    ]
    rows = connection.execute(" union all ".join(each).encode()).fetchall()
    return {str(table): (int(count), int(transactions)) for table, count, transactions in rows}


def _settings(connection: psycopg.Connection) -> list[tuple[object, ...]]:
    """What is kept for a database outside of it."""
    return connection.execute(
        "select it.datacl::text, s::text from pg_database as it left join pg_db_role_setting as s"
        " on s.setdatabase = it.oid where it.datname = current_database() order by 2"
    ).fetchall()


def _rows_of(connection: psycopg.Connection, table: str) -> tuple[str, bytes]:
    """The columns that COPY takes, and the rows."""
    found = connection.execute(
        "select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute"
        " where attrelid = %s::regclass and attnum > 0 and not attisdropped and attgenerated = ''",
        [table],
    ).fetchone()
    assert found is not None
    with connection.cursor().copy(f"copy {table} ({found[0]}) to stdout".encode()) as copy:
        return str(found[0]), b"".join(copy)


def _position(connection: psycopg.Connection, sequence: str) -> tuple[int, bool]:
    row = connection.execute(f"select last_value, is_called from {sequence}".encode()).fetchone()
    assert row is not None
    return int(row[0]), bool(row[1])
