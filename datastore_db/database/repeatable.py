"""Parts that a deploy replaces: functions, views, triggers, privileges; each if it differs from the installed one."""

from __future__ import annotations

import hashlib
import re
import runpy
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.types.json import Jsonb

from datastore_db.errors import DatastoreError
from datastore_db.resources import MIGRATIONS, SQL

# Migrations run without this package, so it is they that have the reader.
read_script: Callable[[Path], str] = runpy.run_path(str(MIGRATIONS / "lib" / "psql_script.py"))["read_script"]

_PART = re.compile(r"^\\ir (\S+)$", re.MULTILINE)
_MAKES = re.compile(r"\bcreate (?:or replace )?(function|view) (\w+\.\w+)")
_AUDITS = re.compile(r"\bperform datastore\.audit_table\('(\w+\.\w+)'")
_WAITS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)  # seconds between two tries; the last one again and again


@dataclass(frozen=True)
class Part:
    """A file that sql/repeatable.sql includes, with all that it includes itself."""

    name: str
    sql: str

    @property
    def closes(self) -> bool:
        """Does it come after the functions and views, to protect them?"""
        return self.name == "access/protection.sql"

    def digest(self) -> str:
        """The SHA-256 of its text."""
        return hashlib.sha256(self.sql.encode()).hexdigest()

    def makes(self) -> list[str]:
        """The functions, views and triggers of the history that it creates: "function datastore.act_as"."""
        made = {f"{kind} {name}" for kind, name in _MAKES.findall(self.sql)}
        return sorted(made | {f"audit of {table}" for table in _AUDITS.findall(self.sql)})


def parts(sql: Path | None = None) -> list[Part]:
    """The parts of a release, in their order."""
    folder = sql or SQL
    names = _PART.findall((folder / "repeatable.sql").read_text(encoding="utf-8"))
    return [Part(name, read_script(folder / name)) for name in names]


def due_parts(connection: psycopg.Connection, release: list[Part]) -> dict[str, str]:
    """The parts that differ from the installed ones, each with a reason. Nothing is changed, and no table locked."""
    row = connection.execute("select pg_catalog.to_regprocedure('datastore.due_parts(jsonb)') is not null").fetchone()
    if row != (True,):
        return {part.name: "new" for part in release}
    listed = Jsonb([{"part": part.name, "digest": part.digest()} for part in release])
    return dict(connection.execute("select part, reason from datastore.due_parts(%s)", [listed]).fetchall())


def replace(connection: psycopg.Connection, release: list[Part], due: set[str], *, patience: float) -> None:
    """Apply the parts that are due, in one transaction; what it waits for is waited for in short tries.

    A lock on a table of ours makes every client wait behind it, and two that wait for each other are a deadlock. So
    each try gives up before the server looks for one, and another follows. patience: seconds until `DatastoreError`.
    """
    deadline = time.monotonic() + patience
    tries = 0
    while True:
        try:
            with connection.transaction():
                _apply(connection, release, due)
        except _IN_THE_WAY as error:
            if time.monotonic() > deadline:
                raise DatastoreError(
                    f"functions could not be replaced for {patience:.0f} seconds: {_holders(connection)}. "
                    "Nothing was replaced; try again when that has ended"
                ) from error
            time.sleep(_WAITS[min(tries, len(_WAITS) - 1)])
            tries += 1
        else:
            return


_IN_THE_WAY = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected, psycopg.errors.QueryCanceled)

_SHORT_WAITS = """
select pg_catalog.set_config('lock_timeout', least(100, setting::integer / 4)::text, true),
       pg_catalog.set_config('statement_timeout', (setting::integer / 2)::text, true)
from pg_catalog.pg_settings where name = 'deadlock_timeout'
"""


def _apply(connection: psycopg.Connection, release: list[Part], due: set[str]) -> None:
    connection.execute(_SHORT_WAITS)
    row = connection.execute("select pg_catalog.to_regprocedure('datastore.due_parts(jsonb)') is not null").fetchone()
    if row == (True,):
        connection.execute("select datastore.lock_triggers(%s)", [sorted(due)])
        connection.execute("select datastore.drop_changed_policies()")
    connection.execute("set local statement_timeout = 0")
    applied = set(due)
    for part in release:
        # New objects need their owner and grants; replaced ones keep theirs.
        if part.closes and not applied.issuperset(closing := {part.name for part in release if part.closes}):
            row = connection.execute("select datastore.privileges_are_due()").fetchone()
            applied |= closing if row == (True,) else set()
        if part.name in applied:
            connection.execute(part.sql.encode())
    listed = [{"part": part.name, "digest": part.digest(), "makes": part.makes()} for part in release]
    connection.execute("select datastore.record_parts(%s, %s)", [Jsonb(listed), sorted(applied)])


def _holders(connection: psycopg.Connection) -> str:
    found = connection.execute("""
        select distinct format('process %s of %s has %s', activity.pid, activity.usename, locked.relation::regclass)
        from pg_catalog.pg_locks as locked
        join pg_catalog.pg_stat_activity as activity using (pid)
        join pg_catalog.pg_class on pg_class.oid = locked.relation
        join pg_catalog.pg_namespace on pg_namespace.oid = relnamespace
        where nspname = 'datastore' and granted and pid <> pg_catalog.pg_backend_pid()
    """).fetchall()
    return "; ".join(text for (text,) in found) or "others had what it needs"
