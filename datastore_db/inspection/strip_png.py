"""PNG without texts: the chunks that decoding and showing it take."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

from .pieces import CannotStrip, Piece, add_span, orientation_exif
from .strip_exif import orientation_of

if TYPE_CHECKING:
    from .source import Source

_MOST_CHUNKS = 1_000_000
_LONGEST_EXIF = 1024 * 1024
_KEPT = frozenset(
    b"IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD hIST pHYs acTL fcTL fdAT".split()
)


def strip_png(source: Source) -> list[Piece]:
    """The parts of the copy. What follows after the last chunk is left out."""
    pieces: list[Piece] = []
    add_span(pieces, 0, 8)
    offset = 8
    for _ in range(_MOST_CHUNKS):
        size, kind = struct.unpack(">I4s", source.read(offset, 8))
        end = offset + 12 + size
        if end > source.size:
            raise CannotStrip("a chunk of the PNG goes beyond the file")
        if kind in _KEPT:
            add_span(pieces, offset, end)
        elif kind == b"eXIf" and size <= _LONGEST_EXIF:
            turned = orientation_of(source.read(offset + 8, size))
            if turned != 1:
                body = b"eXIf" + orientation_exif(turned)
                pieces.append(struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body)))
        if kind == b"IEND":
            return pieces
        offset = end
    raise CannotStrip("the PNG has no end")
