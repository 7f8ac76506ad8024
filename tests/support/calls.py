"""Calls of the functions of the schema by their names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
from psycopg.types.json import Jsonb, set_json_loads

from datastore_db.json_codec import dumps, loads

Call = Callable[..., Any]


def caller(connection: psycopg.Connection, *, exact: bool = True) -> Call:
    """Calls a function by name; `acting` is the acting user. Numbers are decimals to the last digit, or floats."""
    if exact:
        set_json_loads(loads, connection)

    def call(function: str, *arguments: object, acting: object = None, **named: object) -> Any:
        values = [Jsonb(value, dumps=dumps) if isinstance(value, dict | list) else value for value in arguments]
        places = ["%s"] * len(values) + [f"{name} => %s" for name in named]
        query, values = f"select datastore.{function}({', '.join(places)})", [*values, *named.values()]
        if acting is not None:
            query, values = f"{query} from datastore.act_as(%s)", [*values, acting]
        row = connection.execute(query, values).fetchone()
        assert row is not None
        return row[0]

    return call
