"""Copies of pictures without personal data, made once and kept beside the originals."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import tempfile
import time
from dataclasses import dataclass
from typing import BinaryIO, cast
from uuid import UUID

from datastore_db.database.calls import Database, Document
from datastore_db.errors import BrokenPicture, NotReady
from datastore_db.inspection import Inspection, inspect
from datastore_db.inspection.formats import media_type
from datastore_db.inspection.pieces import CannotStrip
from datastore_db.inspection.stripping import strip
from datastore_db.json_codec import Json, JsonObject
from datastore_db.storage.account import Account
from datastore_db.storage.blobs import Confirmed
from datastore_db.storage.errors import BlobThere

# How long to wait for a copy that another process is just making
SECONDS_TO_WAIT = 60.0
# Up to here a file is kept in memory, beyond on disk
IN_MEMORY = 16 * 1024 * 1024

_SAME = ("format", "width", "height", "pages", "bit_depth", "channels")


@dataclass(frozen=True, slots=True)
class Copies:
    """Makes copies, with the storage account's credentials, as the role of workers: as keys are made."""

    database: Database
    account: Account

    async def make(self, picture_id: UUID) -> None:
        """See that there is a copy of a picture, or that it is known why there cannot be one.

        Several processes may ask for it at once: one makes it, the others wait. Raises `NotFound`, `Conflict`, or
        `NotReady` if it takes too long.
        """
        deadline = time.monotonic() + SECONDS_TO_WAIT
        pause = 0.05
        while True:
            begun = cast(JsonObject, await self.database.call_as_worker("begin_copy", picture_id=picture_id))
            if begun["state"] != "pending":
                return
            if begun["is_mine"]:
                await self._make(begun)
                return
            if time.monotonic() > deadline:
                raise NotReady(
                    f"another process is still making the copy of {picture_id} without personal data: try again"
                )
            await asyncio.sleep(pause)
            pause = min(pause * 2, 2.0)

    async def _make(self, begun: JsonObject) -> None:
        made: JsonObject | None = None
        reason: str | None = None
        try:
            with (
                tempfile.SpooledTemporaryFile(IN_MEMORY) as original,
                tempfile.SpooledTemporaryFile(IN_MEMORY) as copy,
            ):
                await self._fetch(begun, cast(BinaryIO, original))
                found = await asyncio.to_thread(stripped, cast(BinaryIO, original), cast(BinaryIO, copy))
                made = await self._store(begun, cast(BinaryIO, copy), found)
        except CannotStrip as error:
            reason = str(error)
        finally:
            await self.database.call_as_worker(
                "end_copy",
                derivative_id=UUID(str(begun["derivative_id"])),
                container_id=UUID(str(begun["container_id"])),
                made=None if made is None else Document(made),
                reason=reason,
            )

    async def _fetch(self, begun: JsonObject, file: BinaryIO) -> None:
        original = cast(JsonObject, begun["original"])
        blobs = self.account.blobs(str(begun["container_name"]))
        reading = await blobs.read(str(original["blob_name"]), Confirmed.of(original))
        digest = hashlib.sha256()
        async for chunk in reading.chunks:
            digest.update(chunk)
            await asyncio.to_thread(file.write, chunk)
        if original["sha256"] not in (None, digest.hexdigest()):
            raise BrokenPicture("what came from storage is not what was stored: its SHA-256 differs")

    async def _store(self, begun: JsonObject, file: BinaryIO, found: Inspection) -> dict[str, Json]:
        blobs = self.account.blobs(str(begun["container_name"]))
        name = str(begun["blob_name"])
        file.seek(0)
        try:
            etag = await blobs.upload(name, file, size=found.size, md5=found.md5, media_type=media_type(found.format))
        except BlobThere:
            # A process that was cut off had come so far: the same original gives the same copy.
            there = await blobs.look_at(name)
            if there is None or (there.size, there.md5) != (found.size, found.md5):
                raise
            etag = there.etag
        return {
            "size": found.size,
            "md5": base64.b64encode(found.md5).decode("ascii"),
            "sha256": found.sha256,
            "etag": etag,
        }


def stripped(original: BinaryIO, copy: BinaryIO) -> Inspection:
    """Write a copy without personal data, and look into it: it must be the same picture. Raises `CannotStrip`."""
    for chunk in strip(original).chunks():
        copy.write(chunk)
    try:
        before, after = inspect(original, ""), inspect(copy, "")
    except BrokenPicture as error:
        raise CannotStrip(f"the copy would not be a whole picture: {error}") from None
    if any(before.image_data.get(key) != after.image_data.get(key) for key in _SAME):
        raise CannotStrip("the copy would be another picture")
    return after
