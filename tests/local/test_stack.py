"""PostgreSQL and Azurite on this machine: shared, kept, and stopped when the last user ends."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING

import psutil
import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobServiceClient

from datastore_db.local import LocalStack, LocalStackError, start

from .processes import Servers, User

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    MakeUser = Callable[..., User]
from tests.local.looks import query


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
    """Tests that only need a running stack."""

    def test_database_is_an_ordinary_one(self, local: LocalStack) -> None:
        sql = "select current_database(), current_user, upper('é'), current_setting('fsync')"
        assert query(local.database_url, sql) == [("datastore", "postgres", "É", "on")]
        for program in ("psql", "pg_dump", "pg_restore"):
            subprocess.run([local.postgres_bin / program, "--version"], check=True, capture_output=True)

    def test_joining_is_quick(self, local: LocalStack) -> None:
        before = time.perf_counter()
        start(local.home).close()
        assert time.perf_counter() - before < 5

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


def test_environment_does_not_reach_the_servers(home: Path, servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = {"PGPORT": "1", "PGHOST": "elsewhere", "PGOPTIONS": "-c x", "AZURITE_DB": "x", "NODE_OPTIONS": "--x"}
    for name, value in {"DATASTORE_KEK": "a secret", **elsewhere}.items():
        monkeypatch.setenv(name, value)
    with start(home):
        for pid in (servers.state.keeper, *servers.pids):
            assert not {"DATASTORE_KEK", "PGPORT"} & psutil.Process(pid).environ().keys()


@pytest.mark.parametrize("name", ["a b, 'c' é %20", "long" * 30])
def test_any_folder_will_do(temporary_home: Path, name: str) -> None:
    with start(temporary_home / name) as local:
        assert query(local.database_url, "select 1") == [(1,)]
    assert not Servers(temporary_home / name).running()
