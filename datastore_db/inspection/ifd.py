"""TIFF directories (IFDs), in TIFF files and in EXIF blocks: classic and BigTIFF, both byte orders."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from PIL import ExifTags, TiffTags

from .findings import damaged, truncated
from .values import Keeper, clean, decode, number, ratio

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from datastore_db.json_codec import Json, JsonObject

    from .source import Source

#: No writer needs more entries in a directory; a hostile file claims 65,535 or 10^18.
_MOST_ENTRIES = 4096

#: Longer texts are not looked into.
_LONGEST_TEXT = 32 * 1024 * 1024

_ASCII, _UNDEFINED, _RATIONAL, _SRATIONAL, _FLOAT, _DOUBLE, _UTF8 = 2, 7, 5, 10, 11, 12, 129
# fmt: off
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4,
          16: 8, 17: 8, 18: 8, 129: 1}
_CODES = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I",
          16: "Q", 17: "q", 18: "Q"}
# fmt: on

EXIF_IFD, GPS_IFD, INTEROP_IFD, SUB_IFDS = 34665, 34853, 40965, 330

#: Where things lie in the file; of no use outside of it.
STRUCTURE = frozenset({273, 279, 288, 289, 324, 325, 513, 514, 519, 520, 521}) | {
    SUB_IFDS,
    EXIF_IFD,
    GPS_IFD,
    INTEROP_IFD,
}

_XMP = 700
_VERSIONS = frozenset({36864, 40960})
_UTF16 = range(40091, 40096)
_USER_COMMENT = 37510
_GPS_COMMENTS = frozenset({27, 28})


def _tiff_names() -> dict[int, str]:
    names = dict(ExifTags.TAGS)
    names.update({tag: name for tag, name in TiffTags.TAGS.items() if isinstance(tag, int)})
    names.update({tag: info.name for tag, info in TiffTags.TAGS_V2.items()})
    return names


TIFF_NAMES: Mapping[int, str] = _tiff_names()
EXIF_NAMES: Mapping[int, str] = {**TIFF_NAMES, **ExifTags.TAGS}
GPS_NAMES: Mapping[int, str] = ExifTags.GPSTAGS
INTEROP_NAMES: Mapping[int, str] = {int(tag): tag.name for tag in ExifTags.Interop}


class Entry(NamedTuple):
    """One tag of a directory: its type, how many values, where they lie, how many bytes they are."""

    kind: int
    values: int
    offset: int
    size: int


class Directory(NamedTuple):
    """The tags of a directory, and where the next one lies (0: none)."""

    entries: dict[int, Entry]
    next: int


class Directories:
    """Reads the directories of one file or block. Raises BrokenPicture."""

    __slots__ = ("_layout", "_lenient", "big", "first", "order", "source")

    def __init__(self, source: Source, *, lenient: bool = False) -> None:
        """Be lenient to EXIF blocks, which may end without saying where the next directory is."""
        self._lenient = lenient
        head = source.read(0, 16)
        self.source = source
        self.order = ">" if head[:2] == b"MM" else "<"
        self.big = head[2:4] in (b"+\0", b"\0+")
        if len(head) < (16 if self.big else 8):
            raise truncated("the header", 16 if self.big else 8, source.size)
        if self.big:
            if struct.unpack_from(self.order + "HH", head, 4) != (8, 0):
                raise damaged("the BigTIFF header is not one")
            self.first: int = struct.unpack_from(self.order + "Q", head, 8)[0]
            self._layout = struct.Struct(self.order + "HHQQ")
        else:
            self.first = struct.unpack_from(self.order + "I", head, 4)[0]
            self._layout = struct.Struct(self.order + "HHII")

    def _count(self, offset: int) -> int:
        length = 8 if self.big else 2
        raw = self.source.read(offset, length)
        if offset < 8 or len(raw) < length:
            raise truncated("a directory of tags", offset + length, self.source.size)
        count: int = struct.unpack(self.order + ("Q" if self.big else "H"), raw)[0]
        if not 0 < count <= _MOST_ENTRIES:
            raise damaged(f"a directory claims {count} tags")
        return count

    def next_after(self, offset: int) -> int:
        """Where the directory after the one at `offset` lies, without looking at its tags."""
        count = self._count(offset)
        if self.big:
            raw = self.source.read(offset + 8 + 20 * count, 8).ljust(8, b"\0")
        else:
            raw = self.source.read(offset + 2 + 12 * count, 4).ljust(4, b"\0")
        following: int = struct.unpack(self.order + ("Q" if self.big else "I"), raw)[0]
        return following

    def read(self, offset: int) -> Directory:
        """The directory at `offset`."""
        count = self._count(offset)
        layout = self._layout
        width, link, inline = layout.size, (8 if self.big else 4), (8 if self.big else 4)
        start = offset + (8 if self.big else 2)
        raw = self.source.read(start, count * width + link)
        if len(raw) < count * width:
            raise truncated("a directory of tags", start + count * width, self.source.size)
        entries: dict[int, Entry] = {}
        place = start + width - inline
        for tag, kind, number_of, pointer in layout.iter_unpack(raw[: count * width]):
            size = _SIZES.get(kind, 0) * number_of
            if size and tag not in entries:
                entries[tag] = Entry(kind, number_of, place if size <= inline else pointer, size)
            place += width
        following = 0
        if len(raw) == count * width + link:
            following = struct.unpack_from(self.order + ("Q" if self.big else "I"), raw, count * width)[0]
        elif not self._lenient:
            raise truncated("a directory of tags", start + count * width + link, self.source.size)
        return Directory(entries, following)

    def raw(self, entry: Entry) -> bytes:
        """The bytes of a tag's values; fewer if they lie beyond the end."""
        return self.source.read(entry.offset, entry.size)

    def integers(self, directory: Directory, tag: int, most: int) -> tuple[int, ...]:
        """Up to `most` integer values of a tag; empty if it is missing or holds something else."""
        entry = directory.entries.get(tag)
        if entry is None or entry.kind not in _CODES or entry.kind in (_FLOAT, _DOUBLE):
            return ()
        count = min(entry.values, most)
        raw = self.source.read(entry.offset, count * _SIZES[entry.kind])
        if len(raw) < count * _SIZES[entry.kind]:
            raise truncated(f"the values of tag {tag}", entry.offset + entry.size, self.source.size)
        return struct.unpack(f"{self.order}{count}{_CODES[entry.kind]}", raw)

    def integer(self, directory: Directory, tag: int, default: int) -> int:
        """The first integer value of a tag."""
        values = self.integers(directory, tag, 1)
        return values[0] if values else default

    def text(self, directory: Directory, tag: int) -> str:
        """A text tag, also one that is too long to be kept among the tags; empty if there is none."""
        entry = directory.entries.get(tag)
        if entry is None or entry.kind not in (1, _ASCII, _UNDEFINED, _UTF8) or entry.size > _LONGEST_TEXT:
            return ""
        return decode(self.raw(entry)).partition("\0")[0]

    def value(self, tag: int, entry: Entry, keeper: Keeper, raw: bytes | None = None) -> Json:
        """A tag's value as JSON."""
        if not keeper.accepts(entry.size):
            return keeper.large(entry.size, lambda: self.raw(entry))
        if raw is None:
            raw = self.raw(entry)
        if len(raw) < entry.size:
            return None
        return _value(tag, entry, raw, self.order)

    def named(
        self,
        directory: Directory,
        names: Mapping[int, str],
        keeper: Keeper,
        without: Container[int] = STRUCTURE,
    ) -> JsonObject:
        """All tags of a directory by name (by number if they have none) as JSON."""
        group: JsonObject = {}
        for tag, entry in directory.entries.items():
            if tag not in without:
                name = names.get(tag) or str(tag)
                group[str(tag) if name in group else name] = self.value(tag, entry, keeper)
        return group


