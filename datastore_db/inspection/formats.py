"""The picture formats: one declaration each, from which all else follows. A new format is a line in `_DECLARED`.

The ending of blob names stands in SQL as well, in `datastore.extension_of`; a test compares them.
"""

from __future__ import annotations

import struct
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from .bmp import read_bmp
from .gif import read_gif, strip_gif
from .jpeg import read_jpeg, strip_jpeg
from .npy import read_npy
from .png import read_png, strip_png
from .strip_tiff import strip_tiff
from .tiff import read_tiff
from .webp import read_webp, strip_webp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .findings import Findings
    from .pieces import Piece
    from .source import Source

#: How many bytes `detect` wants to see.
HEAD_SIZE = 64

_BMP_HEADER_SIZES = frozenset({12, 16, 40, 52, 56, 64, 108, 124})


class Format(NamedTuple):
    """A picture format. endings: of file names, without the dot; blob names end in the first one.

    is_start: whether a file of it begins with these bytes (`HEAD_SIZE` of them are enough). strip: what a copy without
    personal data consists of; None where there is no way to make one.
    """

    name: str
    media_type: str
    endings: tuple[str, ...]
    is_start: Callable[[bytes], bool]
    read: Callable[[Source, Findings], None]
    strip: Callable[[Source], list[Piece]] | None = None

    @property
    def extension(self) -> str:
        """The ending of blob names, without the dot."""
        return self.endings[0]


def _begins(*starts: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(starts)


def _is_webp(head: bytes) -> bool:
    return head.startswith(b"RIFF") and head[8:12] == b"WEBP"


def _is_bmp(head: bytes) -> bool:
    # two letters alone would make a bitmap of any text that begins with "BM"
    return head.startswith(b"BM") and len(head) >= 18 and struct.unpack_from("<I", head, 14)[0] in _BMP_HEADER_SIZES


_tiff = _begins(b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_png = _begins(b"\x89PNG\r\n\x1a\n")
_jpeg = _begins(b"\xff\xd8\xff")
_gif = _begins(b"GIF87a", b"GIF89a")
_npy = _begins(b"\x93NUMPY")

_DECLARED = (
    Format("TIFF", "image/tiff", ("tiff", "tif", "btf", "tf8"), _tiff, read_tiff, strip_tiff),
    Format("PNG", "image/png", ("png", "apng"), _png, read_png, strip_png),
    Format("JPEG", "image/jpeg", ("jpeg", "jpg", "jpe", "jfif"), _jpeg, read_jpeg, strip_jpeg),
    Format("GIF", "image/gif", ("gif",), _gif, read_gif, strip_gif),
    Format("BMP", "image/bmp", ("bmp", "dib"), _is_bmp, read_bmp),
    Format("WEBP", "image/webp", ("webp",), _is_webp, read_webp, strip_webp),
    Format("NPY", "application/x-npy", ("npy",), _npy, read_npy),
)

FORMATS: Mapping[str, Format] = MappingProxyType({one.name: one for one in _DECLARED})

#: What a file's extension (lower case, with its dot) claims the content to be.
KNOWN_EXTENSIONS: Mapping[str, str] = MappingProxyType(
    {f".{ending}": one.name for one in _DECLARED for ending in one.endings}
)


def media_type(name: object) -> str:
    """The media type of a format by its name; of none, what a browser takes for nothing that it could show."""
    return FORMATS[str(name)].media_type if name in FORMATS else "application/octet-stream"


def detect(head: bytes) -> str | None:
    """The format of a file by its first bytes (`HEAD_SIZE` of them are enough), or None."""
    return next((one.name for one in _DECLARED if one.is_start(head)), None)


def claimed_format(name: str) -> str | None:
    """The format that a file's name claims, or None if its extension is no known picture format's."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return KNOWN_EXTENSIONS.get(last[last.rfind(".") :].lower()) if "." in last else None
