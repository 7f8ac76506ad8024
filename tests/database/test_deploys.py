"""A deploy touches only what differs, waits in short tries, and one runs at a time: also under traffic."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb

from datastore_db import DatastoreError, connect
from datastore_db.database import migrations as migrating
from datastore_db.database.migrations import migrate
from datastore_db.database.repeatable import Part, due_parts, parts
from datastore_db.local import LocalStack
from tests.support.commands import run
from tests.support.pictures import EXAMPLE

TOUCHED = """
    select 'function ' || oid::regprocedure, xmin::text from pg_proc
    where pronamespace in ('datastore'::regnamespace, 'jsonschema'::regnamespace)
    union all select 'trigger ' || tgname || ' on ' || tgrelid::regclass, xmin::text from pg_trigger
    union all select 'relation ' || oid::regclass, xmin::text from pg_class
    where relnamespace = 'datastore'::regnamespace
    union all select 'view ' || ev_class::regclass, xmin::text from pg_rewrite
"""

# The only line on stderr of a command without --user
NO_USER = "datastore-db: no --user, so this runs as the connection's own role\n"


def versions(connection: psycopg.Connection) -> dict[str, str]:
    """Each object of the catalogue, and the transaction that wrote it last."""
    return dict(connection.execute(TOUCHED).fetchall())


@contextmanager
def held(url: str, *statements: str) -> Iterator[psycopg.Connection]:
    """An open transaction of another session."""
    with psycopg.connect(url) as connection:
        for statement in statements:
            connection.execute(statement.encode())
        yield connection
        connection.rollback()


def test_migrating_again_locks_and_changes_nothing(database_url: str, database: psycopg.Connection) -> None:
    """Also where every table but the two that are read is locked, and the lock of migrations is taken."""
    before = versions(database)
    tables = database.execute("""
        select string_agg(oid::regclass::text, ', ') from pg_class
        where relnamespace = 'datastore'::regnamespace and relkind = 'r'
          and relname not in ('installed_part', 'installed_object')
    """).fetchone()
    assert tables is not None
    with held(
        database_url,
        f"lock table {tables[0]} in access exclusive mode",
        "lock table public.datastore_migration_lock in exclusive mode",
        "select pg_advisory_lock(hashtext('datastore-db migrate'))",
    ):
        assert migrate(database_url, wait=1) == []
    assert versions(database) == before


def test_only_parts_that_differ_are_replaced(database_url: str, database: psycopg.Connection) -> None:
    before = versions(database)
    database.execute("create or replace function datastore.act_as(user_id uuid) returns void language sql as 'select'")
    assert list(due_parts(database, parts()).items()) == [
        ("people/acting.sql", "function datastore.act_as(uuid) was changed")
    ]
    assert migrate(database_url) == []
    after = versions(database)
    replaced = {name for name in after if after[name] != before[name]}
    acting = {
        f"function {name}"
        for (name,) in database.execute("select name from datastore.installed_object where part = 'people/acting.sql'")
    }
    assert "function datastore.act_as(uuid)" in acting
    assert replaced == acting
    assert due_parts(database, parts()) == {}


@pytest.mark.parametrize(
    ("by_hand", "question", "expected"),
    [
        ("drop function datastore.rebuild_seeds()", "select datastore.rebuild_seeds() is not null", True),
        (
            "alter view datastore.picture_set_document set (security_invoker = false)",
            "select 'security_invoker=true' = any (reloptions) from pg_class "
            "where oid = 'datastore.picture_set_document'::regclass",
            True,
        ),
        (
            "alter table datastore.picture disable trigger audit_update",
            "select tgenabled::text from pg_trigger where tgname = 'audit_update' "
            "and tgrelid = 'datastore.picture'::regclass",
            "O",
        ),
        (
            "drop trigger audit_insert on datastore.user_account",
            "select count(*) from pg_trigger where tgname = 'audit_insert' "
            "and tgrelid = 'datastore.user_account'::regclass",
            1,
        ),
        (
            "alter policy app_reads on datastore.picture using (true)",
            "select pg_get_expr(polqual, polrelid) ~ 'acting_container' from pg_policy where polname = 'app_reads' "
            "and polrelid = 'datastore.picture'::regclass",
            True,
        ),
        (
            "drop policy app_inserts on datastore.picture",
            "select count(*) from pg_policy where polname = 'app_inserts' "
            "and polrelid = 'datastore.picture'::regclass",
            1,
        ),
        (
            "grant delete on datastore.history to datastore_reader",
            "select has_table_privilege('datastore_reader', 'datastore.history', 'delete')",
            False,
        ),
        (
            "revoke usage on schema datastore from datastore_app",
            "select has_schema_privilege('datastore_app', 'datastore', 'usage')",
            True,
        ),
        (
            "grant execute on function datastore.audit() to public",
            "select has_function_privilege('datastore_reader', 'datastore.audit()', 'execute')",
            False,
        ),
    ],
)  # fmt: skip
def test_a_part_that_was_changed_by_hand_is_restored(
    database_url: str, database: psycopg.Connection, by_hand: str, question: str, expected: object
) -> None:
    before = database.execute(question.encode()).fetchone()
    assert before == (expected,)
    database.execute(by_hand.encode())
    assert due_parts(database, parts()) != {}
    migrate(database_url)
    assert database.execute(question.encode()).fetchone() == before
    assert due_parts(database, parts()) == {}
    kinds = "select kind, name, digest from datastore.catalogue_objects() order by 1, 2"
    known = "select kind, name, digest from datastore.installed_object order by 1, 2"
    assert database.execute(kinds.encode()).fetchall() == database.execute(known.encode()).fetchall()


def changed(monkeypatch: pytest.MonkeyPatch, name: str) -> Callable[[], None]:
    """Lets a release differ from the one before in a part, again with each call."""
    turns = count()
    release = parts()

    def again() -> None:
        turn = next(turns)
        new = [Part(part.name, f"{part.sql}\n-- {turn}") if part.name == name else part for part in release]
        monkeypatch.setattr(migrating, "parts", lambda _: new)

    return again


class TestWaiting:
    def test_the_error_names_the_clients_of_a_replaced_function(
        self, database_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        changed(monkeypatch, "pictures/triggers.sql")()
        with held(database_url, "update datastore.picture set picture_id = picture_id") as other:
            started = time.monotonic()
            with pytest.raises(DatastoreError, match=rf"process {other.info.backend_pid} of .* has datastore.picture"):
                migrate(database_url, wait=1.5)
            assert 1.5 <= time.monotonic() - started < 10
            # Between two tries no session waits for it.
            with psycopg.connect(database_url, options="-clock_timeout=2000") as third:
                third.execute("update datastore.picture set picture_id = picture_id")
        assert migrate(database_url) == []

    def test_a_second_migration_names_the_running_one(self, database_url: str, database: psycopg.Connection) -> None:
        database.execute("drop function datastore.rebuild_seeds()")
        with held(database_url, "lock table public.datastore_migration_lock in exclusive mode") as other:
            with pytest.raises(DatastoreError, match=rf"another migration .* process {other.info.backend_pid} of"):
                migrate(database_url, wait=0.3)
            done = run(os.environ | {"DATASTORE_DB_URL": database_url}, "migrate", "--wait", "1")
            assert (done.status, f"process {other.info.backend_pid}" in done.err) == (2, True)
        assert migrate(database_url) == []

    @pytest.mark.parametrize("role", ["datastore_app", "datastore_worker", "datastore_reader"])
    def test_no_other_role_keeps_a_migration_waiting(self, database: psycopg.Connection, role: str) -> None:
        for table in ("public.datastore_migration_lock", "datastore.installed_part", "datastore.installed_object"):
            for mode in ("access share", "row exclusive", "exclusive"):
                with database.transaction(force_rollback=True):
                    database.execute(sql.SQL("set local role {}").format(sql.Identifier(role)))
                    with pytest.raises(psycopg.errors.InsufficientPrivilege):
                        database.execute(f"lock table {table} in {mode} mode".encode())


@pytest.fixture
def traffic(database_url: str) -> Iterator[Callable[[], int]]:
    """Six clients that write; the answer is how many calls they made so far. Whatever fails is raised at the end."""
    stop, made = threading.Event(), count()
    calls = [0]

    def client(number: int) -> None:
        with psycopg.connect(database_url, autocommit=True) as connection:
            row = connection.execute("select datastore.register_user(%s)", [f"client{number}@example.org"]).fetchone()
            assert row is not None
            user = row[0]
            while not stop.is_set():
                with connection.transaction():
                    connection.execute("select datastore.act_as(%s)", [user["user_id"]])
                    connection.execute(
                        "select datastore.announce_pictures(%s, %s)", [user["picture_set_id"], Jsonb([{}, {}])]
                    )
                    connection.execute("select datastore.rebuild_folders()")
                    connection.execute(
                        "select datastore.create_picture_set(%s)", [Jsonb({"name": f"set {next(made)}"})]
                    )
                calls[0] += 1
                time.sleep(0.01)

    with ThreadPoolExecutor(6) as clients:
        running = [clients.submit(client, number) for number in range(6)]
        yield lambda: calls[0]
        stop.set()
        for one in running:
            one.result(30)


@pytest.mark.parametrize("part", [None, "seeds/labels.sql", "pictures/triggers.sql"])
def test_fifteen_deploys_under_traffic(
    database_url: str, traffic: Callable[[], int], monkeypatch: pytest.MonkeyPatch, part: str | None
) -> None:
    differ = changed(monkeypatch, part) if part is not None else lambda: None
    for _ in range(15):
        differ()
        before = traffic()
        assert migrate(database_url) == []
        deadline = time.monotonic() + 60
        while traffic() < before + 6:
            assert time.monotonic() < deadline, "the clients make no calls any more"
            time.sleep(0.01)
    assert traffic() > 100


@pytest.mark.skipif(
    os.environ.get("DATASTORE_TEST_POSTGRES", "18") != "18", reason="commands start PostgreSQL 18 on this machine"
)
def test_commands_in_other_terminals_during_uploads(
    stack: LocalStack, temporary_home: Path, storage_connection_string: str
) -> None:
    """On the servers of this machine, where every command begins with a migration."""
    url = stack.database_url
    migrate(url)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DATASTORE_")}
    environment["DATASTORE_HOME"] = str(temporary_home)
    stop, uploads = threading.Event(), [0]

    def upload() -> None:
        with connect(url, storage_connection_string) as store:
            while not stop.is_set():
                user = store.register_user(f"{os.urandom(8).hex()}@example.org")
                assert store.upload_folder(EXAMPLE, user_id=user["user_id"]).counts["uploaded"] == 5
                uploads[0] += 1

    with ThreadPoolExecutor(3) as workers:
        uploading = workers.submit(upload)
        try:
            deploys = workers.submit(lambda: [migrate(url) for _ in range(10)])
            listings = [workers.submit(run, environment, "ls") for _ in range(10)]
            assert [(done.result(120).status, done.result().err) for done in listings] == [(0, NO_USER)] * 10
            assert deploys.result(120) == [[]] * 10
        finally:
            stop.set()
        uploading.result(120)
    assert uploads[0] > 1


def test_a_table_that_a_killed_migration_left_is_protected_by_the_next(
    database_url: str, database: psycopg.Connection
) -> None:
    migrate(database_url)
    database.execute("create table datastore.left_behind (container_id uuid primary key)")
    migrate(database_url)
    row = database.execute(
        "select pg_get_userbyid(relowner), relrowsecurity from pg_class where oid = 'datastore.left_behind'::regclass"
    ).fetchone()
    assert row == ("datastore_owner", True)
    assert migrate(database_url) == []