def _value(tag: int, entry: Entry, raw: bytes, order: str) -> Json:
    kind, count = entry.kind, entry.values
    if kind in (_ASCII, _UTF8):
        parts = decode(raw).rstrip("\0").split("\0")
        return clean(parts[0]) if len(parts) == 1 else [clean(part) for part in parts]
    if kind == _UNDEFINED or (kind == 1 and count > 4):
        return _binary(tag, raw)
    if kind in (_RATIONAL, _SRATIONAL):
        flat = struct.unpack(f"{order}{count * 2}{'I' if kind == _RATIONAL else 'i'}", raw)
        rationals: list[Json] = [ratio(flat[i], flat[i + 1]) for i in range(0, len(flat), 2)]
        return rationals[0] if count == 1 else rationals
    values = struct.unpack(f"{order}{count}{_CODES[kind]}", raw)
    if kind in (_FLOAT, _DOUBLE):
        floats: list[Json] = [number(value, single=kind == _FLOAT) for value in values]
        return floats[0] if count == 1 else floats
    return values[0] if count == 1 else list(values)


def _binary(tag: int, raw: bytes) -> Json:
    if tag == _XMP:
        return clean(decode(raw))
    if tag in _VERSIONS and raw.isalnum():
        return raw.decode("ascii")
    if tag in _UTF16:
        return clean(raw.decode("utf-16-le", "replace"))
    if tag == _USER_COMMENT or tag in _GPS_COMMENTS:
        charset, text = raw[:8], raw[8:]
        if charset == b"ASCII\0\0\0" or charset == bytes(8):
            return clean(decode(text).rstrip("\0 "))
        if charset == b"UNICODE\0":
            little = text[1:2] == b"\0" or text[:2] == b"\xff\xfe"
            return clean(text.decode("utf-16-le" if little else "utf-16-be", "replace").strip("\ufeff\0 "))
    return Keeper().binary(raw)
