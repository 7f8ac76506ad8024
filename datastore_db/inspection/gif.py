"""GIF: all blocks are walked to the trailer; of the pictures the first is decoded."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from PIL.GifImagePlugin import GifImageFile

from .findings import DECODED_PIXELS, Findings, check_size, damaged, decode_with, truncated
from .pieces import CannotStrip, Piece, add_span
from .values import add, decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datastore_db.json_codec import JsonObject

    from .source import Source

_LONGEST_TEXT = 1024 * 1024
_WINDOW = 8 * 1024
#: Some writers put zeros between blocks.
_MOST_PADDING = 1024
_FRAME, _GRAPHIC_CONTROL, _COMMENT, _APPLICATION = 0x2C, 0xF9, 0xFE, 0xFF
_LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
#: The name's block, and one that says how often.
_LOOP_SIZE = 2 + 12 + 4 + 1


class Part(NamedTuple):
    """A frame, or an extension by its label, and where it lies."""

    label: int
    start: int
    end: int


def _parts(source: Source) -> Iterator[Part]:
    """The parts of a GIF up to its trailer. Raises BrokenPicture."""
    offset, padding = _after_header(source), _MOST_PADDING
    while (kind := source.read(offset, 1)) != b"\x3b":
        start = offset
        if kind == b"\x21":
            label = source.read(offset + 1, 1)
            offset, _ = _blocks(source, offset + 2, 0)
            yield Part(label[0], start, offset)
        elif kind == b"\x2c":
            descriptor = source.read(offset + 1, 9)
            if len(descriptor) < 9:
                raise truncated("a frame", offset + 10, source.size)
            offset, _ = _blocks(source, offset + 11 + _colours(descriptor[8]), 0)
            yield Part(_FRAME, start, offset)
        elif kind == b"\0" and padding:
            offset += 1
            padding -= 1
        elif not kind:
            raise truncated("the next block of the GIF", offset + 1, source.size)
        else:
            raise damaged("the GIF has a block of an unknown kind")


def _after_header(source: Source) -> int:
    head = source.read(0, 13)
    if len(head) < 13:
        raise truncated("the header", 13, source.size)
    return 13 + _colours(head[10])


def _colours(flags: int) -> int:
    """The length of the table of colours, by its flags."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def read_gif(source: Source, findings: Findings) -> None:
    """Inspect a GIF."""
    _after_header(source)
    width, height = struct.unpack("<HH", source.read(6, 4))
    findings.set_size(width, height)
    findings.channels, findings.bit_depth = 1, 8
    group: JsonObject = {"version": source.read(3, 3).decode("ascii")}
    frames, drawn = 0, width * height
    for label, start, _ in _parts(source):
        if label == _FRAME:
            left, top, columns, rows = struct.unpack("<HHHH", source.read(start + 1, 8))
            if not frames:
                check_size(columns, rows, findings.max_pixels)
                # Pillow enlarges the picture to what is drawn
                drawn = max(width, left + columns) * max(height, top + rows)
            frames += 1
        elif label in (_COMMENT, _APPLICATION):
            _, body = _blocks(source, start + 2, _LONGEST_TEXT)
            if label == _COMMENT:
                add(group, "comment", findings.keeper.text(decode(body)))
            else:
                _note_application(body, group, findings)
    if not frames:
        raise damaged("the GIF has no frame")
    findings.pages = frames
    findings.tags["gif"] = group
    if drawn <= DECODED_PIXELS:
        decode_with(GifImageFile, source.open())


def _blocks(source: Source, offset: int, keep: int) -> tuple[int, bytes]:
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


def _note_application(body: bytes, group: JsonObject, findings: Findings) -> None:
    name, rest = decode(body[:11]), body[11:]
    if name == "NETSCAPE2.0" and len(rest) >= 3:
        group["loop"] = struct.unpack_from("<H", rest, 1)[0]
    elif name == "XMP DataXMP":
        # the packet is not cut into blocks: each byte was taken for a length, which the walk left out
        group["xmp"] = {"size": len(body)}
    else:
        add(group, name, findings.keeper.binary(rest))


def strip_gif(source: Source) -> list[Piece]:
    """The parts of a copy: frames, how they follow each other, and whether they are repeated. What follows after the
    trailer is left out."""
    pieces: list[Piece] = []
    add_span(pieces, 0, _after_header(source))
    for label, start, end in _parts(source):
        is_loop = label == _APPLICATION and source.read(start + 3, 11) in _LOOPS and end - start == _LOOP_SIZE
        if label in (_FRAME, _GRAPHIC_CONTROL) or is_loop:
            add_span(pieces, start, end)
        elif label not in (_COMMENT, _APPLICATION):
            raise CannotStrip("the GIF draws text, which may be personal")
    return [*pieces, b"\x3b"]
