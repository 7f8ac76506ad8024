r"""Psql scripts for those without psql: plain Python, because migrations run where datastore_db is not installed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

# In a checkout and in the wheel alike, sql/ and migrations/ stand side by side.
SQL = Path(__file__).parents[2] / "sql"

_INCLUDE = re.compile(r"\\ir (\S+)")


def read_script(path: Path) -> str:
    r"""A psql script as plain SQL: `\ir` lines are replaced by the files that they name."""

    def lines() -> Iterator[str]:
        for line in path.read_text(encoding="utf-8").splitlines():
            if include := _INCLUDE.fullmatch(line):
                yield read_script(path.parent / include[1])
            elif not line.startswith("\\"):
                yield line

    return "\n".join(lines())
