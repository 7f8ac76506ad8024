"""Bringing a database to this release: numbered migrations by yoyo, then every function and view anew."""

from __future__ import annotations

import logging
import runpy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg
from psycopg.conninfo import conninfo_to_dict
from yoyo import get_backend, read_migrations
from yoyo.migrations import MigrationList

from datastore_db.errors import DatastoreError
from datastore_db.resources import MIGRATIONS, SQL

_log = logging.getLogger("datastore_db")

# Migrations run without this package, so it is they that have the reader.
read_script: Callable[[Path], str] = runpy.run_path(str(MIGRATIONS / "lib" / "psql_script.py"))["read_script"]


def repeatable_sql() -> str:
    """Everything that every run replaces: functions, views, triggers."""
    return read_script(SQL / "repeatable.sql")


def migrate(database_url: str, *, only_pre: bool = False) -> list[str]:
    """Apply the migrations that are pending, then replace functions and views; answers what was applied.

    only_pre: stop before the first migration marked *post*, which the running release would not survive.
    Several at once wait for each other. Each migration, and the replacement, is one transaction.
    """
    with _one_at_a_time(database_url) as connection:
        backend = get_backend(yoyo_uri(database_url))
        try:
            known = read_migrations(str(MIGRATIONS))
            pending = backend.to_apply(known)  # makes yoyo's tables where they are missing
            _refuse_what_others_made(connection, {migration.id for migration in known})
            if only_pre:
                pending = MigrationList(_before_post(pending))
            applied = [migration.id for migration in pending]
            backend.apply_migrations_only(pending)
        finally:
            backend.connection.close()
        with connection.transaction():
            connection.execute(repeatable_sql())
    return applied


def roll_back(database_url: str) -> list[str]:
    """Undo all migrations, with all data; answers what was undone."""
    with _one_at_a_time(database_url):
        backend = get_backend(yoyo_uri(database_url))
        try:
            applied = backend.to_rollback(read_migrations(str(MIGRATIONS)))
            undone = [migration.id for migration in applied]
            backend.rollback_migrations(applied)
        finally:
            backend.connection.close()
    return undone


def yoyo_uri(database_url: str) -> str:
    """A libpq URL or connection string as yoyo wants it."""
    settings = {key: str(value) for key, value in conninfo_to_dict(database_url).items() if value is not None}
    # yoyo's own tables are found by the search path, and always in public.
    settings["options"] = f"{settings.get('options', '')} -csearch_path=public".strip()
    database = quote(settings.pop("dbname", ""), safe="")
    return f"postgresql+psycopg:///{database}?{urlencode(settings)}"


def _refuse_what_others_made(connection: psycopg.Connection, known: set[str]) -> None:
    applied = {name for (name,) in connection.execute("select migration_id from public._yoyo_migration")}
    made = connection.execute("select pg_catalog.to_regnamespace('datastore') is not null").fetchone()
    if unknown := sorted(applied - known):
        raise DatastoreError(
            f"the database was made by migrations that this release does not have: {', '.join(unknown)}. "
            "Use the release that made it, or an empty database"
        )
    if made == (True,) and not applied:
        raise DatastoreError(
            "the database has a schema named datastore, and no migration that made it: was it installed by psql? "
            "Tell yoyo so: yoyo mark --database postgresql+psycopg://… (docs/operations.md)"
        )


def _before_post(pending: MigrationList) -> Iterator[object]:
    for migration in pending:
        if ".post." in migration.id:
            return
        yield migration


def _pass_on(notice: psycopg.errors.Diagnostic) -> None:
    if notice.severity_nonlocalized == "WARNING":
        _log.warning("%s. %s", notice.message_primary, notice.message_hint or "")


@contextmanager
def _one_at_a_time(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.add_notice_handler(_pass_on)
        if connection.info.server_version < 150000:
            raise DatastoreError(f"PostgreSQL 15 or newer is needed, this is {connection.info.server_version // 10000}")
        connection.execute("select pg_catalog.pg_advisory_lock(pg_catalog.hashtext('datastore-db migrate'))")
        yield connection
