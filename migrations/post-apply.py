"""Functions and views after the tables: `yoyo apply` alone gives what `datastore-db migrate` gives."""

from __future__ import annotations

from typing import Any

from yoyo import step

from datastore_db.migrate import repeatable_sql


def _replace(connection: Any) -> None:  # noqa: ANN401 - yoyo hands over a bare DB-API connection
    connection.execute(repeatable_sql())


step(_replace)
