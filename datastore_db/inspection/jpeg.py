"""JPEG: the segments are walked to the end marker, then Pillow decodes, to an eighth of the size. A copy without what
programs wrote has the coded data, and the segments that say how to decode and show it."""

from __future__ import annotations

import re
import struct
from decimal import Decimal
from typing import IO, TYPE_CHECKING, NamedTuple

from PIL.JpegImagePlugin import JpegImageFile

from datastore_db.errors import BrokenPicture

from .exif import orientation_exif, orientation_of, read_exif_block
from .findings import COPY_AGAIN, DECODED_PIXELS, DECODED_PIXELS_COSTLY, Findings, damaged, decode_with, truncated
from .pieces import Piece, add_span
from .values import add, clean, decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datastore_db.json_codec import JsonObject

    from .source import Source, SourceReader

_MOST_SEGMENTS = 65_536
_WINDOW = 256 * 1024
_MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])", re.DOTALL)
_STANDALONE = frozenset({0x01, 0xD8})
_END, _SCAN = 0xD9, 0xDA
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
#: Baseline, extended and progressive, Huffman-coded: what every decoder decodes.
_DECODABLE = frozenset({0xC0, 0xC1, 0xC2})
_PROGRESSIVE = 0xC2
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_ICC = b"ICC_PROFILE\0"


