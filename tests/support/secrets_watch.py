"""The search for secrets where none may be: in logs, dumps, statements, errors, and what commands print.

`tests/sealing/test_no_secret_anywhere.py` does everything that handles one and searches then. With
DATASTORE_TEST_SECRETS=1 the whole run is searched: the server's log at its most verbose, a dump of each database, what
ran, Python's logs, each error, and what commands print.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

from datastore_db.errors import DatastoreError

# What a shared access signature has, whichever it is
SIGNATURE = re.compile(rb"sig=(?!REDACTED|\*|<|\.|X)[A-Za-z0-9%/+]{16,}")
VERBOSE = {
    "log_statement": "all",
    "log_min_messages": "debug5",
    "log_min_error_statement": "debug5",
    "log_error_verbosity": "verbose",
    "log_parameter_max_length": "-1",
}


WATCHED = os.environ.get("DATASTORE_TEST_SECRETS") == "1"
current: SecretsWatch | None = None
"""The watch over the whole run, with DATASTORE_TEST_SECRETS=1."""


class SecretsWatch:
    """Collects what a run leaves behind."""

    def __init__(self, folder: Path, server_url: str, pg_dump: Path) -> None:
        self._folder = folder
        self._server_url = server_url
        self._pg_dump = pg_dump
        self._texts = folder / "said.txt"
        self._lock = threading.Lock()
        self.secrets: set[str] = set()
        self._handler = logging.FileHandler(folder / "python.log", encoding="utf-8")
        # The tests' own look at a link, by another library than the package's
        self._handler.addFilter(lambda record: not record.name.startswith("urllib3"))

    def note(self, text: str) -> None:
        """A message or a log line."""
        with self._lock, self._texts.open("a", encoding="utf-8", errors="replace") as file:
            file.write(text + "\n")

    def make_verbose(self, database: str) -> None:
        """Have the server log everything that happens in a database."""
        with psycopg.connect(self._server_url, autocommit=True) as connection:
            for name, value in VERBOSE.items():
                connection.execute(
                    sql.SQL("alter database {} set {} = {}").format(
                        sql.Identifier(database), sql.Identifier(name), sql.Literal(value)
                    )
                )

    def dump(self, database_url: str) -> None:
        """Keep a dump of a database."""
        done = subprocess.run([self._pg_dump, database_url], capture_output=True, check=True, timeout=120)
        with self._lock, (self._folder / "dumps.sql").open("ab") as file:
            file.write(done.stdout)

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Python's logs at DEBUG, every error of this package, and every statement while it runs."""
        ended = threading.Event()
        sampler = threading.Thread(target=self._sample, args=(ended,), daemon=True)
        made = DatastoreError.__init__

        def noted(error: DatastoreError, *args: object, **kwargs: object) -> None:
            made(error, *args, **kwargs)  # type: ignore[arg-type]  # whatever it takes
            self.note(f"{type(error).__name__}: {error} {error!r}")

        root = logging.getLogger()
        level = root.level
        root.addHandler(self._handler)
        root.setLevel(logging.DEBUG)
        DatastoreError.__init__ = noted  # type: ignore[method-assign,assignment]  # to hear of each
        sampler.start()
        try:
            yield
        finally:
            DatastoreError.__init__ = made  # type: ignore[method-assign]
            root.setLevel(level)
            root.removeHandler(self._handler)
            ended.set()
            sampler.join()

    def _sample(self, ended: threading.Event) -> None:
        seen: set[str] = set()
        with psycopg.connect(self._server_url, autocommit=True) as connection:
            while not ended.wait(0.02):
                for (query,) in connection.execute("select distinct query from pg_stat_activity"):
                    if query not in seen:
                        seen.add(query)
                        self.note(query)

    def found(self, *logs: Path) -> list[str]:
        """Where a secret stands: the file, and the beginning of the line, without the secret."""
        known = re.compile(b"|".join(re.escape(secret.encode()) for secret in sorted(self.secrets)) or rb"(?!)")
        places = []
        for file in [*(path for path in self._folder.iterdir() if path.is_file()), *logs]:
            with file.open("rb") as lines:
                for number, line in enumerate(lines, start=1):
                    for what in (known, SIGNATURE):
                        if match := what.search(line):
                            places.append(f"{file.name}:{number}: {line[: match.start()][-200:]!r}…")
        return places

    def size(self, *logs: Path) -> int:
        """How much there is to search, in bytes."""
        return sum(path.stat().st_size for path in [*self._folder.iterdir(), *logs])
