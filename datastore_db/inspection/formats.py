"""Which picture formats there are, and how to tell them apart by their first bytes."""

from __future__ import annotations

import struct
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

#: How many bytes `detect` wants to see.
HEAD_SIZE = 64

_BMP_HEADER_SIZES = frozenset({12, 16, 40, 52, 56, 64, 108, 124})
_TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


class Format(NamedTuple):
    """How a format is called: its media type, and the extension (without a dot) that blob names end in."""

    media_type: str
    extension: str


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "TIFF": Format("image/tiff", "tiff"),
        "PNG": Format("image/png", "png"),
        "JPEG": Format("image/jpeg", "jpeg"),
        "GIF": Format("image/gif", "gif"),
        "BMP": Format("image/bmp", "bmp"),
        "WEBP": Format("image/webp", "webp"),
        "NPY": Format("application/x-npy", "npy"),
    }
)

#: What a file's extension (lower case, with its dot) claims the content to be.
KNOWN_EXTENSIONS: Mapping[str, str] = MappingProxyType(
    {
        ".tif": "TIFF",
        ".tiff": "TIFF",
        ".btf": "TIFF",
        ".tf8": "TIFF",
        ".png": "PNG",
        ".apng": "PNG",
        ".jpg": "JPEG",
        ".jpeg": "JPEG",
        ".jpe": "JPEG",
        ".jfif": "JPEG",
        ".gif": "GIF",
        ".bmp": "BMP",
        ".dib": "BMP",
        ".webp": "WEBP",
        ".npy": "NPY",
    }
)


def media_type(name: object) -> str:
    """The media type of a format by its name; of none, what a browser takes for nothing that it could show."""
    return FORMATS[str(name)].media_type if name in FORMATS else "application/octet-stream"


def detect(head: bytes) -> str | None:
    """The format that a file's first bytes (`HEAD_SIZE` of them are enough) tell, or None."""
    if head.startswith(_TIFF_STARTS):
        return "TIFF"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "WEBP"
    if head.startswith(b"\x93NUMPY"):
        return "NPY"
    # two letters alone would make a bitmap of any text that begins with "BM"
    if head.startswith(b"BM") and len(head) >= 18:
        header_size = struct.unpack_from("<I", head, 14)[0]
        return "BMP" if header_size in _BMP_HEADER_SIZES else None
    return None


def claimed_format(name: str) -> str | None:
    """The format that a file's name claims, or None if its extension is no known picture format's."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return KNOWN_EXTENSIONS.get(last[last.rfind(".") :].lower()) if "." in last else None
