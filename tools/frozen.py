"""The files that never change once a release has them: stored rows were let in by what they say.

    python tools/frozen.py             compares them with sql/frozen.sha256     (part of `make check`)
    python tools/frozen.py --freeze    adds those that are not listed yet       (part of a release)

They are the JSON Schemas of documents, what `make documents` compiled from them, and the checks of formats that this
calls. `sha256sum --check frozen.sha256`, in sql/, compares as well.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from datastore_db.resources import SQL

LIST = "frozen.sha256"
_PATTERNS = ("documents/*.v*.json", "documents/*.v*.sql", "documents/values/*", "jsonschema/formats.v*.sql")


def frozen(sql: Path = SQL) -> dict[str, str]:
    """What releases have: the path of each file below sql/, with its SHA-256."""
    lines = (sql / LIST).read_text(encoding="utf-8").splitlines()
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines if not line.startswith("#"))}


def differences(sql: Path = SQL) -> list[str]:
    """What is wrong with frozen files, a sentence each."""
    wrong = []
    for name, digest in frozen(sql).items():
        if not (sql / name).is_file():
            wrong.append(f"sql/{name} is gone, and a release has it")
        elif _digest(sql / name) != digest:
            wrong.append(
                f"sql/{name} was changed, and a release has it: stored rows were checked by it. Take the change back "
                f"(git checkout), and {_instead(name)} (docs/documents.md, Versions)"
            )
    return wrong


def freeze(sql: Path = SQL) -> list[str]:
    """List what a release is about to have; answers what was added."""
    known = frozen(sql)
    files = sorted({path.relative_to(sql).as_posix() for pattern in _PATTERNS for path in sql.glob(pattern)})
    added = [name for name in files if name not in known]
    with (sql / LIST).open("a", encoding="utf-8") as file:
        file.writelines(f"{_digest(sql / name)}  {name}\n" for name in added)
    return added


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _instead(name: str) -> str:
    if name.startswith("jsonschema/"):
        return "add the repaired check under a new name to the next formats.v*.sql"
    return "add a new version of the document"


def main() -> None:
    """Compare, and add what is asked for."""
    if wrong := differences():
        raise SystemExit("\n".join(wrong))
    if "--freeze" in sys.argv[1:]:
        for name in freeze():
            print(f"frozen: sql/{name}")


if __name__ == "__main__":
    main()
