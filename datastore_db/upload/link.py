"""Uploads by a link: read once, inspected as any upload, and stored under a name that no link can write."""

from __future__ import annotations

import asyncio
import base64
import io
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import IO, BinaryIO, cast
from uuid import UUID

from datastore_db.database.calls import Database, Document
from datastore_db.errors import BrokenPicture, Conflict, NotFound
from datastore_db.json_codec import JsonObject
from datastore_db.storage.blobs import Confirmed, StoredBlob
from datastore_db.storage.containers import Container, Containers
from datastore_db.upload.batch import SECONDS_TO_SEND, Target, bring
from datastore_db.upload.prepared import KEPT_SIZE, Prepared, prepare

# More than that comes through no link; the signature of a link cannot say so.
MOST_BYTES = 1024**3
# For so long another process that confirms the same picture is left alone.
UNDER_WAY = timedelta(minutes=10)


async def confirm_upload(
    database: Database, containers: Containers, picture_id: UUID, acting: UUID | None, uploads: asyncio.Semaphore
) -> JsonObject:
    """Store a picture that was uploaded by a link; answers its document. Again: the same answer.

    Raises `Conflict` where nothing came, or other bytes than were announced; `BrokenPicture` or `NotAPicture`.
    """
    send_until = time.time() + SECONDS_TO_SEND
    found = cast(JsonObject, await database.call("locate_upload", acting=acting, picture_id=picture_id))
    if found["state"] != "pending":
        return cast(JsonObject, await database.call("rebuild_picture", acting=acting, picture_id=picture_id))
    container = await containers.open(found, "write", acting)
    with tempfile.SpooledTemporaryFile(max_size=KEPT_SIZE) as file:
        size = await _fetch(container, found, file)
        prepared = await asyncio.to_thread(_inspected, file, found, size)
        _compare(prepared, found)
        name = str(found["blob_name"])
        await _see_that_nobody_else_does_it(container, name, prepared)
        target = Target(database, container, acting, uploads)
        _, etag = await bring(target, prepared, name, None, maybe_there=True, send_until=send_until)
    answer = await database.call(
        "confirm_upload",
        acting=acting,
        picture_id=picture_id,
        inspection=Document(prepared.inspection_json()),
        etag=etag,
    )
    return cast(JsonObject, answer)


async def _fetch(container: Container, found: JsonObject, file: IO[bytes]) -> int:
    """Read it, once; answers how many bytes it has. The oldest link comes first: each confirmation takes the same."""
    opened: tuple[AsyncIterator[bytes], StoredBlob] | None = None
    for name in cast(list[str], found["uploads"]):
        try:
            opened = await container.read(name, Confirmed())
        except NotFound:
            continue
        break
    if opened is None:
        raise Conflict("nothing came through a link to upload this picture, or it was deleted after the link ended")
    chunks, blob = opened
    if blob.kind != "BlockBlob":
        raise BrokenPicture(f"it was uploaded as {blob.kind}: upload it with the header x-ms-blob-type: BlockBlob")
    if found["size"] is not None and blob.size != int(str(found["size"])):
        raise Conflict(f"{found['size']} bytes were announced, and {blob.size} were uploaded")
    if blob.size > MOST_BYTES:
        raise BrokenPicture(f"it has {blob.size} bytes, and through a link at most {MOST_BYTES} may come")
    async for chunk in chunks:
        await asyncio.to_thread(file.write, chunk)
    return blob.size


def _inspected(file: IO[bytes], found: JsonObject, size: int) -> Prepared:
    name = None if found["file_name"] is None else str(found["file_name"])
    prepared = prepare(lambda: _reread(file), {}, file_name=name, relative_path=None, size=size)
    if prepared.inspection.size != size:
        raise BrokenPicture("storage gave another number of bytes than it announced")
    return replace(prepared, open=lambda: _reread(file))


def _reread(file: IO[bytes]) -> BinaryIO:
    """Its bytes from the start; closing it leaves the file open."""
    file.seek(0)
    return cast(BinaryIO, _LeftOpen(file))


class _LeftOpen(io.BufferedIOBase):
    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def read(self, size: int | None = -1) -> bytes:
        return self._file.read(-1 if size is None else size)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True


def _compare(prepared: Prepared, found: JsonObject) -> None:
    inspection = prepared.inspection
    md5 = base64.b64encode(inspection.md5).decode("ascii")
    sha256 = inspection.quality_check.get("image_checksum")
    if found["md5"] not in (None, md5) or found["sha256"] not in (None, sha256):
        raise Conflict("other bytes were uploaded than were announced: their MD5 or SHA-256 differs")


async def _see_that_nobody_else_does_it(container: Container, name: str, prepared: Prepared) -> None:
    there = await container.run(lambda blobs: blobs.look_at(name))
    if there is None or (there.size, there.md5) == (prepared.inspection.size, prepared.inspection.md5):
        return
    if datetime.now(UTC) - there.modified_at < UNDER_WAY:
        raise Conflict("another process confirms another upload of this picture just now: try again in ten minutes")
