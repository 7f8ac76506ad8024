"""One batch of pictures on its way: announced in one call, put into storage many at once, confirmed in one call."""

from __future__ import annotations

import asyncio
import base64
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol
from uuid import UUID

from datastore_db.database.calls import Database, Document
from datastore_db.errors import BrokenPicture, DatastoreError, DocumentError, InvalidDocument
from datastore_db.json_codec import JsonObject
from datastore_db.storage.blobs import Blobs, StoredBlob
from datastore_db.storage.containers import Container
from datastore_db.storage.errors import BlobThere
from datastore_db.upload.prepared import Prepared
from datastore_db.upload.report import State
from datastore_db.upload.shelf import Shelf

CONCURRENT_UPLOADS = 16
# How often a blob is looked at again that another process has just written.
ATTEMPTS = 3
# How long after its announcement a picture is sent at most: half of the time after which a deleted one is swept.
SECONDS_TO_SEND = 30 * 60.0


@dataclass(frozen=True, slots=True)
class Target:
    """The destination of pictures, and the acting user."""

    database: Database
    container: Container
    acting: UUID | None
    uploads: asyncio.Semaphore


class Listener(Protocol):
    """Receives the outcome of each picture of a batch."""

    def done(self, picture: Prepared, state: State, picture_id: UUID) -> None: ...
    def refused(self, picture: Prepared, errors: Sequence[DocumentError]) -> None: ...


async def send_batch(
    target: Target,
    picture_set_id: UUID,
    batch: Sequence[Prepared],
    listener: Listener,
    shelf: Shelf,
    *,
    replace: bool = False,
) -> None:
    """Announce, upload and confirm. Errors of single pictures go to the listener; the rest is done.

    shelf: this set's blobs in storage; a stored picture without its blob is uploaded again.
    """
    send_until = time.time() + SECONDS_TO_SEND
    announced, batch = await _announce(target, picture_set_id, batch, listener, replace=replace)
    await shelf.look(sum(answer["state"] == "stored" for answer in announced))
    known: set[UUID] = set()
    arrived: dict[UUID, tuple[Prepared, str]] = {}
    done: list[tuple[Prepared, State, UUID]] = []

    async def settle(picture: Prepared, answer: JsonObject) -> None:
        picture_id = UUID(str(answer["picture_id"]))
        state = answer["state"]
        blob_name = str(answer["blob_name"])
        etag = str(answer["etag"]) if "etag" in answer else None
        there: State = "updated" if answer["changed"] else "unchanged"
        if state == "conflict":
            done.append((picture, "conflict", picture_id))
        elif picture_id in known:
            done.append((picture, "unchanged", picture_id))
        elif etag is not None and shelf.has(blob_name, picture.inspection.size, picture.inspection.md5, etag):
            done.append((picture, there, picture_id))
        else:
            known.add(picture_id)
            try:
                async with target.uploads:
                    sent, new_etag = await bring(
                        target, picture, blob_name, etag, maybe_there=state != "announced", send_until=send_until
                    )
            except BrokenPicture as error:
                known.remove(picture_id)
                listener.refused(picture, [{"instance_path": "", "keyword": "file", "message": str(error)}])
            else:
                if new_etag != etag:
                    arrived[picture_id] = picture, new_etag
                was: tuple[State, State] = ("restored", there) if state == "stored" else ("uploaded", "finished")
                done.append((picture, was[0] if sent else was[1], picture_id))

    async with asyncio.TaskGroup() as group:
        for picture, answer in zip(batch, announced, strict=True):
            group.create_task(settle(picture, answer))
    if arrived:
        confirmations = [
            {
                "picture_id": str(picture_id),
                "size": picture.inspection.size,
                "md5": base64.b64encode(picture.inspection.md5).decode("ascii"),
                "etag": etag,
            }
            for picture_id, (picture, etag) in arrived.items()
        ]
        await target.database.call("confirm_pictures", acting=target.acting, confirmations=Document(confirmations))
    for picture, final_state, picture_id in done:
        listener.done(picture, final_state, picture_id)


async def _announce(
    target: Target, picture_set_id: UUID, batch: Sequence[Prepared], listener: Listener, *, replace: bool
) -> tuple[list[JsonObject], Sequence[Prepared]]:
    while batch:
        try:
            answer = await target.database.call(
                "announce_pictures",
                acting=target.acting,
                picture_set_id=picture_set_id,
                documents=Document([picture.document for picture in batch]),
                inspections=Document([picture.inspection_json() for picture in batch]),
                replace=replace,
            )
        except InvalidDocument as refusal:
            batch = _without_refused(batch, refusal, listener)
        else:
            assert isinstance(answer, list)
            return [item for item in answer if isinstance(item, dict)], batch
    return [], batch


def _without_refused(batch: Sequence[Prepared], refusal: InvalidDocument, listener: Listener) -> Sequence[Prepared]:
    """Only the database knows some mistakes, such as the id of a seed that does not exist."""
    errors: dict[int, list[DocumentError]] = {}
    for error in refusal.errors:
        if (place := re.match(r"/(\d+)", error["instance_path"])) is None:
            raise refusal
        errors.setdefault(int(place[1]), []).append({**error, "instance_path": error["instance_path"][place.end() :]})
    if not errors:
        raise refusal
    for index, found in errors.items():
        listener.refused(batch[index], found)
    return [picture for index, picture in enumerate(batch) if index not in errors]


async def bring(
    target: Target, picture: Prepared, blob_name: str, etag: str | None, *, maybe_there: bool, send_until: float
) -> tuple[bool, str]:
    """Put a picture into storage, unless it is there; answers whether that was needed, and the blob's ETag.

    etag: the one that was confirmed, of a picture that is stored. Two processes that bring the same picture at once
    both find what the first one brought. send_until: seconds since the epoch; nothing is sent later, because what was
    announced may have been given up and swept meanwhile, and a blob that comes then stays for ever.
    """
    for attempt in range(ATTEMPTS):
        found = await target.container.run(lambda blobs: blobs.look_at(blob_name)) if maybe_there else None
        if found is not None and _is_it(found, picture, etag):
            return False, found.etag
        if time.time() > send_until:
            raise DatastoreError("the upload stood still for too long, as if the machine had slept: run it again")
        try:
            return True, await target.container.run(partial(_send, picture=picture, blob_name=blob_name, found=found))
        except BlobThere:
            if attempt == ATTEMPTS - 1:
                raise
            # A blob that another process has just uploaded has an ETag of its own.
            maybe_there, etag = True, None
    raise AssertionError


def _is_it(found: StoredBlob, picture: Prepared, etag: str | None) -> bool:
    return (found.size, found.md5) == (picture.inspection.size, picture.inspection.md5) and etag in (None, found.etag)


async def _send(blobs: Blobs, picture: Prepared, blob_name: str, found: StoredBlob | None) -> str:
    content = await asyncio.to_thread(picture.reopen) if picture.content is None else picture.content
    try:
        return await blobs.upload(
            blob_name,
            content,
            size=picture.inspection.size,
            md5=picture.inspection.md5,
            media_type=picture.inspection.media_type,
            instead_of=found,
        )
    finally:
        if not isinstance(content, bytes):
            content.close()
