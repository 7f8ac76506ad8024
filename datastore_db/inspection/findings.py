"""The findings of a format's reader, and the checks and messages that all readers share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, cast

from PIL import Image

from datastore_db.errors import BrokenPicture

from .values import Keeper

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from PIL.ImageFile import ImageFile

    from datastore_db.json_codec import Json, JsonObject

    from .source import SourceReader

#: Pictures up to this many pixels (all pages together) are decoded; of larger ones the structure is checked.
DECODED_PIXELS = 50_000_000
#: Decoders that hold several copies of the picture at once get smaller ones only.
DECODED_PIXELS_COSTLY = 16_000_000
DECODED_PIXELS_COSTLIEST = 8_000_000
#: Wider or higher than this is no picture.
LONGEST_SIDE = 1_000_000

COPY_AGAIN = "copy it from its source again"


@dataclass(slots=True)
class Findings:
    """The findings in a file. `tags` is by group; `resolution` has its unit (dpi or dpcm)."""

    max_pixels: int
    keeper: Keeper = field(default_factory=Keeper)
    width: int = 0
    height: int = 0
    channels: int | None = None
    bit_depth: int | None = None
    pages: int | None = None
    resolution: tuple[Decimal, Decimal, str] | None = None
    #: How much packed text may still be unpacked, so that many small bombs are not a large one.
    unpacking_left: int = 32 * 1024 * 1024
    facts: JsonObject = field(default_factory=dict)
    tags: dict[str, Json] = field(default_factory=dict)

    def set_size(self, width: int, height: int) -> None:
        """Note the size in the header; refuse one that no picture has, before anything is decoded."""
        check_size(width, height, self.max_pixels)
        self.width, self.height = width, height


def check_size(width: int, height: int, max_pixels: int) -> None:
    """Refuse a size that no picture has."""
    size = f"{width}×{height}"  # noqa: RUF001
    if width <= 0 or height <= 0:
        raise BrokenPicture(f"the picture is {size} pixels: there is nothing in it; export it again")
    if width > LONGEST_SIDE or height > LONGEST_SIDE:
        raise BrokenPicture(
            f"the header says {size} pixels; at most {LONGEST_SIDE:,} are accepted on a side; "
            "if the picture is really that large, cut it into parts"
        )
    if width * height > max_pixels:
        raise BrokenPicture(
            f"the header says {size}, that is {width * height:,} pixels; at most {max_pixels:,} are accepted; "
            "if the picture is really that large, cut it into parts"
        )


def damaged(what: str) -> BrokenPicture:
    """The error for content that cannot be right."""
    return BrokenPicture(f"the picture is damaged: {what}; {COPY_AGAIN}")


def truncated(what: str, needed: int, size: int) -> BrokenPicture:
    """The error for a file that ends too early."""
    return BrokenPicture(
        f"the file is truncated: {what} should end at byte {needed}, but the file has {size} bytes; {COPY_AGAIN}"
    )


def decode_with(open_image: Callable[[IO[bytes]], ImageFile], reader: SourceReader) -> None:
    """Let Pillow decode a picture; whatever it stumbles over is damage."""
    try:
        open_image(cast("IO[bytes]", reader)).load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return  # Pillow's global limit was lowered in this process; the structure was checked all the same
    except (BrokenPicture, MemoryError):
        raise
    except Exception as error:
        if reader.error is not None:
            raise reader.error from None
        raise damaged(f"its pixels cannot be decoded ({error})") from error
