"""JPEG without what programs wrote into it: the coded data, and the segments that say how to decode and show it."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from .jpeg import next_marker, skip_scan
from .pieces import CannotStrip, Piece, add_span, orientation_exif
from .strip_exif import orientation_of

if TYPE_CHECKING:
    from .source import Source

_MOST_SEGMENTS = 65_536
_ICC = b"ICC_PROFILE\0"


def strip_jpeg(source: Source) -> list[Piece]:
    """The parts of the copy. What follows after the picture's end, such as another picture or a film, is left out."""
    pieces: list[Piece] = [b"\xff\xd8"]
    offset, orientation, turned = 2, 1, 1  # `turned`: where in the list the orientation belongs
    for _ in range(_MOST_SEGMENTS):
        marker, offset = next_marker(source, offset)
        if marker == 0xD9:
            pieces.append(b"\xff\xd9")
            if orientation != 1:
                exif = b"Exif\0\0" + orientation_exif(orientation)
                pieces.insert(turned, b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif)
            return pieces
        if marker in (0x01, 0xD8):
            continue
        size = struct.unpack(">H", source.read(offset, 2))[0]
        end = offset + size
        if marker == 0xE1 and orientation == 1:
            orientation = orientation_of(source.read(offset + 2, size - 2))
        kept = _kept(marker, source.read(offset + 2, min(size - 2, 64)))
        if kept is None:
            add_span(pieces, offset - 2, end)
        elif kept:
            pieces.append(bytes([0xFF, marker]) + struct.pack(">H", len(kept) + 2) + kept)
            if marker == 0xE0:
                turned = len(pieces)
        offset = end
        if marker == 0xDA:
            after = skip_scan(source, offset)
            add_span(pieces, offset, after)
            offset = after
    raise CannotStrip("the JPEG has no end")


def _kept(marker: int, body: bytes) -> bytes | None:
    """What is written in a segment's place: None for the segment as it is, nothing to leave it out."""
    if marker == 0xE0 and body.startswith(b"JFIF\0") and len(body) >= 12:
        return body[:12] + b"\0\0"  # without a small picture
    if marker == 0xEE and body.startswith(b"Adobe") and len(body) >= 12:
        return body[:12]
    if marker == 0xE2 and body.startswith(_ICC):
        return None
    return b"" if 0xE0 <= marker <= 0xEF or marker == 0xFE else None
