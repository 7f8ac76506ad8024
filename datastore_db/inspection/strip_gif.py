"""GIF without comments: its frames, how they follow each other, and whether they are repeated."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from .gif import blocks
from .pieces import CannotStrip, Piece, add_span

if TYPE_CHECKING:
    from .source import Source

_GRAPHIC_CONTROL, _COMMENT, _APPLICATION = 0xF9, 0xFE, 0xFF
_LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
#: The name's block, and one that says how often.
_LOOP_SIZE = 2 + 12 + 4 + 1


def strip_gif(source: Source) -> list[Piece]:
    """The parts of the copy. What follows after the trailer is left out."""
    flags = source.read(10, 1)[0]
    offset = 13 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
    pieces: list[Piece] = []
    add_span(pieces, 0, offset)
    while (kind := source.read(offset, 1)) != b"\x3b":
        start = offset
        if kind == b"\x21":
            label = source.read(offset + 1, 1)[0]
            name = source.read(offset + 3, 11)
            offset, _ = blocks(source, offset + 2, 0)
            if label == _GRAPHIC_CONTROL or (label == _APPLICATION and name in _LOOPS and offset - start == _LOOP_SIZE):
                add_span(pieces, start, offset)
            elif label not in (_COMMENT, _APPLICATION):
                raise CannotStrip("the GIF draws text, which may be anybody's words")
        elif kind == b"\x2c":
            local = struct.unpack("<9B", source.read(offset + 1, 9))[8]
            offset += 10 + (3 << (local & 7) + 1 if local & 0x80 else 0)
            offset, _ = blocks(source, offset + 1, 0)
            add_span(pieces, start, offset)
        elif kind == b"\0":
            offset += 1
        else:
            raise CannotStrip("the GIF has a block of an unknown kind")
    return [*pieces, b"\x3b"]
