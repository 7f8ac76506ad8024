"""Frozen files of releases: `released.sha256` has the SHA-256 of each such file (`sha256sum --check released.sha256`).

A migration that was released stands in databases; a released schema with its compiled check, and the formats that this
calls, judge stored rows: they never change. What is new becomes another file.
"""

from __future__ import annotations

import hashlib
import runpy
from pathlib import Path

LIST = "released.sha256"
PATTERNS = (
    "migrations/[0-9]*",
    "sql/documents/*.v[0-9]*.*",
    "sql/documents/values/*.v[0-9]*.*",
    "sql/jsonschema/formats.v[0-9]*.sql",  # what compiled checks call
)

_BASE = Path("migrations/0001.pre.base.py")
_REFUSAL = """\
do $$ begin
  if pg_catalog.to_regnamespace('datastore') is not null then
    raise exception '%', 'the database has a schema named datastore already, which this migration did not make. '
      'Was it installed by psql, or by migrations from before the base? See docs/operations.md, Migrate';
  end if;
end $$;
"""
_ROLLBACK = "drop schema datastore cascade;\ndrop schema jsonschema cascade;\n"


def changes(root: Path) -> list[str]:
    """The released files that are not as they were released: each with its path."""
    found = []
    for name, digest in released(root).items():
        path = root / name
        if not path.is_file():
            found.append(f"{name} is missing")
        elif _digest(path) != digest:
            found.append(f"{name} was changed")
    return found


def released(root: Path) -> dict[str, str]:
    """The frozen files: the SHA-256 of each by its path."""
    if not (root / LIST).is_file():
        return {}
    lines = (root / LIST).read_text(encoding="utf-8").splitlines()
    return {name: digest for digest, name in (line.split("  ", 1) for line in lines)}


def freeze(root: Path) -> list[str]:
    """Freeze the base, at the first release, and what is new; answers the files that are new in the list."""
    if (root / _BASE).is_file():
        freeze_base(root)
    before = released(root)
    files = sorted(path for pattern in PATTERNS for path in root.glob(pattern) if path.is_file())
    new = {path.relative_to(root).as_posix(): _digest(path) for path in files}
    lines = [f"{digest}  {name}\n" for name, digest in sorted((new | before).items())]
    (root / LIST).write_text("".join(lines), encoding="utf-8")
    return sorted(new.keys() - before.keys())


def freeze_base(root: Path) -> None:
    """The base has been what sql/ is; from now on it is a text that never changes."""
    script = runpy.run_path(str(root / "migrations" / "lib" / "psql_script.py"))
    text = script["read_script"](root / "sql" / "base.sql")
    base = (root / _BASE).with_suffix(".sql")
    base.write_text(f"{_REFUSAL}\n{text}\n", encoding="utf-8")
    base.with_suffix(".rollback.sql").write_text(_ROLLBACK, encoding="utf-8")
    (root / _BASE).unlink()


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    if found := changes(Path(__file__).parents[1]):
        raise SystemExit(f"what was released never changes, and {'; '.join(found)}. See docs/documents.md, Versions")
