"""The same tree of files as each kind of source that a folder is read from."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, BinaryIO, TypeAlias, cast

from datastore_db.folder import Folder, open_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from datastore_db.folder import FolderPicture, FolderPictureSet
    from datastore_db.json_codec import JsonObject

Tree: TypeAlias = "Mapping[str, str | bytes]"

KINDS = ["directory", "zip", "pairs", "pairs of streams that cannot seek"]
TIFF = b"II*\0 and so on"


class OneWay(io.RawIOBase):
    """A stream that can be read once, as from a socket."""

    def __init__(self, content: bytes) -> None:
        self._content = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object, /) -> int:
        return self._content.readinto(cast("bytearray", buffer))


def write(root: Path, tree: Tree) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    for path, content in tree.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(_bytes(content))
    return root


def write_zip(path: Path, entries: Iterable[tuple[str | zipfile.ZipInfo, str | bytes]]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return path


def open_as(kind: str, tree: Tree, tmp_path: Path, root: str = "barley-2024") -> Folder:
    """The tree under a folder of that name."""
    if kind == "directory":
        return open_folder(write(tmp_path / root, tree))
    named = [(f"{root}/{path}", _bytes(content)) for path, content in tree.items()]
    if kind == "zip":
        return open_folder(write_zip(tmp_path / "upload.zip", named))
    if kind == "pairs":
        return open_folder((path, io.BytesIO(content)) for path, content in named)
    return open_folder((path, cast("BinaryIO", OneWay(content))) for path, content in named)


def picture(folder: Folder, path: str) -> FolderPicture:
    return next(one for some in folder.picture_sets for one in some.pictures if one.relative_path == path)


def picture_set(folder: Folder, path: str) -> FolderPictureSet:
    return next(some for some in folder.picture_sets if some.relative_path == path)


def document(folder: Folder, path: str) -> JsonObject:
    return picture(folder, path).read_document()[0]


def paths(folder: Folder) -> list[str]:
    return [one.relative_path for some in folder.picture_sets for one in some.pictures]


def problems_in(folder: Folder) -> list[str]:
    return [str(problem) for problem in folder.problems]


def left_over(folder: Folder) -> list[str]:
    return [str(left) for left in folder.not_processed]


def _bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content
