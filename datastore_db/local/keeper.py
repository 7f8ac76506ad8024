"""The process that owns the servers of a home; `stack.py` starts it.

It reports to the process that started it that the servers answer, or the error. Then it waits for the lease,
which it gets when no user is left, and stops the servers while it holds it: a process that comes in meanwhile waits,
and starts anew.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING

from datastore_db.local.errors import LocalStackError
from datastore_db.local.home import Home, State
from datastore_db.local.lease import Lock
from datastore_db.local.postgres import Postgres
from datastore_db.local.storage import Azurite

if TYPE_CHECKING:
    from collections.abc import Callable

    from datastore_db.local.servers import Server

log = logging.getLogger("keeper")


def main() -> None:
    """Become a process without a parent, and keep the servers until no user is left."""
    home_path, version, azurite_main, lock_fd = sys.argv[1:]
    if os.fork():
        os._exit(0)  # so that the process that started it has no child to wait for
    os.umask(0o077)
    logging.basicConfig(format="%(asctime)s %(process)d %(message)s", level=logging.INFO)

    home = Home(Path(home_path))
    lock = Lock.inherited(int(lock_fd))
    Keeper(home, int(version), Path(azurite_main)).run()
    del lock  # not released before: a process that waits for it takes this one for gone
    os._exit(0)


class Keeper:
    """Starts both servers, waits for a reason to stop them, stops them."""

    def __init__(self, home: Home, version: int, azurite_main: Path) -> None:
        self.home = home
        self.postgres = Postgres(home, version)
        self.azurite = Azurite(home, azurite_main)
        self.servers: list[Server] = [self.azurite, self.postgres]  # the slower one first
        self.reasons: SimpleQueue[str] = SimpleQueue()

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda number, _: self.reasons.put(f"got {signal.Signals(number).name}"))
        try:
            self.start()
        except Exception as error:
            log.exception("cannot start")
            self.stop()
            self.report(str(error) if isinstance(error, LocalStackError) else f"{type(error).__name__}: {error}")
            return
        self.report(None)
        for server in self.servers:
            self.watch(f"{server.name} has ended", server.wait)
        self.watch("no user is left", self.home.lease().take)
        log.info("stopping: %s", self.reasons.get())
        self.home.state_file.unlink(missing_ok=True)
        self.stop()
        log.info("stopped")

    def start(self) -> None:
        stop_left_behind(self.home, except_for=self.postgres.version)
        for server in self.servers:
            server.launch()
        for server in self.servers:
            server.wait_until_ready()
        self.postgres.create_database()
        self.home.write_state(
            State(
                database_url=self.postgres.url(),
                storage_connection_string=self.azurite.connection_string,
                postgres_bin=str(self.postgres.bin),
                postgres_version=self.postgres.version,
                keeper=os.getpid(),
                postgres=self.postgres.pid,
                azurite=self.azurite.pid,
            )
        )
        log.info("both servers answer: %d, %d", self.azurite.pid, self.postgres.pid)

    def stop(self) -> None:
        for server in self.servers:
            try:
                server.stop()
            except Exception:
                log.exception("cannot stop %s", server.name)

    def watch(self, reason: str, wait: Callable[[], None]) -> None:
        """Give `reason` when `wait` returns."""

        def watching() -> None:
            wait()
            self.reasons.put(reason)

        Thread(target=watching, daemon=True).start()

    def report(self, error: str | None) -> None:
        """Answer the process that waits at the other end of standard output; it may be gone."""
        try:
            sys.stdout.write(json.dumps({"error": error}))
            sys.stdout.flush()
        except OSError:
            log.info("the process that started this one is gone")
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)


def stop_left_behind(home: Home, except_for: int | None = None) -> None:
    """Stop the servers that a killed keeper left, or only a PostgreSQL of another version than `except_for`."""
    for data in home.path.glob("postgres-*"):
        version = data.name.removeprefix("postgres-")
        if version.isdigit() and int(version) != except_for:
            Postgres(home, int(version)).stop_left_behind()
    if except_for is None:
        Azurite(home).stop_left_behind()


if __name__ == "__main__":
    main()
