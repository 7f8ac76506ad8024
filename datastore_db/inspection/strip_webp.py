"""WebP without EXIF and XMP: its frames and what shows them."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from .pieces import CannotStrip, Piece, Span, length, orientation_exif
from .strip_exif import orientation_of

if TYPE_CHECKING:
    from .source import Source

_KEPT = frozenset({b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ICCP"})
_IN_FRAME = frozenset({b"VP8 ", b"VP8L", b"ALPH"})
_MOST_CHUNKS = 100_000
_LONGEST_EXIF = 1024 * 1024
_EXIF, _XMP = 0x08, 0x04


def strip_webp(source: Source) -> list[Piece]:
    """The parts of the copy."""
    end = 8 + struct.unpack("<I", source.read(4, 4))[0]
    body: list[Piece] = []
    chunks = _chunks(source, 12, end)
    turned = max(
        (
            orientation_of(source.read(start, min(size, _LONGEST_EXIF)))
            for kind, start, size in chunks
            if kind == b"EXIF"
        ),
        default=1,
    )
    for kind, start, size in chunks:
        if kind in _KEPT:
            body += [Span(start - 8, start + size), bytes(size & 1)]
        elif kind == b"VP8X":
            header = source.read(start, 10)
            flags = header[0] & ~(_EXIF | _XMP) | (_EXIF if turned != 1 else 0)
            body.append(b"VP8X" + struct.pack("<I", 10) + bytes([flags]) + header[1:])
        elif kind == b"ANMF":
            frame: list[Piece] = [Span(start, start + 16)]
            for inner, place, inner_size in _chunks(source, start + 16, start + size):
                if inner in _IN_FRAME:
                    frame += [Span(place - 8, place + inner_size), bytes(inner_size & 1)]
            body += [b"ANMF" + struct.pack("<I", length(frame)), *frame]
    if turned != 1:
        exif = orientation_exif(turned)
        body.append(b"EXIF" + struct.pack("<I", len(exif)) + exif)
    return [b"RIFF" + struct.pack("<I", 4 + length(body)) + b"WEBP", *body]


def _chunks(source: Source, offset: int, end: int) -> list[tuple[bytes, int, int]]:
    """Kind, place and size of the chunks up to `end`."""
    found: list[tuple[bytes, int, int]] = []
    while offset + 8 <= end:
        kind, size = struct.unpack("<4sI", source.read(offset, 8))
        if offset + 8 + size > end or len(found) == _MOST_CHUNKS:
            raise CannotStrip("a chunk of the WebP goes beyond its end")
        found.append((kind, offset + 8, size))
        offset += 8 + size + (size & 1)
    return found
