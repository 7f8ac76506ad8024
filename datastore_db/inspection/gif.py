"""GIF: all blocks are walked to the trailer; of the pictures the first is decoded."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from PIL.GifImagePlugin import GifImageFile

from .look import DECODED_PIXELS, Look, check_size, damaged, decode_with, truncated
from .values import add, decode

if TYPE_CHECKING:
    from datastore_db.json_codec import JsonObject

    from .source import Source

_LONGEST_TEXT = 1024 * 1024
_WINDOW = 8 * 1024
#: Some writers put zeros between blocks.
_MOST_PADDING = 1024
_COMMENT, _APPLICATION = 0xFE, 0xFF


def read_gif(source: Source, look: Look) -> None:
    """Look into a GIF."""
    head = source.read(0, 13)
    if len(head) < 13:
        raise truncated("the header", 13, source.size)
    width, height, flags = struct.unpack_from("<HHB", head, 6)
    look.set_size(width, height)
    look.channels, look.bit_depth = 1, 8
    group: JsonObject = {"version": head[3:6].decode("ascii")}
    offset = 13 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
    frames, padding = 0, _MOST_PADDING
    drawn = width * height
    while True:
        kind = source.read(offset, 1)
        if kind == b"\x3b":
            break
        if kind == b"\x21":
            label = source.read(offset + 1, 1)
            wanted = label in (bytes([_COMMENT]), bytes([_APPLICATION]))
            offset, body = blocks(source, offset + 2, _LONGEST_TEXT if wanted else 0)
            if label == bytes([_COMMENT]):
                add(group, "comment", look.keeper.text(decode(body)))
            elif wanted:
                _note_application(body, group, look)
        elif kind == b"\x2c":
            descriptor = source.read(offset + 1, 9)
            if len(descriptor) < 9:
                raise truncated("a frame", offset + 10, source.size)
            left, top, columns, rows, local = struct.unpack("<HHHHB", descriptor)
            if not frames:
                check_size(columns, rows, look.max_pixels)
                # Pillow enlarges the picture to what is drawn
                drawn = max(width, left + columns) * max(height, top + rows)
            offset += 10 + (3 << (local & 7) + 1 if local & 0x80 else 0)
            offset, _ = blocks(source, offset + 1, 0)
            frames += 1
        elif kind == b"\0" and padding:
            offset += 1
            padding -= 1
        elif not kind:
            raise truncated("the next block of the GIF", offset + 1, source.size)
        else:
            raise damaged("the GIF has a block of an unknown kind")
    if not frames:
        raise damaged("the GIF has no frame")
    look.pages = frames
    look.tags["gif"] = group
    if drawn <= DECODED_PIXELS:
        decode_with(GifImageFile, source.open())


def blocks(source: Source, offset: int, keep: int) -> tuple[int, bytes]:
    """Walk the sub-blocks from `offset`: where they end, and up to `keep` of their bytes."""
    kept = bytearray()
    while window := source.read(offset, _WINDOW):
        place = 0
        while place < len(window):
            length = window[place]
            if not length:
                return offset + place + 1, bytes(kept)
            if len(kept) < keep:
                kept += source.read(offset + place + 1, length)
            place += 1 + length
        offset += place
    raise truncated("a block of the GIF", offset + 1, source.size)


def _note_application(body: bytes, group: JsonObject, look: Look) -> None:
    name, rest = decode(body[:11]), body[11:]
    if name == "NETSCAPE2.0" and len(rest) >= 3:
        group["loop"] = struct.unpack_from("<H", rest, 1)[0]
    elif name == "XMP DataXMP":
        # the packet is not cut into blocks: each byte was taken for a length, which the walk left out
        group["xmp"] = {"size": len(body)}
    else:
        add(group, name, look.keeper.binary(rest))
