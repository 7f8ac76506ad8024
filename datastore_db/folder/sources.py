"""Where a folder comes from: a directory, a zip, or pairs of path and stream, each as a list of files to open."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, TypeAlias

from .entries import FileSource, reason
from .problems import FolderError, shown
from .source_directory import DirectorySource
from .source_pairs import PairsSource
from .source_zip import ZipSource

Source: TypeAlias = "str | os.PathLike[str] | Iterable[tuple[str, BinaryIO]]"

MAX_FILE_SIZE = 2 * 1024**3


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
