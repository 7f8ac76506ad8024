"""A zip file as the source of a folder."""

from __future__ import annotations

import contextlib
import io
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from .entries import CHUNK, UNREADABLE, Entry, reason, too_large
from .problems import FolderError, shown

# Unpacked in memory up to here, in a temporary file beyond
_IN_MEMORY = 16 * 1024**2

# Of a zip entry: made on Unix; its flags
_UNIX = 3
_ENCRYPTED = 0x1
_IN_UTF_8 = 0x800


class ZipSource:
    """A zip file. Entries are unpacked when they are opened, never beyond the size that they declare."""

    rooted = False

    def __init__(self, path: Path, max_file_size: int) -> None:
        self.name: str | None = path.stem
        self._max_file_size = max_file_size
        try:
            self._zip = zipfile.ZipFile(path)
        except OSError as error:
            raise FolderError(f"{shown(str(path))}: {reason(error)}") from None
        except UnicodeDecodeError:
            raise FolderError(f"{shown(str(path))}: a name in this zip is not valid UTF-8") from None
        except UNREADABLE:
            raise FolderError(f"{shown(str(path))}: neither a folder nor a zip file") from None

    def entries(self) -> Iterator[Entry]:
        for info in self._zip.infolist():
            if not (path := _path_in_zip(info)).endswith("/"):
                mode = info.external_attr >> 16 if info.create_system == _UNIX else 0
                special = stat.S_IFMT(mode) not in {0, stat.S_IFREG, stat.S_IFLNK}
                yield Entry(path, info.file_size, info, self._trouble(info, mode), special)

    def _trouble(self, info: zipfile.ZipInfo, mode: int) -> str | None:
        if stat.S_ISLNK(mode):
            return "is a link: those are not followed inside a zip"
        if info.flag_bits & _ENCRYPTED:
            return "is encrypted"
        if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            return "is compressed in a way that is not supported; deflate is"
        return too_large(info.file_size, self._max_file_size)

    def open(self, entry: Entry) -> BinaryIO:
        info = cast("zipfile.ZipInfo", entry.handle)
        file: BinaryIO = io.BytesIO()
        if info.file_size > _IN_MEMORY:
            file = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115 - the caller closes it
        try:
            with self._zip.open(info) as packed:
                shutil.copyfileobj(packed, file, CHUNK)
            if file.tell() != info.file_size:
                raise EOFError
            file.seek(0)
        except BaseException:
            file.close()
            raise
        return file

    def head(self, entry: Entry, size: int) -> bytes:
        with self._zip.open(cast("zipfile.ZipInfo", entry.handle)) as packed:
            return packed.read(size)

    def close(self) -> None:
        self._zip.close()


def _path_in_zip(info: zipfile.ZipInfo) -> str:
    # zipfile ends a name at a NUL; the full one is refused for it, instead of passing as another
    name = info.orig_filename
    if not info.flag_bits & _IN_UTF_8:
        # Without the flag it is code page 437 by the standard, and UTF-8 by what macOS and Info-ZIP write
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode()
    return name.replace("\\", "/")
