"""How an EXIF block says that the picture is to be turned: without that a copy would lie on its side."""

from __future__ import annotations

from datastore_db.errors import BrokenPicture

from .ifd import Directories
from .source import Source

_ORIENTATION = 274


def orientation_of(exif: bytes) -> int:
    """1 to 8, as EXIF counts; 1, upright, where the block does not say."""
    if exif.startswith(b"Exif\0\0"):
        exif = exif[6:]
    if exif[:4] not in (b"II*\0", b"MM\0*"):
        return 1
    try:
        directories = Directories(Source(exif), lenient=True)
        found = directories.integer(directories.read(directories.first), _ORIENTATION, 1)
    except BrokenPicture:
        return 1
    return found if 1 <= found <= 8 else 1
