"""Ids, as callers have them."""

from __future__ import annotations

from typing import TypeAlias
from uuid import UUID

from datastore_db.errors import NotFound

Id: TypeAlias = UUID | str


def to_uuid(value: Id) -> UUID:
    """An id as a UUID. Raises `NotFound` for what cannot be one."""
    if isinstance(value, UUID):
        return value
    try:
        return UUID(str(value))
    except ValueError:
        raise NotFound(f"there is nothing with the id {value!r}: an id is a UUID") from None
