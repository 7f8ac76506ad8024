"""Functions and views after the tables: `yoyo apply` alone gives what `datastore-db migrate` gives."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

from yoyo import step

_script = runpy.run_path(str(Path(__file__).with_name("lib") / "psql_script.py"))


def _replace(connection: Any) -> None:  # noqa: ANN401 - yoyo hands over a bare DB-API connection
    connection.cursor().execute(_script["read_script"](_script["SQL"] / "repeatable.sql"))


step(_replace)
