"""Where the SQL and the migrations are: inside the installed wheel, or beside the package in a checkout."""

from __future__ import annotations

from pathlib import Path


def _folder(name: str) -> Path:
    package = Path(__file__).parent
    shipped = package / name
    return shipped if shipped.is_dir() else package.parent / name


SQL = _folder("sql")
MIGRATIONS = _folder("migrations")
