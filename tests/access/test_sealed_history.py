"""The history is sealed in batches: what was changed, removed or put in afterwards shows."""

from __future__ import annotations

import json
import re
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.support.commands import run


def answer(connection: psycopg.Connection, call: str, *values: object) -> Any:
    row = connection.execute(f"select datastore.{call}".encode(), values).fetchone()
    assert row is not None
    return row[0]


def write(connection: psycopg.Connection, rows: int = 1) -> None:
    connection.execute(
        "insert into datastore.history (entity, entity_id, action, before) "
        "select 'seed', gen_random_uuid(), 'changed', jsonb_build_object('n', n, 'x', 1.50) "
        "from generate_series(1, %s) as n",
        [rows],
    )


def differences(connection: psycopg.Connection, kept: Any = None) -> list[tuple[str, int | None, int]]:
    report = answer(connection, "verify_history(%s)", None if kept is None else Jsonb(kept))
    assert report["differing"] == len(report["differences"])
    return [(one["what"], one["history_id"], one["position"]) for one in report["differences"]]


@pytest.fixture
def sealed(database: psycopg.Connection) -> psycopg.Connection:
    """25,000 rows in seals of 10,000, and what an empty database begins with."""
    database.execute("truncate datastore.history restart identity")
    write(database, 25_000)
    assert answer(database, "seal_history()")["rows"] == 25_000
    return database


def test_rows_are_sealed_once_and_hold(sealed: psycopg.Connection) -> None:
    assert answer(sealed, "seal_history()")["rows"] == 0
    report = answer(sealed, "verify_history()")
    assert (report["differing"], report["sealed_rows"], report["unsealed_rows"], report["unsealed_since"]) == (
        0,
        25_000,
        0,
        None,
    )
    assert report["latest_seal"]["position"] == 3
    write(sealed, 2)
    report = answer(sealed, "verify_history()")
    oldest = sealed.execute("select to_jsonb(min(acted_at)) from datastore.history where history_id > 25000").fetchone()
    assert (report["differing"], report["unsealed_rows"], [report["unsealed_since"]]) == (0, 2, list(oldest or ()))
    assert answer(sealed, "seal_history()")["latest_seal"]["last_history_id"] == 25_002
    assert differences(sealed) == []


@pytest.mark.parametrize(
    ("tampering", "expected"),
    [
        ("update datastore.history set acted_by = gen_random_uuid() where history_id = 7", [("changed row", 7, 1)]),
        ("update datastore.history set before = '{}' where history_id = 10001", [("changed row", 10001, 2)]),
        ("update datastore.history set acted_at = acted_at + '1 us' where history_id = 9", [("changed row", 9, 1)]),
        ("update datastore.history set acted_as = 'eve' where history_id = 25000", [("changed row", 25000, 3)]),
        ("delete from datastore.history where history_id in (3, 20001)",
         [("removed row", 3, 1), ("removed row", 20001, 3)]),
        (
            "insert into datastore.history (history_id, entity, entity_id, action) overriding system value "
            "values (-1, 'seed', gen_random_uuid(), 'accepted')",
            [("inserted row", -1, 1)],
        ),
        ("update datastore.history_seal set sealed_at = sealed_at - interval '1 day' where position = 2",
         [("altered seal", None, 2)]),
        ("update datastore.history_seal set sealed_by = 'eve' where position = 3", [("altered seal", None, 3)]),
        ("update datastore.history_seal set hash = sha256('x') where position = 1",
         [("altered seal", None, 1), ("altered seal", None, 2)]),
        ("delete from datastore.history_seal where position = 1", [("missing seal before", None, 2)]),
        ("truncate datastore.history_seal", []),
    ],
)  # fmt: skip
def test_a_changed_removed_or_inserted_row_is_found(
    sealed: psycopg.Connection, tampering: str, expected: list[tuple[str, int | None, int]]
) -> None:
    kept = answer(sealed, "verify_history()")["latest_seal"]
    sealed.execute(tampering.encode())
    assert differences(sealed) == expected
    if "truncate" in tampering:
        assert differences(sealed, kept) == [("the kept seal is gone", None, 3)]


def test_rewritten_seals_differ_from_a_copy(sealed: psycopg.Connection) -> None:
    kept = answer(sealed, "verify_history()")["latest_seal"]
    sealed.execute("update datastore.history set acted_by = gen_random_uuid() where history_id = 5")
    sealed.execute("truncate datastore.history_seal")
    answer(sealed, "seal_history()")
    assert differences(sealed) == []
    assert differences(sealed, kept) == [("seal differs from the kept one", None, 3)]
    # What is sealed since then does not disturb.
    again = answer(sealed, "verify_history()")["latest_seal"]
    write(sealed)
    answer(sealed, "seal_history()")
    assert differences(sealed, again) == []


