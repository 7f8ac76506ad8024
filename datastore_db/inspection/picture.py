"""Looking into one picture file."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from datastore_db.errors import BrokenPicture, NotAPicture

from .facts import note_facts
from .findings import Findings, damaged
from .formats import FORMATS, HEAD_SIZE, claimed_format, detect
from .source import IN_MEMORY, Source

if TYPE_CHECKING:
    from datastore_db.json_codec import JsonObject

#: The most pixels that a picture may have unless the caller says otherwise.
MAX_PIXELS = 1_000_000_000

_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Inspection:
    """The result of an inspection.

    `image_data` and `quality_check` are the sections of the picture's document. `image_data` has `format`,
    `width`, `height` and `tags`, and, where the file has them, `resolution`, `capture_date`, `camera`,
    `microscope`, `pixel_size` (`x`, `y`, `z`, `unit`), `bit_depth`, `channels` and `pages`.

    `tags` holds, by group (`tiff`, `exif`, `gps`, `imagej`, `ome`, `png`, …), everything else that the file says
    about itself, except where in the file its parts lie. Bytes are `{"base64": "…"}`. A value of more than
    256 KiB, and once the tags have taken 4 MiB together every value of more than 64 bytes, is
    `{"size": n, "sha256": "…"}` instead.
    """

    format: str
    media_type: str
    extension: str
    size: int
    md5: bytes
    sha256: str
    image_data: JsonObject
    quality_check: JsonObject


def inspect(file: BinaryIO, name: str, *, max_pixels: int = MAX_PIXELS) -> Inspection:
    """Inspect a seekable file that its sender calls `name`.

    Raises `NotAPicture` if neither the content nor the name is a picture's, and `BrokenPicture` if the name claims what
    the content is not, or if the content is damaged, empty or of absurd size. The messages do not repeat the name.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if size <= IN_MEMORY:
        data = file.read()
        source = Source(data)
        head = data[:HEAD_SIZE]
    else:
        source = Source(b"", file, size)
        head = source.read(0, HEAD_SIZE)
    kind = _agreed_format(head, name)
    findings = Findings(max_pixels)
    try:
        FORMATS[kind].read(source, findings)
        note_facts(findings)
    except (BrokenPicture, OSError, MemoryError):
        raise
    except Exception as error:  # hostile bytes find what no rule foresaw; one picture must not stop a folder
        raise damaged(f"it cannot be read ({type(error).__name__}: {error})") from error
    size, md5, sha256 = _digests(source, file)
    return Inspection(
        format=kind,
        media_type=FORMATS[kind].media_type,
        extension=FORMATS[kind].extension,
        size=size,
        md5=md5,
        sha256=sha256,
        image_data=_image_data(kind, findings),
        quality_check={"image_checksum": sha256, "valid_data": True, "error_type": ""},
    )


def _agreed_format(head: bytes, name: str) -> str:
    content, claimed = detect(head), claimed_format(name)
    if content is None:
        if claimed is None:
            known = ", ".join(FORMATS)
            raise NotAPicture(
                f"the content is of no picture format that is known here ({known})" if head else "the file is empty"
            )
        if not head:
            raise BrokenPicture("the file is empty; export the picture again")
        what = "text" if _is_text(head) else "of no picture format that is known here"
        raise BrokenPicture(
            f"the content is {what}, the name says {claimed}; export it again, or rename the file if it is no picture"
        )
    if claimed is not None and claimed != content:
        raise BrokenPicture(
            f"the content is {content}, the name says {claimed}; rename it to .{FORMATS[content].extension}, "
            f"or save the picture as {claimed}"
        )
    return content


def _is_text(head: bytes) -> bool:
    return all(byte >= 32 or byte in b"\t\r\n\f" for byte in head)


def _digests(source: Source, file: BinaryIO) -> tuple[int, bytes, str]:
    if source.size <= IN_MEMORY:
        data = source.read(0, source.size)
        return len(data), hashlib.md5(data, usedforsecurity=False).digest(), hashlib.sha256(data).hexdigest()
    size, md5, sha256 = 0, hashlib.md5(usedforsecurity=False), hashlib.sha256()
    file.seek(0)
    while piece := file.read(_PIECE):
        size += len(piece)
        md5.update(piece)
        sha256.update(piece)
    return size, md5.digest(), sha256.hexdigest()


def _image_data(kind: str, findings: Findings) -> JsonObject:
    data: JsonObject = {"format": kind, "width": findings.width, "height": findings.height}
    for key in ("resolution", "capture_date", "camera", "microscope", "pixel_size"):
        if key in findings.facts:
            data[key] = findings.facts[key]
    for key, value in (("bit_depth", findings.bit_depth), ("channels", findings.channels), ("pages", findings.pages)):
        if value is not None:
            data[key] = value
    data["tags"] = dict(findings.tags)
    return data
