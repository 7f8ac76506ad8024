"""The folder of a local stack, and the places of its files."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import platformdirs

from datastore_db.local.errors import LocalStackError
from datastore_db.local.lease import Lock

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class State:
    """The running servers of a home, as its keeper recorded them when all answered."""

    database_url: str
    storage_connection_string: str
    postgres_bin: str
    postgres_version: int
    keeper: int
    postgres: int
    azurite: int


@dataclass(frozen=True)
class Home:
    """The folder in which the servers keep their data, their logs and the locks that their users hold."""

    path: Path

    @classmethod
    def at(cls, path: Path | None) -> Self:
        """The folder `path`, else that of `DATASTORE_HOME`, else the usual place for data; made if missing."""
        configured = path or os.environ.get("DATASTORE_HOME") or platformdirs.user_data_path("datastore-db")
        # One folder must have one name: it is how its servers are recognised.
        home = cls(Path(configured).expanduser().resolve())
        # As root, PostgreSQL runs as another user, which reaches its data through a home and sees nothing else of it.
        home.path.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
        for folder in (home.run, home.logs):
            folder.mkdir(mode=0o700, exist_ok=True)
        return home

    @property
    def run(self) -> Path:
        """Locks, and files that only hold while the servers run."""
        return self.path / "run"

    @property
    def logs(self) -> Path:
        return self.path / "log"

    @property
    def state_file(self) -> Path:
        return self.run / "state.json"

    def postgres_data(self, version: int) -> Path:
        return self.path / f"postgres-{version}"

    @property
    def azurite_pid_file(self) -> Path:
        return self.run / "azurite.pid"

    def has_left_behind(self) -> bool:
        """Whether servers did not end as they should, or still run: they leave the files with their numbers."""
        return self.azurite_pid_file.exists() or any(self.path.glob("postgres-*/postmaster.pid"))

    def lease(self) -> Lock:
        """Shared by all users; held alone by a keeper that is stopping the servers."""
        return Lock(self.run / "lease", for_forks=True)

    def keeper(self) -> Lock:
        """Held from before a keeper starts until it has ended."""
        return Lock(self.run / "keeper")

    @contextmanager
    def door(self) -> Iterator[None]:
        """One process at a time comes in or goes out, so that the last one knows that it is the last."""
        with Lock(self.run / "door") as lock:
            lock.take()
            yield

    def read_state(self) -> State | None:
        """The keeper's record, or None while it is not ready."""
        try:
            return State(**json.loads(self.state_file.read_text()))
        except FileNotFoundError:
            return None
        except (TypeError, ValueError) as error:
            raise LocalStackError(
                f"another version of datastore-db runs the servers in {self.path}; end it first ({error})"
            ) from error

    def write_state(self, state: State) -> None:
        write_privately(self.state_file, json.dumps(asdict(state), indent=2))


def write_privately(path: Path, text: str) -> None:
    """Write a file that only this user may read, whole or not at all."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # 0600 from the start
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
