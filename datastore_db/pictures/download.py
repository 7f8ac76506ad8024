"""Writing pictures and their JSON into a directory that can be uploaded again."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import cast

from datastore_db import json_codec
from datastore_db.errors import DatastoreError
from datastore_db.folder import Problem
from datastore_db.json_codec import Json, JsonObject
from datastore_db.upload.report import Progress, ProgressListener

CONCURRENT_DOWNLOADS = 8

#: The bytes of a picture, by its id, and their SHA-256: of a copy without personal data another one than the document's
OpenPicture = Callable[[str], Awaitable[tuple[AsyncIterator[bytes], str | None]]]


@dataclass(slots=True)
class DownloadReport:
    """The report of a download. `complete`: every requested file is there."""

    directory: Path
    written: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        return not self.problems


async def download(
    document: JsonObject, directory: Path, open_picture: OpenPicture, progress: ProgressListener | None = None
) -> DownloadReport:
    """Write the pictures of a document into a directory, each with its JSON beside it, and an index for a set.

    Every picture is compared with its SHA-256. A file that is there with the same content is left alone, and one with
    other content is a problem, not overwritten.
    """
    report = DownloadReport(directory)
    try:
        await asyncio.to_thread(directory.mkdir, parents=True, exist_ok=True)
    except OSError as error:
        raise DatastoreError(f"{directory}: {error.strerror}") from None
    pictures = [document]
    if "pictures" in document:
        pictures = cast(list[JsonObject], document["pictures"])
        await asyncio.to_thread(_write_index, document, directory)
    names = _names(pictures)
    sizes = [_size(picture) for picture in pictures]
    finished = 0
    bytes_done = 0
    slots = asyncio.Semaphore(CONCURRENT_DOWNLOADS)

    async def fetch(picture: JsonObject, name: str, size: int) -> None:
        nonlocal finished, bytes_done
        async with slots:
            try:
                fetched = await _fetch(picture, directory / name, open_picture)
                await asyncio.to_thread(_write_json, picture, directory, name, names)
            except (DatastoreError, OSError) as error:
                report.problems.append(Problem(name, str(error)))
            else:
                (report.written if fetched else report.unchanged).append(name)
        finished += 1
        bytes_done += size
        if progress is not None:
            progress(Progress(finished, len(pictures), bytes_done, sum(sizes)))

    async with asyncio.TaskGroup() as group:
        for picture, name, size in zip(pictures, names, sizes, strict=True):
            group.create_task(fetch(picture, name, size))
    return report


async def _fetch(picture: JsonObject, path: Path, open_picture: OpenPicture) -> bool:
    expected = _part(picture, "quality_check").get("image_checksum")
    there = await asyncio.to_thread(_sha256, path)
    if there is not None and there == expected:
        return False
    chunks, served = await open_picture(str(picture["picture_id"]))
    if there is not None and there == served:
        return False
    if there is not None:
        raise DatastoreError("a file of this name with other content is there: it was not overwritten")
    partial = path.with_name(f".{path.name}.partial")
    digest = hashlib.sha256()
    try:
        with partial.open("wb") as file:
            async for chunk in chunks:
                digest.update(chunk)
                file.write(chunk)
        if (served or expected) not in (None, digest.hexdigest()):
            raise DatastoreError("what came from storage is not what was stored: its SHA-256 differs")
        partial.rename(path)
    finally:
        partial.unlink(missing_ok=True)
    return True


def _sha256(path: Path) -> str | None:
    if not path.exists():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_index(document: JsonObject, directory: Path) -> None:
    # JSON is YAML, and under picture_set nothing is inherited: each picture's own JSON says all that it says.
    own = {key: value for key, value in document.items() if key != "pictures"}
    _write_text(directory / "index.yaml", json_codec.dumps({"picture_set": own}, indent=2))


def _write_json(picture: JsonObject, directory: Path, name: str, names: list[str]) -> None:
    stem = PurePosixPath(name).stem
    shared = sum(PurePosixPath(other).stem == stem for other in names) > 1
    own = name if shared or stem == "index" else stem
    _write_text(directory / f"{own}.json", json_codec.dumps(picture, indent=2))


def _write_text(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text + "\n", encoding="utf-8")
    partial.rename(path)


def _names(pictures: list[JsonObject]) -> list[str]:
    """A file name for each picture: its own, made safe, and no two the same."""
    taken: set[str] = set()
    names = []
    for picture in pictures:
        blob = PurePosixPath(str(_part(picture, "image_data").get("source", ""))).name
        name = _safe(_part(picture, "metadata").get("file_name")) or blob or str(picture["picture_id"])
        if name.casefold() in taken:
            name = f"{PurePosixPath(name).stem}-{picture['picture_id']}{PurePosixPath(name).suffix}"
        taken.add(name.casefold())
        names.append(name)
    return names


def _safe(name: Json) -> str | None:
    """A client's file name where it can be one in a directory: no path, nothing hidden, nothing unprintable."""
    if not isinstance(name, str) or not name.isprintable() or name.startswith(".") or len(os.fsencode(name)) > 200:
        return None
    return None if "/" in name or "\\" in name else name


def _size(picture: JsonObject) -> int:
    size = _part(picture, "image_data").get("size")
    return int(size) if isinstance(size, int) else 0


def _part(document: JsonObject, key: str) -> JsonObject:
    part = document.get(key)
    return part if isinstance(part, dict) else {}
