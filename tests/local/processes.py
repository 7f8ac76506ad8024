"""Users of a local stack as processes of their own, so that they can be interrupted and killed."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import psutil

from datastore_db.local.home import Home, State

if TYPE_CHECKING:
    from pathlib import Path

USER = """
import sys
from pathlib import Path
from datastore_db.local import start

stack = start(Path(sys.argv[1]))
print("in", flush=True)
sys.stdin.readline()
"""


SERVERS = ("postgres -D", "azurite", "local.keeper")


class User:
    """A process that uses the stack of a home until it is told to leave."""

    def __init__(self, home: Path, script: str = USER, **options: Any) -> None:
        self.home = home
        self.process = subprocess.Popen(
            [sys.executable, "-c", script, home],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            **options,
        )

    def is_in(self) -> Self:
        """Wait until it uses the stack."""
        assert self.process.stdout
        assert self.process.stdout.readline() == "in\n"
        return self

    def leave(self) -> None:
        self.process.communicate("\n", timeout=30)
        assert self.process.returncode == 0

    def send(self, number: int) -> None:
        self.process.send_signal(number)
        self.process.wait(timeout=30)


@dataclass
class Servers:
    """The servers that run in a home."""

    home: Path

    @property
    def state(self) -> State:
        return State(**json.loads(Home.at(self.home).state_file.read_text()))

    @property
    def pids(self) -> list[int]:
        return [self.state.postgres, self.state.azurite]

    def running(self) -> list[str]:
        """Every process that serves this home, as the operating system sees it."""
        found = set()  # for a moment, a process that PostgreSQL forks has its command
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                command = " ".join(process.cmdline())  # empty when it is dead
                # The users name the home as well.
                if str(self.home) in command and any(word in command for word in SERVERS):
                    found.add(command)
        return sorted(found)

    def wait_for_keeper(self) -> None:
        """Return when a process has begun to start them."""
        deadline = time.monotonic() + 30
        while not self.running():
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def soon_gone(self, seconds: float = 10) -> bool:
        deadline = time.monotonic() + seconds
        while self.running() and time.monotonic() < deadline:
            time.sleep(0.02)
        return not self.running()
