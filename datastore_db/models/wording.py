"""What both judges read: how much one call takes, and how they word what rules find. SQL has it by `make documents`."""

from __future__ import annotations

from functools import cache

from datastore_db import json_codec
from datastore_db.json_codec import JsonObject
from datastore_db.resources import SQL


@cache
def _read(name: str) -> JsonObject:
    content = json_codec.loads((SQL / "documents" / name).read_text(encoding="utf-8"))
    assert isinstance(content, dict)
    return content


def call_limit(name: str) -> int:
    """How much one call takes: `datastore.call_limits()` in SQL."""
    limit = _read("limits.json")[name]
    assert isinstance(limit, int)
    return limit


def worded(name: str, *values: object) -> str:
    """A message with its values: `format(datastore.wording(name), …)` in SQL."""
    return str(_read("messages.json")[name]) % values
