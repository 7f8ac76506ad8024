"""Uploading pictures that a backend has at hand: paths, bytes or streams, each with its document."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias, TypedDict, cast
from uuid import UUID

from datastore_db.errors import BrokenPicture, DocumentError, InvalidDocument, NotAPicture
from datastore_db.json_codec import JsonObject
from datastore_db.models import Picture
from datastore_db.models.schema import pointer
from datastore_db.upload.batch import Target, send_batch
from datastore_db.upload.folder import BATCH_SIZE
from datastore_db.upload.prepared import Prepared, prepare
from datastore_db.upload.report import State
from datastore_db.upload.shelf import Shelf

File: TypeAlias = "bytes | str | os.PathLike[str] | BinaryIO"


@dataclass(frozen=True, slots=True)
class NewPicture:
    """A picture to upload. file: a path, its bytes, or a seekable stream. name: its file's name."""

    file: File
    document: JsonObject | Picture | None = None
    name: str | None = None


class UploadedPicture(TypedDict):
    """The outcome for a picture. state: uploaded, finished, restored (its bytes were lost), updated or unchanged."""

    picture_id: str
    state: State


async def upload_pictures(
    target: Target, picture_set_id: UUID, pictures: Iterable[NewPicture]
) -> list[UploadedPicture]:
    """Upload pictures into a set; answers the outcome of each, in order.

    Each file and document is looked at first: if one is wrong nothing is uploaded. Raises `InvalidDocument`, whose
    paths begin with the picture's place, `BrokenPicture` or `NotAPicture`.
    """
    prepared = [await asyncio.to_thread(_prepare, place, picture) for place, picture in enumerate(pictures)]
    results = _Results()
    shelf = Shelf(target.container, picture_set_id)
    for start in range(0, len(prepared), BATCH_SIZE):
        try:
            await send_batch(target, picture_set_id, prepared[start : start + BATCH_SIZE], results, shelf)
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None
    results.raise_refusals(prepared)
    return [results.found[id(picture)] for picture in prepared]


class _Results:
    """The batches' events, by picture."""

    def __init__(self) -> None:
        self.found: dict[int, UploadedPicture] = {}
        self._refused: dict[int, Sequence[DocumentError]] = {}

    def done(self, picture: Prepared, state: State, picture_id: UUID) -> None:
        self.found[id(picture)] = {"picture_id": str(picture_id), "state": state}

    def refused(self, picture: Prepared, errors: Sequence[DocumentError]) -> None:
        self._refused[id(picture)] = errors

    def raise_refusals(self, pictures: Sequence[Prepared]) -> None:
        """Errors that only the database or the storage could find."""
        errors = [
            _at(place, error) for place, picture in enumerate(pictures) for error in self._refused.get(id(picture), ())
        ]
        if errors:
            raise InvalidDocument(errors, "some of the pictures were not uploaded: their document or file")


def _prepare(place: int, picture: NewPicture) -> Prepared:
    document = picture.document
    try:
        checked = document if isinstance(document, Picture) else Picture.read({} if document is None else document)
    except InvalidDocument as refusal:
        raise InvalidDocument([_at(place, error) for error in refusal.errors], "the picture document") from None
    open_file, size = _opener(picture.file)
    name = picture.name or (Path(picture.file).name if isinstance(picture.file, str | os.PathLike) else None)
    try:
        return prepare(open_file, checked.as_json(), file_name=name, relative_path=None, size=size)
    except (BrokenPicture, NotAPicture) as error:
        raise type(error)(f"picture {place} ({name or 'without a name'}): {error}") from None


def _opener(file: File) -> tuple[Callable[[], BinaryIO], int]:
    """How to open it any number of times, and its size in bytes."""
    if isinstance(file, bytes):
        return (lambda: io.BytesIO(file)), len(file)
    if isinstance(file, str | os.PathLike):
        path = Path(file)
        try:
            return (lambda: path.open("rb")), path.stat().st_size
        except OSError as error:
            raise BrokenPicture(f"{path}: {error.strerror}") from None
    size = file.seek(0, io.SEEK_END)
    return (lambda: cast(BinaryIO, _Rewound(file))), size


class _Rewound(io.BufferedIOBase):
    """A caller's stream from its start; closing it leaves the caller's open."""

    def __init__(self, file: BinaryIO) -> None:
        file.seek(0)
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


def _at(place: int, error: DocumentError) -> DocumentError:
    return {**error, "instance_path": pointer("", place) + error["instance_path"]}
