"""Checks and signals for tests of the servers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import psutil
import psycopg

from datastore_db.local.home import Home

from .processes import User

if TYPE_CHECKING:
    from collections.abc import Callable
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
    """Kill it, and wait until all of its threads are dead, so that no check takes it for alive."""
    kill(pid)
    with Home.at(home).keeper() as lock:
        lock.take()
