"""Windows and OS/2 bitmaps."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from PIL.BmpImagePlugin import BmpImageFile

from .findings import DECODED_PIXELS, Findings, damaged, decode_with, truncated
from .png import per_metre

if TYPE_CHECKING:
    from .source import Source

_DEPTHS = (1, 2, 4, 8, 16, 24, 32)
_PACKED = (1, 2)
_PLAIN = (0, 3, 6)


def read_bmp(source: Source, findings: Findings) -> None:
    """Inspect a bitmap."""
    head = source.read(0, 54)
    start, header = struct.unpack_from("<II", head, 10)
    if len(head) < 14 + min(header, 40):
        raise truncated("the header", 14 + header, source.size)
    compression = packed = x = y = 0
    if header == 12:
        width, height, _, depth = struct.unpack_from("<HHHH", head, 18)
    else:
        width, height, _, depth = struct.unpack_from("<iiHH", head, 18)
        if header >= 40:
            compression, packed, x, y = struct.unpack_from("<IIii", head, 30)
    findings.set_size(width, abs(height))
    if compression not in (*_PACKED, *_PLAIN) or depth not in _DEPTHS:
        raise damaged(f"the bitmap claims {depth} bits in a pixel and compression {compression}")
    findings.channels = 1 if depth <= 8 else 4 if depth == 32 and compression in (3, 6) else 3
    findings.bit_depth = depth if depth <= 8 else 5 if depth == 16 else 8
    findings.tags["bmp"] = {
        "header_size": header,
        "bits_per_pixel": depth,
        "compression": compression,
        "top_down": height < 0,
    }
    if x > 0 and y > 0:
        findings.resolution = per_metre(x, y)
    if start < 14 + header:
        raise damaged("the bitmap's pixels lie in its header")
    if compression in _PLAIN:
        end = start + (width * depth + 31) // 32 * 4 * abs(height)
        if end > source.size:
            raise truncated("the pixels", end, source.size)
    elif start + max(packed, 1) > source.size:
        raise truncated("the pixels", start + max(packed, 1), source.size)
    elif width * abs(height) <= DECODED_PIXELS:
        decode_with(BmpImageFile, source.open())
