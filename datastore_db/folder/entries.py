"""The files of a folder as every source lists them, and why one cannot be read."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

# Errors of opening or reading a file of any source
UNREADABLE = (OSError, ValueError, EOFError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error)
CHUNK = 256 * 1024


@dataclass(slots=True)
class Entry:
    """One file as its source lists it; a path that ends with "/" is a directory that is not gone into."""

    path: str
    size: int = 0
    handle: object = None
    trouble: str | None = None
    special: bool = False


class FileSource(Protocol):
    """The source of a folder: a directory, a zip, or a list of streams."""

    name: str | None
    """The folder's name, unless a file in it gives one."""
    rooted: bool
    """Whether paths start below the root, not with the root's own name."""

    def entries(self) -> Iterator[Entry]: ...
    def open(self, entry: Entry) -> BinaryIO: ...
    def head(self, entry: Entry, size: int) -> bytes: ...
    def close(self) -> None: ...


def reason(error: BaseException) -> str:
    """Why a file cannot be read, for people."""
    if isinstance(error, FileNotFoundError):
        return "there is no such file or folder"
    if isinstance(error, PermissionError):
        return "reading it is not permitted"
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be read: {error.strerror}"
    if isinstance(error, EOFError | zipfile.BadZipFile | zlib.error):
        return "is damaged inside the zip"
    return f"cannot be read: {str(error).rstrip('.')}"


def too_large(size: int, limit: int) -> str | None:
    """The problem of a file of this size, if it is larger than the limit."""
    return f"is larger than {limit:,} bytes" if size > limit else None
