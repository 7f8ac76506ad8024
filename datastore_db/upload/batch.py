"""One batch of pictures on its way: announced in one call, put into storage many at once, confirmed in one call."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from datastore_db.containers import Container
from datastore_db.database import Database, Document
from datastore_db.errors import BrokenPicture, DocumentError, InvalidDocument
from datastore_db.json_codec import JsonObject
from datastore_db.storage import Blobs
from datastore_db.upload.prepared import Prepared
from datastore_db.upload.report import State
from datastore_db.upload.shelf import Shelf

CONCURRENT_UPLOADS = 16


@dataclass(frozen=True, slots=True)
class Target:
    """Where pictures go, and for whom."""

    database: Database
    container: Container
    acting: UUID | None
    uploads: asyncio.Semaphore


class Listener(Protocol):
    """Who wants to know what becomes of each picture of a batch."""

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
    """Announce, upload and confirm. What is wrong with single pictures goes to the listener; the rest is done.

    shelf: what is in storage of this set; what is stored and not there is uploaded again.
    """
    announced, batch = await _announce(target, picture_set_id, batch, listener, replace=replace)
    await shelf.look(sum(answer["state"] == "stored" for answer in announced))
    arrived: dict[UUID, Prepared] = {}
    done: list[tuple[Prepared, State, UUID]] = []

    async def bring(picture: Prepared, answer: JsonObject) -> None:
        picture_id = UUID(str(answer["picture_id"]))
        state = answer["state"]
        blob_name = str(answer["blob_name"])
        there: State = "updated" if answer["changed"] else "unchanged"
        if state == "conflict":
            done.append((picture, "conflict", picture_id))
        elif picture_id in arrived:
            done.append((picture, "unchanged", picture_id))
        elif state == "stored" and shelf.has(blob_name, picture.inspection.size, picture.inspection.md5):
            done.append((picture, there, picture_id))
        else:
            arrived[picture_id] = picture
            try:
                async with target.uploads:
                    sent = await _bring(target, picture, blob_name, maybe_there=state != "announced")
            except BrokenPicture as error:
                del arrived[picture_id]
                listener.refused(picture, [{"instance_path": "", "keyword": "file", "message": str(error)}])
            else:
                was: tuple[State, State] = ("restored", there) if state == "stored" else ("uploaded", "finished")
                done.append((picture, was[0] if sent else was[1], picture_id))
                if state == "stored":
                    del arrived[picture_id]

    async with asyncio.TaskGroup() as group:
        for picture, answer in zip(batch, announced, strict=True):
            group.create_task(bring(picture, answer))
    if arrived:
        confirmations = [
            {
                "picture_id": str(picture_id),
                "size": picture.inspection.size,
                "md5": base64.b64encode(picture.inspection.md5).decode("ascii"),
            }
            for picture_id, picture in arrived.items()
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


async def _bring(target: Target, picture: Prepared, blob_name: str, *, maybe_there: bool) -> bool:
    """Put a picture into storage; answers whether that was needed."""
    if maybe_there:
        found = await target.container.run(lambda blobs: blobs.look_at(blob_name))
        if found is not None and (found.size, found.md5) == (picture.inspection.size, picture.inspection.md5):
            return False

    async def upload(blobs: Blobs) -> None:
        content = await asyncio.to_thread(picture.reopen) if picture.content is None else picture.content
        try:
            await blobs.upload(
                blob_name,
                content,
                size=picture.inspection.size,
                md5=picture.inspection.md5,
                media_type=picture.inspection.media_type,
            )
        finally:
            if not isinstance(content, bytes):
                content.close()

    await target.container.run(upload)
    return True
