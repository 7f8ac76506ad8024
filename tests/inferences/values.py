"""Values and pictures for inferences."""

from __future__ import annotations

from typing import Any

import psycopg

from tests.support.calls import Call
from tests.support.inferences import Document


def new_picture(call: Call, user: dict[str, str], document: Document | None = None) -> str:
    (picture,) = call("announce_pictures", user["picture_set_id"], [document or {}], acting=user["user_id"])
    call("confirm_pictures", [{"picture_id": picture["picture_id"]}], acting=user["user_id"])
    return str(picture["picture_id"])


def nested(levels: int, *, in_objects: bool = False) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"y": value} if in_objects else [value]
    return value


def count(database: psycopg.Connection, table: str) -> int:
    row = database.execute(f"select count(*) from datastore.{table}").fetchone()
    assert row is not None
    return int(row[0])
