"""Bringing a database to this release: numbered migrations by yoyo, then the functions and views that differ."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import psycopg
from psycopg.conninfo import conninfo_to_dict

from datastore_db.database.repeatable import due_parts, parts, replace
from datastore_db.database.token import with_token
from datastore_db.database.url import DatabaseUrl
from datastore_db.errors import DatastoreError
from datastore_db.resources import MIGRATIONS, SQL

if TYPE_CHECKING:
    from yoyo.backends import DatabaseBackend

_log = logging.getLogger("datastore_db")

WAIT = 60.0
"""Seconds that a migration waits for another one, and for clients that use a function it replaces."""


def migrate(database_url: str, *, only_pre: bool = False, wait: float = WAIT) -> list[str]:
    """Apply the pending migrations, then replace functions that differ; answers the migrations that were applied.

    only_pre: stop before the first migration marked *post*, which the running release would not survive.
    wait: seconds for another migration to end, and for clients to leave what is replaced; then `DatastoreError`.
    Where nothing is to be done, nothing is locked. Each migration, and the replacement, is one transaction.
    """
    release = parts(SQL)
    database_url = with_token(database_url)
    with _connected(database_url) as connection:
        if not _pending(connection, only_pre=only_pre) and not due_parts(connection, release):
            return []
        with _one_at_a_time(connection, wait):
            pending = _pending(connection, only_pre=only_pre)
            if pending:
                _with_yoyo(database_url, pending, roll_back=False)
            due = set(due_parts(connection, release))
            if due:
                replace(connection, release, due, patience=wait)
    return pending


def roll_back(database_url: str, *, wait: float = WAIT) -> list[str]:
    """Undo all migrations, with all data; answers what was undone. wait: as for `migrate`."""
    database_url = with_token(database_url)
    with _connected(database_url) as connection, _one_at_a_time(connection, wait):
        undone = sorted(_applied(connection) & set(_known()), reverse=True)
        if undone:
            _with_yoyo(database_url, undone, roll_back=True)
    return undone


def yoyo_uri(database_url: str) -> str:
    """A libpq URL or connection string as yoyo wants it."""
    settings = {key: str(value) for key, value in conninfo_to_dict(database_url).items() if value is not None}
    # yoyo's own tables are found by the search path, and always in public.
    settings["options"] = f"{settings.get('options', '')} -csearch_path=public".strip()
    database = quote(settings.pop("dbname", ""), safe="")
    return f"postgresql+psycopg:///{database}?{urlencode(settings)}"


def _known() -> list[str]:
    return sorted(
        path.stem
        for path in MIGRATIONS.iterdir()
        if path.suffix in (".py", ".sql") and path.name[0].isdigit() and not path.name.endswith(".rollback.sql")
    )


def _applied(connection: psycopg.Connection) -> set[str]:
    row = connection.execute("select pg_catalog.to_regclass('public._yoyo_migration') is not null").fetchone()
    if row != (True,):
        return set()
    return {name for (name,) in connection.execute("select migration_id from public._yoyo_migration")}


def _pending(connection: psycopg.Connection, *, only_pre: bool) -> list[str]:
    """The migrations to apply, in their order. Raises `DatastoreError` for a database that others made."""
    known, applied = _known(), _applied(connection)
    if unknown := sorted(applied - set(known)):
        raise DatastoreError(
            f"the database was made by migrations that this release does not have: {', '.join(unknown)}. "
            "Use the release that made it, or an empty database"
        )
    made = connection.execute("select pg_catalog.to_regnamespace('datastore') is not null").fetchone()
    if made == (True,) and not applied:
        raise DatastoreError(
            "the database has a schema named datastore, and no migration that made it: was it installed by psql? "
            "Tell yoyo so: yoyo mark --database postgresql+psycopg://… (docs/operations.md)"
        )
    pending = [name for name in known if name not in applied]
    post = next((place for place, name in enumerate(pending) if ".post." in name), len(pending))
    return pending[:post] if only_pre else pending


def _with_yoyo(database_url: str, names: list[str], *, roll_back: bool) -> None:
    # Here, because it takes a while to import, and most runs have nothing for it to do.
    from yoyo import get_backend, read_migrations

    backend: DatabaseBackend = get_backend(yoyo_uri(database_url))
    try:
        chosen = read_migrations(str(MIGRATIONS)).filter(lambda migration: migration.id in names)
        if roll_back:
            backend.rollback_migrations(backend.to_rollback(chosen))
        else:
            backend.apply_migrations_only(backend.to_apply(chosen))
    finally:
        backend.connection.close()


def _pass_on(notice: psycopg.errors.Diagnostic) -> None:
    if notice.severity_nonlocalized == "WARNING":
        _log.warning("%s. %s", notice.message_primary, notice.message_hint or "")


@contextmanager
def _connected(database_url: str) -> Iterator[psycopg.Connection]:
    DatabaseUrl(database_url).check()
    with psycopg.connect(database_url, autocommit=True, application_name="datastore-db migrate") as connection:
        connection.add_notice_handler(_pass_on)
        if connection.info.server_version < 150000:
            raise DatastoreError(f"PostgreSQL 15 or newer is needed, this is {connection.info.server_version // 10000}")
        yield connection


@contextmanager
def _one_at_a_time(connection: psycopg.Connection, wait: float) -> Iterator[None]:
    """One transaction that keeps other migrations out, by a lock that needs the right to migrate."""
    _make_lock(connection)
    with connection.transaction():
        connection.execute("set local idle_in_transaction_session_timeout = 0")
        connection.execute("select pg_catalog.set_config('lock_timeout', %s, true)", [f"{max(1, wait * 1000):.0f}ms"])
        try:
            with connection.transaction():
                connection.execute("lock table public.datastore_migration_lock in exclusive mode")
        except psycopg.errors.LockNotAvailable:
            raise DatastoreError(
                f"another migration has run for {wait:.0f} seconds: {_migrating(connection)}. "
                "Wait for it, or end it with pg_terminate_backend, and migrate again"
            ) from None
        connection.execute("set local lock_timeout = 0")
        yield


def _make_lock(connection: psycopg.Connection) -> None:
    """A table outside of what a migration makes and drops; without rows, only to be locked."""
    row = connection.execute("select pg_catalog.to_regclass('public.datastore_migration_lock') is null").fetchone()
    if row != (True,):
        return
    try:
        with connection.transaction():
            connection.execute("create table public.datastore_migration_lock ()")
            connection.execute(
                "comment on table public.datastore_migration_lock is 'Locked by datastore-db migrate while it runs.'"
            )
    except (psycopg.errors.UniqueViolation, psycopg.errors.DuplicateTable, psycopg.errors.DuplicateObject):
        pass  # another first installation was quicker


def _migrating(connection: psycopg.Connection) -> str:
    found = connection.execute("""
        select format('process %s of %s%s, since %s', pid, usename, ' from ' || client_addr, xact_start)
        from pg_catalog.pg_locks join pg_catalog.pg_stat_activity using (pid)
        where relation = 'public.datastore_migration_lock'::regclass and granted
    """).fetchall()
    return "; ".join(text for (text,) in found) or "it has ended just now"
