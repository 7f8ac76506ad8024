"""Running `datastore-db` as a person does."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from datastore_db.cli.main import main
from tests.support import secrets_watch

# For what needs a process of its own: signals, terminals, several at once. A process takes most of a second to start.
PROGRAM = str(Path(sys.executable).with_name("datastore-db"))


@dataclass(frozen=True)
class Done:
    """The result of a command: exit status and output."""

    status: int
    out: str
    err: str


def run(
    environment: Mapping[str, str], *arguments: str | Path, cwd: Path | None = None, in_a_process: bool = False
) -> Done:
    """Run a command to its end: as if it had a process, or in one of its own, which several at once need."""
    if in_a_process or threading.current_thread() is not threading.main_thread():
        ended = subprocess.run(
            [PROGRAM, *map(str, arguments)],
            env=environment, cwd=cwd, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        done = Done(ended.returncode, ended.stdout, ended.stderr)
    else:
        out, err = io.StringIO(), io.StringIO()
        status = _run(environment, arguments, cwd, out, err)
        done = Done(status, out.getvalue(), err.getvalue())
    assert "Traceback" not in done.err, done.err
    if secrets_watch.current is not None:
        secrets_watch.current.note(done.err)
        if arguments[:1] != ("link",) and arguments[:2] not in (("keys", "issue"), ("keys", "new")):
            secrets_watch.current.note(done.out)
    return done


def printed(environment: Mapping[str, str], *arguments: str) -> str:
    """The output of a command on a terminal, where errors come between the rest."""
    both = io.StringIO()
    _run(environment, arguments, None, both, both)
    return both.getvalue()


def _run(
    environment: Mapping[str, str],
    arguments: tuple[str | Path, ...],
    cwd: Path | None,
    out: io.StringIO,
    err: io.StringIO,
) -> int:
    with (
        _environment(environment),
        contextlib.chdir(cwd or Path.cwd()),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as end:
            return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


@contextlib.contextmanager
def _environment(environment: Mapping[str, str]) -> Iterator[None]:
    kept = dict(os.environ)
    os.environ.clear()
    os.environ.update(environment)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(kept)
