"""Running `datastore-db` as a person does."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests import secrets_watch

PROGRAM = str(Path(sys.executable).with_name("datastore-db"))


@dataclass(frozen=True)
class Done:
    """What a command left: exit status and what it printed."""

    status: int
    out: str
    err: str


def run(environment: dict[str, str], *arguments: str | Path, cwd: Path | None = None) -> Done:
    """Run a command to its end."""
    done = subprocess.run(
        [PROGRAM, *map(str, arguments)],
        env=environment,
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    if secrets_watch.current is not None:
        secrets_watch.current.note(done.stderr)
        if arguments[:1] != ("link",) and arguments[:2] not in (("keys", "issue"), ("keys", "new")):
            secrets_watch.current.note(done.stdout)
    return Done(done.returncode, done.stdout, done.stderr)
