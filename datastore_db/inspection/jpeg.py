"""JPEG: the segments are walked to the end marker, then Pillow decodes, to an eighth of the size."""

from __future__ import annotations

import re
import struct
from decimal import Decimal
from typing import IO, TYPE_CHECKING

from PIL.JpegImagePlugin import JpegImageFile

from datastore_db.errors import BrokenPicture

from .exif import read_exif_block
from .look import COPY_AGAIN, DECODED_PIXELS, DECODED_PIXELS_COSTLY, Look, damaged, decode_with, truncated
from .values import add, clean, decode

if TYPE_CHECKING:
    from datastore_db.json_codec import JsonObject

    from .source import Source, SourceReader

_MOST_SEGMENTS = 65_536
_WINDOW = 256 * 1024
_MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])", re.DOTALL)
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


def read_jpeg(source: Source, look: Look) -> None:
    """Look into a JPEG."""
    group: JsonObject = {}
    frame = precision = 0
    icc: list[bytes] = []
    offset = coded = 2
    for _ in range(_MOST_SEGMENTS):
        marker, offset = next_marker(source, offset)
        if marker == 0xD9:
            break
        described = 0xE0 <= marker <= 0xEF or marker == 0xFE
        if not described and coded == 2:
            coded = offset - 2
        if marker in (0x01, 0xD8):
            continue
        raw = source.read(offset, 2)
        length = struct.unpack(">H", raw)[0] if len(raw) == 2 else 2
        if length < 2:
            raise damaged("a segment of the JPEG has no length")
        body = source.read(offset + 2, length - 2)
        if len(raw) < 2 or len(body) < length - 2:
            raise truncated("a segment of the JPEG", offset + length, source.size)
        offset += length
        if marker in _FRAMES and not frame:
            if len(body) < 6:
                raise damaged("the JPEG's header is too short")
            frame = marker
            precision, height, width, channels = struct.unpack_from(">BHHB", body)
            look.set_size(width, height)
            look.channels, look.bit_depth = channels, precision
        elif marker == 0xDA:
            if not frame:
                raise damaged("the JPEG has data but no header")
            offset = skip_scan(source, offset)
        elif marker == 0xE2 and body.startswith(_ICC):
            icc.append(body[len(_ICC) + 2 :])
        elif described:
            _note_segment(marker, body, group, look)
    else:
        raise damaged("the JPEG has no end")
    if not frame:
        raise damaged("the JPEG has no header")
    if icc:
        group["icc_profile"] = look.keeper.binary(b"".join(icc))
    group["progressive"] = frame == _PROGRESSIVE
    look.tags["jpeg"] = group
    limit = DECODED_PIXELS_COSTLY if frame == _PROGRESSIVE else DECODED_PIXELS
    if frame in _DECODABLE and precision == 8 and look.width * look.height <= limit:
        # what programs wrote about the picture is of no use to the decoder, and may make it complain
        decode_jpeg(source.open(b"\xff\xd8", coded), limit)


def next_marker(source: Source, offset: int) -> tuple[int, int]:
    """The next marker (skipping bytes that belong to none) and where its segment begins."""
    while True:
        window = source.read(offset, _WINDOW)
        found = _MARKER.search(window)
        if found:
            return found[1][0], offset + found.end()
        if len(window) < 2 or offset + len(window) >= source.size:
            raise _endless(source)
        offset += len(window) - 1


def skip_scan(source: Source, offset: int) -> int:
    """Where the marker after a scan's coded data begins."""
    while True:
        window = source.read(offset, _WINDOW)
        found = _MARKER.search(window)
        if found:
            return offset + found.start()
        if len(window) < 2 or offset + len(window) >= source.size:
            raise _endless(source)
        offset += len(window) - 1


def _endless(source: Source) -> BrokenPicture:
    return BrokenPicture(f"the file is truncated: the JPEG has no end marker after {source.size} bytes; {COPY_AGAIN}")


def _note_segment(marker: int, body: bytes, group: JsonObject, look: Look) -> None:
    if marker == 0xE0 and body.startswith(b"JFIF\0") and len(body) >= 12:
        major, minor, unit, x, y = struct.unpack_from(">BBBHH", body, 5)
        group["jfif"] = {"version": f"{major}.{minor:02}", "density_unit": unit, "density": [x, y]}
        if unit in (1, 2) and x and y:
            look.resolution = Decimal(x), Decimal(y), "dpi" if unit == 1 else "dpcm"
    elif marker == 0xE1 and body.startswith(b"Exif\0\0") and "exif" not in look.tags:
        read_exif_block(body, look)
    elif marker == 0xE1 and body.startswith(_XMP):
        add(group, "xmp", look.keeper.text(decode(body[len(_XMP) :])))
    elif marker == 0xEE and body.startswith(b"Adobe") and len(body) >= 12:
        version, flags0, flags1, transform = struct.unpack_from(">HHHB", body, 5)
        group["adobe"] = {"version": version, "flags": [flags0, flags1], "transform": transform}
    elif marker == 0xFE:
        add(group, "comment", look.keeper.text(clean(decode(body))))
    else:
        add(group, f"APP{marker - 0xE0}", look.keeper.binary(body))
