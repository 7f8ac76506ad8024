"""The checks of JSON Schema and all tables, as sql/base.sql has them.

No release contains this migration yet, so it is not a copy. The first release freezes it: the text that `read_script`
gives becomes 0001.pre.base.sql, and from then on a change of a table is the next number.
"""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

from yoyo import step

_script = runpy.run_path(str(Path(__file__).with_name("lib") / "psql_script.py"))


def _apply(connection: Any) -> None:  # noqa: ANN401 - yoyo hands over a bare DB-API connection
    cursor = connection.cursor()
    cursor.execute("select pg_catalog.to_regnamespace('datastore') is not null")
    if cursor.fetchone()[0]:
        raise RuntimeError(
            "the database has a schema named datastore already, which this migration did not make. Was it installed by "
            "psql, or by migrations from before the base? See docs/operations.md, Migrate"
        )
    cursor.execute(_script["read_script"](_script["SQL"] / "base.sql"))


step(_apply, "drop schema datastore cascade; drop schema jsonschema cascade")