def decode_jpeg(reader: SourceReader, most_pixels: int) -> None:
    """Decode a JPEG stream of at most that many pixels. Raises BrokenPicture."""

    def opened(file: IO[bytes]) -> JpegImageFile:
        image = JpegImageFile(file)
        if image.width * image.height > most_pixels:
            raise damaged(f"a JPEG in it claims {image.width} by {image.height} pixels")
        # libjpeg still goes through all of the data, but fewer pixels come out
        image.draft(image.mode, (max(1, image.width // 8), max(1, image.height // 8)))
        return image

    decode_with(opened, reader)


class Segment(NamedTuple):
    """A segment: its marker, its content, and its place; a scan ends where its coded data does."""

    marker: int
    body: bytes
    start: int
    end: int


def _segments(source: Source) -> Iterator[Segment]:
    """The segments of a JPEG up to its end marker. Raises BrokenPicture."""
    offset = 2
    for _ in range(_MOST_SEGMENTS):
        start, marker = _next_marker(source, offset)
        offset = start + 2
        if marker == _END:
            return
        if marker in _STANDALONE:
            continue
        raw = source.read(offset, 2)
        length = struct.unpack(">H", raw)[0] if len(raw) == 2 else 2
        if length < 2:
            raise damaged("a segment of the JPEG has no length")
        body = source.read(offset + 2, length - 2)
        if len(raw) < 2 or len(body) < length - 2:
            raise truncated("a segment of the JPEG", offset + length, source.size)
        offset += length
        if marker == _SCAN:
            offset, _ = _next_marker(source, offset)
        yield Segment(marker, body, start, offset)
    raise damaged("the JPEG has no end")


def _next_marker(source: Source, offset: int) -> tuple[int, int]:
    """Where the next marker lies (bytes that belong to none, such as coded data, are skipped), and which it is."""
    while True:
        window = source.read(offset, _WINDOW)
        found = _MARKER.search(window)
        if found:
            return offset + found.start(), found[1][0]
        if len(window) < 2 or offset + len(window) >= source.size:
            raise BrokenPicture(
                f"the file is truncated: the JPEG has no end marker after {source.size} bytes; {COPY_AGAIN}"
            )
        offset += len(window) - 1


def is_decodable(source: Source) -> bool:
    """Whether all frames are of kinds that every decoder decodes. Raises BrokenPicture."""
    return all(_is_decodable(segment) for segment in _segments(source) if segment.marker in _FRAMES)


def _is_decodable(frame: Segment) -> bool:
    return frame.marker in _DECODABLE and frame.body[:1] == b"\x08"


def read_jpeg(source: Source, findings: Findings) -> None:
    """Inspect a JPEG."""
    group: JsonObject = {}
    frame: Segment | None = None
    coded: int | None = None
    icc: list[bytes] = []
    for segment in _segments(source):
        described = _is_description(segment.marker)
        if coded is None and not described:
            coded = segment.start
        if segment.marker in _FRAMES and frame is None:
            if len(segment.body) < 6:
                raise damaged("the JPEG's header is too short")
            frame = segment
            findings.bit_depth, height, width, findings.channels = struct.unpack_from(">BHHB", segment.body)
            findings.set_size(width, height)
        elif segment.marker == _SCAN and frame is None:
            raise damaged("the JPEG has data but no header")
        elif segment.marker == 0xE2 and segment.body.startswith(_ICC):
            icc.append(segment.body[len(_ICC) + 2 :])
        elif described:
            _note_segment(segment.marker, segment.body, group, findings)
    if frame is None or coded is None:
        raise damaged("the JPEG has no header")
    if icc:
        group["icc_profile"] = findings.keeper.binary(b"".join(icc))
    group["progressive"] = frame.marker == _PROGRESSIVE
    findings.tags["jpeg"] = group
    limit = DECODED_PIXELS_COSTLY if group["progressive"] else DECODED_PIXELS
    if _is_decodable(frame) and findings.width * findings.height <= limit:
        # what programs wrote about the picture is of no use to the decoder, and may make it complain
        decode_jpeg(source.open(b"\xff\xd8", coded), limit)


def _is_description(marker: int) -> bool:
    """Whether programs write data of their own into such segments."""
    return 0xE0 <= marker <= 0xEF or marker == 0xFE


def _note_segment(marker: int, body: bytes, group: JsonObject, findings: Findings) -> None:
    if marker == 0xE0 and body.startswith(b"JFIF\0") and len(body) >= 12:
        major, minor, unit, x, y = struct.unpack_from(">BBBHH", body, 5)
        group["jfif"] = {"version": f"{major}.{minor:02}", "density_unit": unit, "density": [x, y]}
        if unit in (1, 2) and x and y:
            findings.resolution = Decimal(x), Decimal(y), "dpi" if unit == 1 else "dpcm"
    elif marker == 0xE1 and body.startswith(b"Exif\0\0") and "exif" not in findings.tags:
        read_exif_block(body, findings)
    elif marker == 0xE1 and body.startswith(_XMP):
        add(group, "xmp", findings.keeper.text(decode(body[len(_XMP) :])))
    elif marker == 0xEE and body.startswith(b"Adobe") and len(body) >= 12:
        version, flags0, flags1, transform = struct.unpack_from(">HHHB", body, 5)
        group["adobe"] = {"version": version, "flags": [flags0, flags1], "transform": transform}
    elif marker == 0xFE:
        add(group, "comment", findings.keeper.text(clean(decode(body))))
    else:
        add(group, f"APP{marker - 0xE0}", findings.keeper.binary(body))


def strip_jpeg(source: Source) -> list[Piece]:
    """The parts of the copy. What follows after the picture's end, such as another picture or a film, is left out."""
    pieces: list[Piece] = [b"\xff\xd8"]
    orientation, turned = 1, 1  # `turned`: where in the list the orientation belongs
    for marker, body, start, end in _segments(source):
        if marker == 0xE1 and orientation == 1:
            orientation = orientation_of(body)
        kept = _kept(marker, body)
        if kept is None:
            add_span(pieces, start, end)
        elif kept:
            pieces.append(bytes([0xFF, marker]) + struct.pack(">H", len(kept) + 2) + kept)
            if marker == 0xE0:
                turned = len(pieces)
    if orientation != 1:
        exif = b"Exif\0\0" + orientation_exif(orientation)
        pieces.insert(turned, b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif)
    return [*pieces, b"\xff\xd9"]


def _kept(marker: int, body: bytes) -> bytes | None:
    """The replacement of a segment: None for the segment as it is, nothing to leave it out."""
    if marker == 0xE0 and body.startswith(b"JFIF\0") and len(body) >= 12:
        return body[:12] + b"\0\0"  # without a small picture
    if marker == 0xEE and body.startswith(b"Adobe") and len(body) >= 12:
        return body[:12]
    if marker == 0xE2 and body.startswith(_ICC):
        return None
    return b"" if _is_description(marker) else None
