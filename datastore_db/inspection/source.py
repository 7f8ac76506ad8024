"""Reading a picture file at any place: small files from memory, large ones through a window."""

from __future__ import annotations

import io
from typing import BinaryIO

#: Files up to this size are read once, whole.
IN_MEMORY = 16 * 1024 * 1024
_WINDOW = 32 * 1024
_SMALL_READ = 8 * 1024


class Source:
    """A file's bytes by position. Reading beyond the end gives fewer bytes, never an error."""

    __slots__ = ("_data", "_file", "_start", "size")

    def __init__(self, data: bytes, file: BinaryIO | None = None, size: int | None = None) -> None:
        self.size = len(data) if size is None else size
        self._data = data
        self._file = file
        self._start = 0

    def read(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset`."""
        if self._file is None:
            return self._data[offset : offset + length]
        begin = offset - self._start
        if begin >= 0 and begin + length <= len(self._data):
            return self._data[begin : begin + length]
        if length > _SMALL_READ:
            return self._read_file(offset, min(length, max(0, self.size - offset)))
        self._data = self._read_file(offset, _WINDOW)
        self._start = offset
        return self._data[:length]

    def _read_file(self, offset: int, length: int) -> bytes:
        if self._file is None or offset >= self.size:
            return b""
        self._file.seek(offset)
        return self._file.read(length)

    def open(self, prefix: bytes = b"", start: int = 0) -> SourceReader:
        """A file object for a decoder: the prefix, then the bytes from `start`."""
        return SourceReader(self, prefix, start)


class SourceReader(io.RawIOBase):
    """A source as a file object; `error` remembers why the storage below could not be read."""

    def __init__(self, source: Source, prefix: bytes, start: int) -> None:
        super().__init__()
        self._source = source
        self._prefix = prefix
        self._shift = start - len(prefix)
        self._size = source.size - self._shift
        self._position = 0
        self.error: OSError | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, origin + offset)
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        if size is None or size < 0:
            size = max(0, self._size - self._position)
        try:
            data = self._prefix[self._position : self._position + size]
            place = self._position + len(data)
            rest = self._source.read(place + self._shift, size - len(data))
            data = data + rest if data else rest
        except OSError as error:
            self.error = error
            raise
        self._position += len(data)
        return data
