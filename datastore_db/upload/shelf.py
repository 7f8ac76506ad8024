"""The blobs of a picture set in storage, listed in few requests, to find stored pictures whose bytes are lost."""

from __future__ import annotations

import asyncio
from functools import partial
from uuid import UUID

from datastore_db.storage.blobs import Blobs
from datastore_db.storage.containers import Container

# So few blobs are looked at one by one: a page of a large set takes longer.
FEW = 8


class Shelf:
    """The blobs of one picture set, listed page by page as they are asked for: a page for each batch at most.

    So an upload of a folder that is unchanged costs one request for each 5,000 pictures of a set, and a few pictures
    for a set of a million do not list it.
    """

    def __init__(self, container: Container, picture_set_id: UUID) -> None:
        self._container = container
        self._prefix = f"{picture_set_id}/"
        self._next: str | None = None
        self._is_done = False
        # Of each blob a number alone: a set may have a million.
        self._seen: set[int] = set()
        self._lock = asyncio.Lock()

    async def look(self, count: int) -> None:
        """List on, if that is worth it for so many blobs that are asked for next."""
        if count <= FEW:
            return
        async with self._lock:
            if not self._is_done:
                listing = partial(Blobs.list, prefix=self._prefix, after=self._next)
                found, self._next = await self._container.run(listing)
                self._is_done = self._next is None
                self._seen.update(_number(name, blob.size, blob.md5, blob.etag) for name, blob in found)

    def has(self, name: str, size: int, md5: bytes, etag: str) -> bool:
        """Whether this blob was listed, just as it was confirmed. False may mean that it was not listed yet."""
        return _number(name, size, md5, etag) in self._seen


def _number(*parts: object) -> int:
    return hash(parts)
