"""Pairs of path and stream as the source of a folder."""

from __future__ import annotations

import io
import tempfile
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, cast

from .entries import CHUNK, UNREADABLE, Entry, reason, too_large

# Streams that cannot be read twice are kept in memory up to here, all of them together
_SPOOLED_IN_MEMORY = 1024**2


class PairsSource:
    """Pairs of path and stream, as a backend gets them from a browser's folder.

    A stream that can seek is kept and read again when needed; another is copied, as it comes, to a temporary file.
    """

    rooted = False

    def __init__(self, pairs: Iterable[tuple[str, BinaryIO]], max_file_size: int) -> None:
        self.name: str | None = None
        self._pairs = pairs
        self._max_file_size = max_file_size
        self._spool = cast("BinaryIO", tempfile.SpooledTemporaryFile(_SPOOLED_IN_MEMORY))  # noqa: SIM115
        self._lock = threading.Lock()

    def entries(self) -> Iterator[Entry]:
        for name, stream in self._pairs:
            path = name.replace("\\", "/")
            if path.endswith("/"):
                continue
            try:
                part = self._keep(stream)
            except UNREADABLE as error:
                yield Entry(path, trouble=reason(error))
            else:
                yield Entry(path, part.size, part, too_large(part.size, self._max_file_size))

    def _keep(self, stream: BinaryIO) -> _Part:
        if _can_seek(stream):
            stream.seek(0, io.SEEK_END)
            return _Part(stream, 0, stream.tell())
        self._spool.seek(0, io.SEEK_END)
        start = self._spool.tell()
        size = 0
        while size <= self._max_file_size and (chunk := stream.read(CHUNK)):
            if not isinstance(chunk, bytes | bytearray | memoryview):
                raise ValueError("its stream gives text, not bytes")
            self._spool.write(chunk)
            size += len(chunk)
        if size > self._max_file_size:
            self._spool.truncate(start)
        return _Part(self._spool, start, size)

    def open(self, entry: Entry) -> BinaryIO:
        window = _Window(cast("_Part", entry.handle), self._lock)
        window.readinto(bytearray(1))
        window.seek(0)
        return io.BufferedReader(window, CHUNK)

    def head(self, entry: Entry, size: int) -> bytes:
        with self.open(entry) as file:
            return file.read(size)

    def close(self) -> None:
        self._spool.close()


@dataclass(frozen=True, slots=True)
class _Part:
    """A stretch of a stream that holds one file."""

    stream: BinaryIO
    start: int
    size: int


class _Window(io.RawIOBase):
    """Reads one stretch of a stream that others read, too, each from its own position."""

    def __init__(self, part: _Part, lock: threading.Lock) -> None:
        self._part = part
        self._lock = lock
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._part.size}[whence]
        if base + offset < 0:
            raise ValueError("negative seek position")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: object, /) -> int:
        target = memoryview(cast("bytearray", buffer)).cast("B")
        wanted = max(0, min(len(target), self._part.size - self._position))
        with self._lock:
            self._part.stream.seek(self._part.start + self._position)
            data = self._part.stream.read(wanted)
        if not isinstance(data, bytes | bytearray | memoryview):
            raise OSError(0, "its stream gives text, not bytes")
        target[: len(data)] = data
        self._position += len(data)
        return len(data)


def _can_seek(stream: BinaryIO) -> bool:
    try:
        return stream.seekable()
    except AttributeError:
        return False
