"""Copies of picture files without personal data: the pixels, byte for byte, and the parts that show them.

Nothing is decoded and encoded again. A copy keeps what is known to be needed; it does not search for what is personal.
"""

from __future__ import annotations

import os
import struct
from typing import BinaryIO

from datastore_db.errors import BrokenPicture

from .formats import FORMATS, HEAD_SIZE, detect
from .pieces import CannotStrip, Pieces
from .source import IN_MEMORY, Source


def strip(file: BinaryIO) -> Pieces:
    """The parts of a copy without personal data; the file is read again when it is written.

    Raises `CannotStrip` where that cannot be done with certainty.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    source = Source(file.read()) if size <= IN_MEMORY else Source(b"", file, size)
    kind = detect(source.read(0, HEAD_SIZE))
    stripper = None if kind is None else FORMATS[kind].strip
    if stripper is None:
        raise CannotStrip(f"there is no way to take personal data out of {kind or 'an unknown format'}")
    try:
        return Pieces(source, stripper(source))
    except (BrokenPicture, struct.error, IndexError) as error:
        raise CannotStrip(f"the file is not as its format says: {error}") from error
