"""A directory as the source of a folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from .entries import Entry, reason
from .paths import check
from .problems import FolderError, shown


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
