"""EXIF: a small TIFF of tags inside of another file, or linked from a TIFF's own directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datastore_db.errors import BrokenPicture

from .ifd import EXIF_IFD, EXIF_NAMES, GPS_IFD, GPS_NAMES, INTEROP_IFD, INTEROP_NAMES, Directories, Directory
from .source import Source

if TYPE_CHECKING:
    from datastore_db.json_codec import JsonObject

    from .findings import Findings

_STARTS = (b"II*\0", b"MM\0*")
_ORIENTATION = 274


def read_exif_block(raw: bytes, findings: Findings) -> None:
    """Note the tags of an EXIF block. One that makes no sense is kept as it is: the picture is fine."""
    raw = raw.removeprefix(b"Exif\0\0")
    try:
        directories = Directories(Source(raw), lenient=True)
        if not raw.startswith(_STARTS):
            raise BrokenPicture("no EXIF")
        first = directories.read(directories.first)
        exif = directories.named(first, EXIF_NAMES, findings.keeper)
        findings.tags["exif"] = exif
    except BrokenPicture:
        findings.tags["exif"] = findings.keeper.binary(raw)
        return
    read_linked(directories, first, findings, exif)
    if first.next:
        thumbnail = _linked(directories, first.next)
        if thumbnail:
            findings.tags["thumbnail"] = directories.named(thumbnail, EXIF_NAMES, findings.keeper)


def read_linked(directories: Directories, first: Directory, findings: Findings, exif: JsonObject) -> None:
    """Note the EXIF, GPS and interoperability tags that a directory points to."""
    for pointer, name, names in ((EXIF_IFD, "exif", EXIF_NAMES), (GPS_IFD, "gps", GPS_NAMES)):
        linked = _pointed(directories, first, pointer)
        if linked is None:
            continue
        group = directories.named(linked, names, findings.keeper)
        if name == "exif":
            exif.update(group)
            interop = _pointed(directories, linked, INTEROP_IFD)
            if interop is not None:
                findings.tags["interop"] = directories.named(interop, INTEROP_NAMES, findings.keeper)
        else:
            findings.tags[name] = group
    if exif:
        findings.tags["exif"] = exif


def _pointed(directories: Directories, directory: Directory, tag: int) -> Directory | None:
    try:
        offset = directories.integer(directory, tag, 0)
    except BrokenPicture:
        return None
    return _linked(directories, offset) if offset else None


def _linked(directories: Directories, offset: int) -> Directory | None:
    try:
        return directories.read(offset)
    except BrokenPicture:
        return None  # programs that edit a picture often leave such links dangling


def orientation_of(exif: bytes) -> int:
    """How an EXIF block says that the picture is to be turned: 1 to 8; 1, upright, where it does not say."""
    exif = exif.removeprefix(b"Exif\0\0")
    if not exif.startswith(_STARTS):
        return 1
    try:
        directories = Directories(Source(exif), lenient=True)
        found = directories.integer(directories.read(directories.first), _ORIENTATION, 1)
    except BrokenPicture:
        return 1
    return found if 1 <= found <= 8 else 1


def orientation_exif(orientation: int) -> bytes:
    """An EXIF block that says how the picture is to be turned, and nothing else."""
    return b"II*\0\x08\0\0\0" + b"\x01\0" + b"\x12\x01\x03\0\x01\0\0\0" + bytes([orientation, 0, 0, 0]) + bytes(4)
