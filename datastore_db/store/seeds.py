"""Seeds: species, and the review of those that documents named first."""

from __future__ import annotations

from typing import cast

from datastore_db.ids import Id, to_uuid
from datastore_db.json_codec import JsonObject
from datastore_db.store.base import StoreBase


class Seeds(StoreBase):
    """The species of a store."""

    async def seeds(self, *, user_id: Id | None = None) -> JsonObject:
        """All species: `{"seeds": [{seed_id, seed_name, status}]}`."""
        return cast(JsonObject, await self._call("rebuild_seeds", user_id))

    async def unreviewed_seeds(self, *, user_id: Id | None = None) -> JsonObject:
        """The species that wait for a person's look: `{"seeds": [{seed_id, seed_name, labels, …}]}`."""
        return cast(JsonObject, await self._call("unreviewed_seeds", user_id))

    async def find_seed_named(self, name_or_id: str, *, user_id: Id | None = None) -> JsonObject:
        """The species with this id, this name or this label: `{seed_id, seed_name, status}`. Raises `NotFound`."""
        return cast(JsonObject, await self._call("find_seed_named", user_id, name_or_id=name_or_id))

    async def accept_seed(self, seed_id: Id, *, user_id: Id | None = None) -> JsonObject:
        """Accept an unreviewed species as known. Raises `NotFound`, or `Conflict` for one that was merged."""
        return cast(JsonObject, await self._call("accept_seed", user_id, seed_id=to_uuid(seed_id)))

    async def merge_seed(self, seed_id: Id, into_seed_id: Id, *, user_id: Id | None = None) -> JsonObject:
        """Say that an unreviewed species is a known one; answers that one. Raises `NotFound` or `Conflict`."""
        answer = await self._call("merge_seed", user_id, seed_id=to_uuid(seed_id), into_seed_id=to_uuid(into_seed_id))
        return cast(JsonObject, answer)