def test_a_row_with_a_lower_id_may_commit_later(sealed: psycopg.Connection, database_url: str) -> None:
    """The seal waits for transactions that may still write below the newest row."""
    with psycopg.connect(database_url) as slow:
        write(slow)  # 25001
        write(sealed)  # 25002, committed
        started = time.monotonic()
        waiting = answer(sealed, "seal_history()")
        assert (waiting["rows"], waiting["latest_seal"]["position"]) == (0, 3)
        assert "open" in waiting["waits_for"]
        assert 4 < time.monotonic() - started < 30
        report = answer(sealed, "verify_history()")
        assert (report["differing"], report["unsealed_rows"]) == (0, 1)
        threading.Timer(0.5, slow.commit).start()
        assert answer(sealed, "seal_history()")["rows"] == 2
    assert differences(sealed) == []


def test_a_transaction_that_began_later_is_not_waited_for(sealed: psycopg.Connection, database_url: str) -> None:
    write(sealed)
    with psycopg.connect(database_url) as reader:
        reader.execute("select count(*) from datastore.history")
        assert answer(sealed, "seal_history()")["rows"] == 1


def register(connection: psycopg.Connection) -> None:
    """Something that triggers write to the history; they are its only writers."""
    answer(connection, "register_user(%s)", f"{uuid.uuid4()}@example.org")


def test_workers_and_writers_at_once(database: psycopg.Connection, database_url: str) -> None:
    """Four writers, two of which roll back at times, and two workers: every row is sealed once."""
    stop = threading.Event()
    errors: list[BaseException] = []

    def writer(number: int) -> None:
        with psycopg.connect(database_url) as connection:
            while not stop.is_set():
                register(connection)
                time.sleep(0.002 * number)
                if number % 2:
                    connection.commit()
                else:
                    connection.rollback()
                    register(connection)
                    connection.commit()

    def worker() -> None:
        with psycopg.connect(database_url, autocommit=True) as connection:
            while not stop.is_set():
                answer(connection, "seal_history()")

    def guarded(job: Any, *arguments: object) -> None:
        try:
            job(*arguments)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(writer, number)) for number in range(1, 5)]
    threads += [threading.Thread(target=guarded, args=(worker,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(3)
    stop.set()
    for thread in threads:
        thread.join(30)
    assert errors == []
    answer(database, "seal_history()")
    report = answer(database, "verify_history()")
    assert (report["differing"], report["unsealed_rows"]) == (0, 0)
    assert report["latest_seal"]["position"] > 3


def test_every_column_is_sealed(database: psycopg.Connection) -> None:
    body = database.execute(
        "select pg_get_functiondef('datastore.history_hash(datastore.history)'::regprocedure)"
    ).fetchone()
    columns = database.execute(
        "select attname from pg_attribute "
        "where attrelid = 'datastore.history'::regclass and attnum > 0 and not attisdropped"
    ).fetchall()
    assert body is not None
    assert [name for (name,) in columns if not re.search(rf"\(entry\)\.{re.escape(name)}\b", body[0])] == []


def test_a_session_s_settings_do_not_matter(sealed: psycopg.Connection) -> None:
    for setting in (
        "timezone = 'Asia/Kolkata'", "datestyle = 'German'", "intervalstyle = 'iso_8601'", "extra_float_digits = -3",
        "bytea_output = 'escape'", "search_path = ''",
    ):  # fmt: skip
        sealed.execute(f"set {setting}".encode())
    assert differences(sealed) == []


@pytest.mark.parametrize(
    ("role", "may_seal", "may_verify"),
    [("datastore_app", False, False), ("datastore_reader", False, True), ("datastore_worker", True, True)],
)
def test_only_some_roles_seal_and_verify(
    sealed: psycopg.Connection, role: str, may_seal: bool, may_verify: bool
) -> None:
    for call, may in (("seal_history()", may_seal), ("verify_history()", may_verify)):
        with sealed.transaction(force_rollback=True):
            sealed.execute(f"set local role {role}".encode())
            if may:
                assert answer(sealed, call)
            else:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    answer(sealed, call)
    for privilege in ("insert", "update", "delete", "truncate"):
        row = sealed.execute(
            "select has_table_privilege(%s, 'datastore.history_seal', %s)", [role, privilege]
        ).fetchone()
        assert row == (False,)


def test_the_command_seals_and_verifies(
    sealed: psycopg.Connection, environment: dict[str, str], tmp_path: Path
) -> None:
    write(sealed, 2)
    first = run(environment, "audit", "--seal", "--json")
    assert (first.status, json.loads(first.out)["rows"]) == (0, 2)
    kept = tmp_path / "seal.json"
    kept.write_text(first.out)
    good = run(environment, "audit", "--verify", "--against", kept)
    assert (good.status, "25002 rows sealed, 0 differences" in good.out) == (0, True)
    write(sealed)
    assert "1 row not sealed yet, since 20" in run(environment, "audit", "--verify").out
    sealed.execute("delete from datastore.history where history_id = 12")
    bad = run(environment, "audit", "--verify")
    assert (bad.status, "removed row 12 (seal 1)" in bad.out) == (1, True)
    kept.write_text("[]")
    assert run(environment, "audit", "--verify", "--against", kept).status == 2
    assert run(environment, "sweep").status == 0
    assert answer(sealed, "verify_history()")["unsealed_rows"] == 0
