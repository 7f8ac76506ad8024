"""Every relation and function of the schema, and arguments to call them with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from datastore_db.json_codec import dumps
from tests.support.inferences import inference
from tests.support.people import World


@contextmanager
def asking(connection: psycopg.Connection, world: World, user: str | None) -> Iterator[None]:
    """As the backend's role, and nothing of it stays."""
    with connection.transaction(force_rollback=True):
        connection.execute("set local role datastore_app")
        if user is not None:
            connection.execute("select datastore.act_as(%s)", [world.users[user]["user_id"]])
        yield


def relations(connection: psycopg.Connection, kinds: str, *, of_containers: bool) -> list[str]:
    """Tables (r) or views (v), those with container_id or those without."""
    rows = connection.execute(
        "select relname from pg_class where relnamespace = 'datastore'::regnamespace and relkind = any (%s)"
        " and exists (select from pg_attribute where attrelid = pg_class.oid and attname = 'container_id') = %s"
        " order by relname",
        [list(kinds), of_containers],
    ).fetchall()
    return [row[0] for row in rows]


def count(connection: psycopg.Connection, relation: str, condition: str, value: object) -> int:
    """How many rows; 0 in a table that the role may not read."""
    query = f"select count(*) from datastore.{relation} as it where {condition}"
    try:
        with connection.transaction():
            row = connection.execute(query.encode(), [value]).fetchone()
    except psycopg.errors.InsufficientPrivilege:
        return 0
    assert row is not None
    return int(row[0])


def columns_of(connection: psycopg.Connection, table: str) -> list[tuple[str, bool]]:
    """The columns that are written, and whether each is jsonb."""
    return connection.execute(
        "select attname, atttypid = 'jsonb'::regtype from pg_attribute"
        " where attrelid = %s::regclass and attnum > 0 and not attisdropped"
        " and attgenerated = '' and attidentity = ''",
        [f"datastore.{table}"],
    ).fetchall()


def call(connection: psycopg.Connection, name: str, arguments: list[tuple[object, str]]) -> str:
    listed = ", ".join(f"%s::{type_}" for _, type_ in arguments)
    # In the list of results, and not in FROM, so that a function of rows gives each of them.
    rows = connection.execute(f"select {name}({listed})".encode(), [value for value, _ in arguments]).fetchall()
    return str(rows)


def argument_for(name: str, type_: str, ids: dict[str, str], world: World) -> tuple[object, str]:
    """Something of its type that means the owner's things where it can."""
    by_name: dict[str, object] = {
        **ids,
        "group_id": world.group_id,
        "user_id": world.users["owner"]["user_id"],
        "email": world.users["stranger"]["email"],
        "role": "contributor",
        "picture_ids": [ids["picture_id"]],
        "inference_ids": [ids["inference_id"]],
        "container_ids": [ids["container_id"]],
        "confirmations": Jsonb([{"picture_id": ids["picture_id"]}]),
        "entity_id": ids["picture_id"],
        "target_id": ids["picture_set_id"],
        "how_many": 1000,
        "inspections": None,
        "name": "new",
        "documents": Jsonb([{"user_data": {"description": "changed"}}]),
        "document": Jsonb(
            {"user_data": {"description": "changed"}, "inferenceId": ids["inference_id"]} | inference(), dumps=dumps
        ),
    }
    if name in by_name and not (type_.endswith("[]") and isinstance(by_name[name], Jsonb)):
        return by_name[name], type_
    by_type: dict[str, object] = {
        "uuid": ids["picture_id"], "text": "x", "integer": 1, "bigint": 1, "boolean": True, "jsonb": Jsonb({}),
        "interval": "0 seconds", "uuid[]": [ids["picture_id"]], "text[]": ["x"], "numeric[]": [1],
    }  # fmt: skip
    return by_type.get(type_), type_


def fingerprint(connection: psycopg.Connection, ids: dict[str, str], group_id: str) -> list[Any]:
    """The rows of this container and group."""
    conditions = dict.fromkeys(relations(connection, "rp", of_containers=True), "container_id = %(container_id)s")
    conditions |= dict.fromkeys(("membership", "user_group"), "group_id = %(group_id)s")
    parts = [
        f"(select md5(string_agg(it::text, '' order by it::text)) from datastore.{table} as it where {condition})"
        for table, condition in conditions.items()
    ]
    row = connection.execute(f"select {', '.join(parts)}".encode(), ids | {"group_id": group_id}).fetchone()
    assert row is not None
    return list(zip(conditions, row, strict=True))
