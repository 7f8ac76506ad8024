"""Pictures and picture sets: upload, download, and their documents."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast
from uuid import UUID

from datastore_db.database.calls import Document
from datastore_db.errors import NotFound, NotReady
from datastore_db.ids import Id, to_uuid
from datastore_db.json_codec import JsonObject
from datastore_db.settings import STORAGE
from datastore_db.store.base import StoreBase

if TYPE_CHECKING:
    from datastore_db.folder import Source
    from datastore_db.models import Picture, PictureSet
    from datastore_db.pictures.download import DownloadReport
    from datastore_db.storage.blobs import StoredBlob
    from datastore_db.upload import NewPicture, UploadedPicture, UploadReport
    from datastore_db.upload.batch import Target
    from datastore_db.upload.pictures import File
    from datastore_db.upload.report import ProgressListener


class Pictures(StoreBase):
    """The pictures of a store."""

    async def create_picture_set(
        self, document: JsonObject | PictureSet | None = None, *, user_id: Id | None = None
    ) -> JsonObject:
        """Make a picture set; answers its document. Raises `InvalidDocument`, or `Conflict` for a name in use."""
        from datastore_db.models import PictureSet

        checked = PictureSet.read({} if document is None else document)
        return cast(JsonObject, await self._call("create_picture_set", user_id, document=Document(checked.as_json())))

    async def folders(self, container_id: Id | None = None, *, user_id: Id | None = None) -> list[JsonObject]:
        """The acting user's picture sets, each with its stored pictures; or those of a container that is shared."""
        named = None if container_id is None else to_uuid(container_id)
        return cast(list[JsonObject], await self._call("rebuild_folders", user_id, container_id=named))

    async def upload_folder(
        self,
        source: Source,
        *,
        name: str | None = None,
        replace: bool = False,
        progress: ProgressListener | None = None,
        user_id: Id | None = None,
    ) -> UploadReport:
        """Upload a folder of pictures with YAML or JSON beside them; again: only new and changed files.

        source: a directory, a zip file, or pairs of (relative path, binary stream) as a browser's folder gives them.
        name: the picture set's name, instead of the folder's. replace: other bytes under a known path take its
        place. Problems of single files are in the report; `report.complete` says whether everything was done.
        Raises `datastore_db.folder.FolderError` when there is no folder to read.
        """
        from datastore_db.folder import open_folder
        from datastore_db.upload import upload_folder

        with await asyncio.to_thread(open_folder, source, name=name) as folder:
            target, _ = await self._target(None, user_id)
            return await upload_folder(target, folder, replace=replace, progress=progress)

    async def upload_pictures(
        self,
        pictures: NewPicture | Iterable[NewPicture | tuple[File, JsonObject | Picture | None]],
        *,
        picture_set_id: Id | None = None,
        user_id: Id | None = None,
    ) -> list[UploadedPicture]:
        """Upload pictures from paths, bytes or seekable streams, each with its document; answers in order.

        picture_set_id: where they go; without it the acting user's default set. Bytes that the set has already give
        the picture that exists. Every picture is looked at first: if one is wrong nothing is uploaded. Raises
        `InvalidDocument`, whose paths begin with the picture's place in the list, `BrokenPicture` or `NotAPicture`.
        """
        from datastore_db.upload import NewPicture, upload_pictures

        given = [pictures] if isinstance(pictures, NewPicture) else pictures
        listed = [item if isinstance(item, NewPicture) else NewPicture(*item) for item in given]
        target, home_id = await self._target(picture_set_id, user_id)
        return await upload_pictures(target, home_id, listed)

    async def update_picture(
        self, picture_id: Id, document: JsonObject | Picture, *, user_id: Id | None = None
    ) -> JsonObject:
        """Replace a picture's document; answers the rebuilt one."""
        from datastore_db.models import Picture

        checked = Picture.read(document)
        answer = await self._call(
            "update_picture", user_id, picture_id=to_uuid(picture_id), document=Document(checked.as_json())
        )
        return cast(JsonObject, answer)

    async def picture(self, picture_id: Id, *, user_id: Id | None = None) -> JsonObject:
        """A picture's document. Raises `NotFound`."""
        return cast(JsonObject, await self._call("rebuild_picture", user_id, picture_id=to_uuid(picture_id)))

    async def picture_set(self, picture_set_id: Id, *, user_id: Id | None = None) -> JsonObject:
        """A picture set's document, with those of its pictures under `pictures`. Raises `NotFound`."""
        return cast(
            JsonObject, await self._call("rebuild_picture_set", user_id, picture_set_id=to_uuid(picture_set_id))
        )

    async def read_picture(self, picture_id: Id, *, user_id: Id | None = None) -> tuple[bytes, str]:
        """A picture's bytes and media type, as they were stored.

        A user without access to the file's personal data gets a copy without it, with the same pixels; `NotAllowed`
        gives the reason if there can be none.
        Raises `NotFound`, `Conflict` while they have not arrived, or `PictureChanged` if the blob differs.
        """
        chunks, blob = await self.open_picture(picture_id, user_id=user_id)
        return b"".join([chunk async for chunk in chunks]), blob.media_type

    async def open_picture(
        self, picture_id: Id, *, user_id: Id | None = None
    ) -> tuple[AsyncIterator[bytes], StoredBlob]:
        """A picture's bytes as they come, and its size, MD5 and media type. Raises as `read_picture` does."""
        chunks, blob, _ = await self._open_picture(picture_id, user_id)
        return chunks, blob

    async def make_copies(self) -> int:
        """Make the copies without personal data that are missing, so that they are there when they are asked for.

        Answers how many pictures were looked at. Needs the storage account's credentials: raises `CannotSign`.
        """
        self._needed_account("makes copies of pictures")
        assert self._copies is not None
        missing = cast(list[JsonObject], await self._call_for_all_containers("missing_copies"))
        for picture in missing:
            await self._copies.make(to_uuid(str(picture["picture_id"])))
        return len(missing)

    async def _open_picture(
        self, picture_id: Id, user_id: Id | None
    ) -> tuple[AsyncIterator[bytes], StoredBlob, str | None]:
        """A picture, or its copy without personal data if the user may not see that; and the SHA-256 of these bytes."""
        from datastore_db.inspection.formats import media_type
        from datastore_db.storage.blobs import Confirmed

        named = to_uuid(picture_id)
        found = cast(JsonObject, await self._call("locate_picture", user_id, picture_id=named))
        if found["copy_is_needed"]:
            if self._copies is None:
                raise NotReady(
                    f"picture {picture_id} has personal data, and its copy without is not made yet: run "
                    f"datastore-db copies where the storage account's credentials are ({STORAGE})"
                )
            await self._copies.make(named)
            found = cast(JsonObject, await self._call("locate_picture", user_id, picture_id=named))
        container = await self._containers.open(found, "read", self._acting(user_id))
        chunks, blob = await container.read(str(found["blob_name"]), Confirmed.of(found))
        # The type that the inspection found, not the one that storage was given.
        sha256 = found["sha256"]
        served = replace(blob, media_type=media_type(found["format"]))
        return chunks, served, None if sha256 is None else str(sha256)

    async def download(
        self,
        picture_or_set_id: Id,
        directory: Path | str,
        *,
        progress: ProgressListener | None = None,
        user_id: Id | None = None,
    ) -> DownloadReport:
        """Write a picture, or a set, into a directory: files and their JSON, as `upload_folder` reads them."""
        from datastore_db.pictures.download import download

        document = await self.show(picture_or_set_id, user_id=user_id)
        acting = self._acting(user_id)

        async def open_picture(picture_id: str) -> tuple[AsyncIterator[bytes], str | None]:
            chunks, _, sha256 = await self._open_picture(picture_id, acting)
            return chunks, sha256

        return await download(document, Path(directory), open_picture, progress)

    async def show(self, picture_or_set_id: Id, *, user_id: Id | None = None) -> JsonObject:
        """The document of a picture or of a picture set, whichever has this id. Raises `NotFound`."""
        try:
            return await self.picture(picture_or_set_id, user_id=user_id)
        except NotFound:
            try:
                return await self.picture_set(picture_or_set_id, user_id=user_id)
            except NotFound:
                raise NotFound(f"there is no picture and no picture set {picture_or_set_id}") from None

    async def delete_pending_pictures(self, older_than: timedelta, *, user_id: Id | None = None) -> int:
        """Delete pictures that were announced that long ago and never arrived; answers how many."""
        return cast(int, await self._call("delete_pending_pictures", user_id, older_than=older_than))

    async def _target(self, picture_set_id: Id | None, user_id: Id | None) -> tuple[Target, UUID]:
        from datastore_db.upload.batch import Target

        named: dict[str, UUID] = {} if picture_set_id is None else {"picture_set_id": to_uuid(picture_set_id)}
        found = cast(JsonObject, await self._call("find_container", user_id, **named))
        target = Target(
            database=self._database,
            container=await self._containers.open(found, "write", self._acting(user_id)),
            acting=self._acting(user_id),
            uploads=self._uploads,
        )
        return target, UUID(str(found["picture_set_id"]))
