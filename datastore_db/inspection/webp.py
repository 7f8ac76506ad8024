"""WebP: the chunks are walked, then Pillow decodes the first frame."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from PIL.WebPImagePlugin import WebPImageFile

from .exif import orientation_exif, orientation_of, read_exif_block
from .findings import DECODED_PIXELS_COSTLIEST, Findings, damaged, decode_with, truncated
from .pieces import Piece, Span, length_of
from .values import add, clean, decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datastore_db.json_codec import JsonObject

    from .source import Source

_LONGEST_CHUNK = 32 * 1024 * 1024
_MOST_CHUNKS = 100_000
_LONGEST_EXIF = 1024 * 1024
_KEPT = frozenset({b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ICCP"})
_IN_FRAME = frozenset({b"VP8 ", b"VP8L", b"ALPH"})
_EXIF, _XMP = 0x08, 0x04


def _chunks(source: Source, offset: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, place and length of the chunks up to `end`. Raises BrokenPicture."""
    for _ in range(_MOST_CHUNKS):
        if offset + 8 > end:
            return
        kind, length = struct.unpack("<4sI", source.read(offset, 8))
        if offset + 8 + length > end:
            raise damaged(f"the WebP's {kind.decode('latin-1')!r} chunk is longer than the WebP")
        yield kind, offset + 8, length
        offset += 8 + length + (length & 1)
    raise damaged(f"the WebP has more than {_MOST_CHUNKS:,} chunks")


def read_webp(source: Source, findings: Findings) -> None:
    """Inspect a WebP."""
    head = source.read(0, 12)
    end = 8 + struct.unpack_from("<I", head, 4)[0]
    if end > source.size:
        raise truncated("the WebP", end, source.size)
    group: JsonObject = {}
    frames, pictures, alpha = 0, 0, False
    for kind, place, length in _chunks(source, 12, end):
        start = source.read(place, min(length, 16))
        if kind in (b"VP8 ", b"VP8L"):
            width, height, has_alpha = _bitstream(kind, start)
            pictures += 1
            if not findings.width:
                alpha = has_alpha
                findings.set_size(width, height)
                group["lossless"] = kind == b"VP8L"
        elif kind == b"VP8X":
            if len(start) < 10:
                raise damaged("the WebP's header is too short")
            alpha = bool(start[0] & 0x10)
            findings.set_size(1 + int.from_bytes(start[4:7], "little"), 1 + int.from_bytes(start[7:10], "little"))
        elif kind == b"ANMF":
            frames += 1
        elif kind not in (b"ALPH", b"ANIM"):
            _note_chunk(kind, source.read(place, min(length, _LONGEST_CHUNK)), group, findings)
    if not findings.width or not (pictures or frames):
        raise damaged("the WebP has no picture")
    findings.pages = max(1, frames)
    findings.channels, findings.bit_depth = (4 if alpha else 3), 8
    findings.tags["webp"] = group
    if findings.width * findings.height <= DECODED_PIXELS_COSTLIEST:
        decode_with(WebPImageFile, source.open())


def _bitstream(kind: bytes, start: bytes) -> tuple[int, int, bool]:
    """Width, height and whether there is an alpha channel, from the picture's own header."""
    if kind == b"VP8 ":
        if len(start) < 10 or start[3:6] != b"\x9d\x01\x2a":
            raise damaged("the WebP's pixels have no header")
        width, height = struct.unpack_from("<HH", start, 6)
        return width & 0x3FFF, height & 0x3FFF, False
    if len(start) < 5 or start[0] != 0x2F:
        raise damaged("the WebP's pixels have no header")
    bits = int.from_bytes(start[1:5], "little")
    return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF), bool(bits >> 28 & 1)


def _note_chunk(kind: bytes, body: bytes, group: JsonObject, findings: Findings) -> None:
    if kind == b"EXIF":
        read_exif_block(body, findings)
    elif kind == b"XMP ":
        add(group, "xmp", findings.keeper.text(decode(body)))
    elif kind == b"ICCP":
        add(group, "icc_profile", findings.keeper.binary(body))
    else:
        add(group, clean(kind.decode("latin-1")), findings.keeper.binary(body))


def strip_webp(source: Source) -> list[Piece]:
    """The parts of a copy without EXIF and XMP: frames, and the chunks that show them."""
    end = 8 + struct.unpack("<I", source.read(4, 4))[0]
    body: list[Piece] = []
    chunks = list(_chunks(source, 12, end))
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
            body += [b"ANMF" + struct.pack("<I", length_of(frame)), *frame]
    if turned != 1:
        exif = orientation_exif(turned)
        body.append(b"EXIF" + struct.pack("<I", len(exif)) + exif)
    return [b"RIFF" + struct.pack("<I", 4 + length_of(body)) + b"WEBP", *body]
