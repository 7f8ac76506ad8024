"""Users, keepers and servers that end in any way: killed, interrupted, forked."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from datastore_db.local import start

from .processes import USER, Servers, User

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    MakeUser = Callable[..., User]
from tests.local.looks import kill, kill_keeper, query


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


def test_keeper_that_is_told_to_end_stops_the_servers(home: Path, servers: Servers) -> None:
    with start(home):
        psutil.Process(servers.state.keeper).terminate()
        assert servers.soon_gone()
        with start(home) as again:
            assert query(again.database_url, "select 1") == [(1,)]
