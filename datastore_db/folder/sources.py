"""Where a folder comes from: a directory, a zip, or pairs of path and stream, each as a list of files to open."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import stat
import tempfile
import threading
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, TypeAlias, cast

from .paths import check
from .problems import FolderError, shown

Source: TypeAlias = "str | os.PathLike[str] | Iterable[tuple[str, BinaryIO]]"

MAX_FILE_SIZE = 2 * 1024**3
# Unpacked from a zip in memory up to here, in a temporary file beyond
_IN_MEMORY = 16 * 1024**2
# Streams that cannot be read twice are kept in memory up to here, all of them together
_SPOOLED_IN_MEMORY = 1024**2
_CHUNK = 256 * 1024

# Of a zip entry: made on Unix; its flags
_UNIX = 3
_ENCRYPTED = 0x1
_IN_UTF_8 = 0x800

# What opening or reading a file of any source may raise
UNREADABLE = (OSError, ValueError, EOFError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error)


@dataclass(slots=True)
class Entry:
    """One file as its source lists it; a path that ends with "/" is a directory that is not gone into."""

    path: str
    size: int = 0
    handle: object = None
    trouble: str | None = None
    special: bool = False


class FileSource(Protocol):
    """What the reading of a folder needs to know of where it comes from."""

    name: str | None
    """What the folder is called when nothing in it says so."""
    rooted: bool
    """Whether paths start below the root, not with the root's own name."""

    def entries(self) -> Iterator[Entry]: ...
    def open(self, entry: Entry) -> BinaryIO: ...
    def head(self, entry: Entry, size: int) -> bytes: ...
    def close(self) -> None: ...


def open_source(source: Source, max_file_size: int = MAX_FILE_SIZE) -> FileSource:
    """The source behind what the user named. Raises `FolderError`."""
    if not isinstance(source, str | os.PathLike):
        return PairsSource(source, max_file_size)
    path = Path(source)
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        raise FolderError(f"{shown(str(path))}: {reason(error)}") from None
    if stat.S_ISDIR(mode):
        return DirectorySource(path)
    if stat.S_ISREG(mode):
        return ZipSource(path, max_file_size)
    raise FolderError(f"{shown(str(path))}: neither a folder nor a zip file")


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


class DirectorySource:
    """A directory on disk. Regular files are read, and links to those inside; nothing else is ever opened."""

    rooted = True

    def __init__(self, root: Path) -> None:
        self.name: str | None = Path(os.path.abspath(root)).name  # noqa: PTH100 - resolve() would follow a link
        self._root = os.path.realpath(root)
        try:
            os.scandir(self._root).close()
        except OSError as error:
            raise FolderError(f"{shown(str(root))}: {reason(error)}") from None

    def entries(self) -> Iterator[Entry]:
        pending = [""]
        while pending:
            directory = pending.pop()
            try:
                with os.scandir(os.path.join(self._root, directory)) as found:  # noqa: PTH118 - many files
                    items = list(found)
            except OSError as error:
                yield Entry(directory, trouble=reason(error))
                continue
            for item in items:
                path = directory + item.name
                if item.is_dir(follow_symlinks=False):
                    if check(path + "/").usable:
                        pending.append(path + "/")
                    else:
                        yield Entry(path + "/")
                else:
                    yield self._entry(item, path)

    def _entry(self, item: os.DirEntry[str], path: str) -> Entry:
        handle: str | None = None
        try:
            if item.is_symlink():
                handle = os.path.realpath(item.path, strict=True)
                if not Path(handle).is_relative_to(self._root):
                    return Entry(path, trouble="is a link that leaves the folder")
                if os.path.isdir(handle):  # noqa: PTH112
                    return Entry(path, trouble="is a link to a directory: those are not followed")
                status = os.lstat(handle)
            else:
                status = item.stat(follow_symlinks=False)
        except OSError as error:
            return Entry(path, trouble="is a link to nothing" if item.is_symlink() else reason(error))
        if not stat.S_ISREG(status.st_mode):
            return Entry(path, special=True)
        return Entry(path, status.st_size, handle)

    def open(self, entry: Entry) -> BinaryIO:
        path = os.path.join(self._root, cast("str", entry.handle or entry.path))  # noqa: PTH118
        # It may have been replaced since it was listed: a pipe would block, a link could lead anywhere
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        file = os.fdopen(os.open(path, flags), "rb")
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            file.close()
            raise OSError(0, "no longer a regular file")
        return file

    def head(self, entry: Entry, size: int) -> bytes:
        with self.open(entry) as file:
            return file.read(size)

    def close(self) -> None:
        pass


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
        return _too_large(info.file_size, self._max_file_size)

    def open(self, entry: Entry) -> BinaryIO:
        info = cast("zipfile.ZipInfo", entry.handle)
        file: BinaryIO = io.BytesIO()
        if info.file_size > _IN_MEMORY:
            file = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115 - the caller closes it
        try:
            with self._zip.open(info) as packed:
                shutil.copyfileobj(packed, file, _CHUNK)
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
                yield Entry(path, part.size, part, _too_large(part.size, self._max_file_size))

    def _keep(self, stream: BinaryIO) -> _Part:
        if _can_seek(stream):
            stream.seek(0, io.SEEK_END)
            return _Part(stream, 0, stream.tell())
        self._spool.seek(0, io.SEEK_END)
        start = self._spool.tell()
        size = 0
        while size <= self._max_file_size and (chunk := stream.read(_CHUNK)):
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
        return io.BufferedReader(window, _CHUNK)

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


def _too_large(size: int, limit: int) -> str | None:
    return f"is larger than {limit:,} bytes" if size > limit else None
