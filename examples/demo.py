"""The main job, on a small folder of real pictures: what `make demo` shows.

It runs the commands that a person would type, against a PostgreSQL and an Azurite of its own in .local/demo.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

from datastore_db.local import start

ROOT = Path(__file__).parent.parent
USER = "ana@example.org"


def run(*arguments: str, show: bool = True) -> subprocess.CompletedProcess[str]:
    """Run datastore-db as a person would, and show the command and what it says."""
    command = [str(Path(sys.executable).with_name("datastore-db")), *arguments]
    if show:
        print(f"\n$ datastore-db {shlex.join(arguments)}", flush=True)
    done = subprocess.run(  # noqa: S603 - our own command
        command, cwd=ROOT, check=False, text=True, stdout=subprocess.PIPE if not show else None
    )
    if done.returncode > 1:
        sys.exit(f"exit status {done.returncode}: the demo stops here")
    return done


def main() -> None:
    """Register, upload, list, show."""
    os.environ["DATASTORE_HOME"] = str(ROOT / ".local" / "demo")
    for name in ("DATASTORE_DB_URL", "DATASTORE_STORAGE_CONNECTION_STRING"):
        os.environ.pop(name, None)
    os.environ["DATASTORE_USER"] = USER
    # Held here so that the commands below find the servers running.
    with start():
        run("register", USER)
        uploaded = run("upload", "examples/barley-2024")
        print(f"(exit status {uploaded.returncode}: one of the files is broken, and was said to be)")
        run("ls")
        sets = json.loads(run("ls", "--json", show=False).stdout)
        picture = next(picture for folder in sets for picture in folder["pictures"])
        run("show", picture["picture_id"])
    print("\nNow with a folder of your own: the README says how.")


if __name__ == "__main__":
    main()
