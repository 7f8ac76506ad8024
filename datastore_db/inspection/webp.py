"""WebP: the chunks are walked, then Pillow decodes the first frame."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from PIL.WebPImagePlugin import WebPImageFile

from .exif import read_exif_block
from .look import DECODED_PIXELS_COSTLIEST, Look, damaged, decode_with, truncated
from .values import add, clean, decode

if TYPE_CHECKING:
    from datastore_db.json_codec import JsonObject

    from .source import Source

_LONGEST_CHUNK = 32 * 1024 * 1024
_MOST_CHUNKS = 100_000


def read_webp(source: Source, look: Look) -> None:
    """Look into a WebP."""
    head = source.read(0, 12)
    end = 8 + struct.unpack_from("<I", head, 4)[0]
    if end > source.size:
        raise truncated("the WebP", end, source.size)
    group: JsonObject = {}
    offset, frames, pictures, alpha = 12, 0, 0, False
    for _ in range(_MOST_CHUNKS):
        if offset + 8 > end:
            break
        kind, length = struct.unpack("<4sI", source.read(offset, 8))
        if offset + 8 + length > end:
            raise damaged(f"the WebP's {kind.decode('latin-1')!r} chunk is longer than the WebP")
        start = source.read(offset + 8, min(length, 16))
        if kind in (b"VP8 ", b"VP8L"):
            width, height, has_alpha = _bitstream(kind, start)
            pictures += 1
            if not look.width:
                alpha = has_alpha
                look.set_size(width, height)
                group["lossless"] = kind == b"VP8L"
        elif kind == b"VP8X":
            if len(start) < 10:
                raise damaged("the WebP's header is too short")
            alpha = bool(start[0] & 0x10)
            look.set_size(1 + int.from_bytes(start[4:7], "little"), 1 + int.from_bytes(start[7:10], "little"))
        elif kind == b"ANMF":
            frames += 1
        elif kind not in (b"ALPH", b"ANIM"):
            _note_chunk(kind, source.read(offset + 8, min(length, _LONGEST_CHUNK)), group, look)
        offset += 8 + length + (length & 1)
    if not look.width or not (pictures or frames):
        raise damaged("the WebP has no picture")
    look.pages = max(1, frames)
    look.channels, look.bit_depth = (4 if alpha else 3), 8
    look.tags["webp"] = group
    if look.width * look.height <= DECODED_PIXELS_COSTLIEST:
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


def _note_chunk(kind: bytes, body: bytes, group: JsonObject, look: Look) -> None:
    if kind == b"EXIF":
        read_exif_block(body, look)
    elif kind == b"XMP ":
        add(group, "xmp", look.keeper.text(decode(body)))
    elif kind == b"ICCP":
        add(group, "icc_profile", look.keeper.binary(body))
    else:
        add(group, clean(kind.decode("latin-1")), look.keeper.binary(body))
