"""TIFF without what is written about the picture. Everything stays where it is; what is not known to be needed becomes
zeros: tags, blocks that they point to, and bytes to which nothing points any more."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, NamedTuple

from .findings import Findings
from .ifd import SUB_IFDS, Directories, Directory, Entry
from .pieces import CannotStrip, Piece, Span, Zeros, add_span
from .tiff import Checker, Page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .source import Source

_DESCRIPTION, _JPEG_TABLES, _ICC = 270, 347, 34675
#: Tags with the layout, packing, colours and orientation of the pixels: numbers.
# fmt: off
_KEPT = frozenset({
    254, 255, 256, 257, 258, 259, 262, 263, 264, 265, 266, 273, 274, 277, 278, 279, 280, 281, 282, 283, 284, 286, 287,
    290, 291, 292, 293, 296, 297, 301, 317, 318, 319, 320, 321, 322, 323, 324, 325, SUB_IFDS, 332, 334, 336, 338, 339,
    340, 341, 342, 512, 529, 530, 531, 532, 50674,
})
# fmt: on
_NUMBERS = frozenset({1, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 16, 17, 18})
#: Bytes that are longer than this are no numbers.
_FEW_BYTES = 4
#: Raw pictures of cameras, which take a maker's tags to be shown.
_RAW = frozenset({50706, 50740, 33421, 33422})
_PLAIN, _JPEG = 1, 7
#: How pixels may be packed so that nothing but pixels is in there.
_PACKED = frozenset({_PLAIN, 2, 3, 4, 5, _JPEG, 8, 32773, 32946, 34887, 34925, 50000})
_MOST_PAGES = 100_000
_MOST_SPANS = 1_000_000
_LONGEST_JPEG = 256 * 1024 * 1024

_SHAPE = re.compile(r'\{"shape": \[[0-9, ]+\]\}')
_IMAGEJ_LINE = re.compile(
    r"(images|channels|slices|frames|hyperstack|mode|unit|spacing|loop|min|max|finterval|fps)=[^\n]{0,30}"
)
_MARKER = re.compile(rb"\xff([\xc0-\xfe])(?<!\xff[\xd0-\xd7])", re.DOTALL)


class Table(NamedTuple):
    """A directory as it lies in the file: its entries, and the link to the next one."""

    entries: list[bytes]
    link: bytes
    size: int


def strip_tiff(source: Source) -> list[Piece]:
    """The parts of the copy."""
    return _Copy(source).pieces()


class _Copy:
    """Collects the parts that a copy keeps."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.directories = Directories(source)
        self.checker = Checker(self.directories, Findings(max_pixels=2**62))
        #: What stays as it is, and inside of that what does not, …
        self.spans: list[Piece] = []
        self.blanks: list[Span] = []
        #: … and what is written anew, by place.
        self.tables: dict[int, bytes] = {}

    def pieces(self) -> list[Piece]:
        add_span(self.spans, 0, 16 if self.directories.big else 8)
        pages = list(self._pages())
        for place, directory in pages:
            self._keep(place, directory, is_only_page=len(pages) == 1)
        return self._put_together()

    def _pages(self) -> Iterator[tuple[int, Directory]]:
        """All directories of pictures, with their places."""
        waiting, seen = [self.directories.first], set[int]()
        while waiting:
            place = waiting.pop()
            if place in seen or len(seen) >= _MOST_PAGES:
                raise CannotStrip("the TIFF's pages form a loop, or are too many")
            seen.add(place)
            directory = self.directories.read(place)
            yield place, directory
            waiting += [below for below in self.directories.integers(directory, SUB_IFDS, 64) if below]
            if directory.next:
                waiting.append(directory.next)

    def _keep(self, place: int, directory: Directory, *, is_only_page: bool) -> None:
        page = self.checker.layout(directory)
        if page is None or page.compression not in _PACKED or _RAW & directory.entries.keys():
            raise CannotStrip("the TIFF holds a raw picture, or one that is packed in a way that may hold more")
        described = self._described(directory)
        kept = {tag for tag, entry in directory.entries.items() if _is_kept(tag, entry)}
        if described:
            kept.add(_DESCRIPTION)
        self._write_table(place, kept)
        inline = 8 if self.directories.big else 4
        for tag in kept:
            entry = directory.entries[tag]
            if entry.size > inline:
                if tag == _DESCRIPTION:
                    self.tables[entry.offset] = described.ljust(entry.size, b"\0")
                else:
                    self._add(entry.offset, entry.offset + entry.size)
        if _JPEG_TABLES in kept:
            entry = directory.entries[_JPEG_TABLES]
            self._blank_jpeg(entry.offset, entry.size)
        self._keep_pixels(directory, page)
        if is_only_page and described.startswith(b"ImageJ="):
            self._keep_stack(directory, page, described)

    def _write_table(self, place: int, kept: set[int]) -> None:
        """The directory with the kept tags alone, as long as before."""
        big, order = self.directories.big, self.directories.order
        head, width, link = (8, 20, 8) if big else (2, 12, 4)
        count = int.from_bytes(self.source.read(place, head), "big" if order == ">" else "little")
        raw = self.source.read(place + head, count * width + link)
        entries: dict[int, bytes] = {}
        for start in range(0, count * width, width):
            tag = struct.unpack_from(order + "H", raw, start)[0]
            if tag in kept:
                entries.setdefault(tag, raw[start : start + width])
        table = struct.pack(order + ("Q" if big else "H"), len(entries)) + b"".join(entries.values())
        self.tables[place] = (table + raw[count * width :]).ljust(head + count * width + link, b"\0")

    def _described(self, directory: Directory) -> bytes:
        """The lines of the description with a stack's layout, by ImageJ or tifffile."""
        text = self.directories.text(directory, _DESCRIPTION)
        first, _, rest = text.partition("\n")
        if _SHAPE.fullmatch(text):
            described = text
        elif re.fullmatch(r"ImageJ=[0-9.a-z]{0,20}", first):
            described = "\n".join([first, *(line for line in rest.split("\n") if _IMAGEJ_LINE.fullmatch(line)), ""])
        else:
            return b""
        entry, raw = directory.entries[_DESCRIPTION], described.encode()
        inline = 8 if self.directories.big else 4
        return raw if inline < len(raw) <= entry.size and entry.kind in (2, 129) else b""

    def _keep_pixels(self, directory: Directory, page: Page) -> None:
        segments = self.checker.segments(directory, page)
        if segments is None or (page.compression != _PLAIN and not {279, 325} & directory.entries.keys()):
            raise CannotStrip("the TIFF does not say where its pixels end")
        for offset, count in zip(segments.offsets, segments.counts, strict=True):
            self._add(offset, offset + count)
            if page.compression == _JPEG and count:
                self._blank_jpeg(offset, count)

    def _keep_stack(self, directory: Directory, page: Page, described: bytes) -> None:
        """ImageJ writes a large stack as one page with the other planes right behind it."""
        planes = re.search(rb"\nimages=(\d{1,9})\n", described)
        offsets = self.directories.integers(directory, 273, 1)
        if planes and offsets and page.compression == _PLAIN:
            plane = -(-page.width * page.bits[0] * page.samples // 8) * page.height
            end = offsets[0] + int(planes[1]) * plane
            if end <= self.source.size:
                self._add(offsets[0], end)

    def _blank_jpeg(self, start: int, size: int) -> None:
        """Comments and data of programs, in a JPEG stream in place of pixels."""
        if size > _LONGEST_JPEG:
            raise CannotStrip("a JPEG inside of the TIFF is too large to be looked through")
        data = self.source.read(start, size)
        place = 2
        while found := _MARKER.search(data, place):
            marker, place = found[1][0], found.end()
            if marker in (0xD8, 0xD9):
                continue
            length = int.from_bytes(data[place : place + 2], "big")
            body = data[place + 2 : place + length]
            if marker == 0xFE or (0xE0 <= marker <= 0xEF and not _describes_pixels(marker, body)):
                self.blanks.append(Span(start + place + 2, start + min(place + length, size)))
            place += max(length, 2)

    def _add(self, start: int, end: int) -> None:
        add_span(self.spans, start, end)
        if len(self.spans) > _MOST_SPANS:
            raise CannotStrip("the TIFF's pixels lie in too many places")

    def _put_together(self) -> list[Piece]:
        """The kept parts in the order of the file, with zeros in between."""
        merged: list[Span] = []
        for span in sorted(span for span in self.spans if isinstance(span, Span)):
            if merged and span.start <= merged[-1].end:
                merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
            else:
                merged.append(span)
        parts: list[tuple[int, int, Piece]] = [
            (start, start + len(table), table) for start, table in self.tables.items()
        ]
        for span in _without(merged, sorted(self.blanks)):
            parts.append((span.start, span.end, span))
        pieces: list[Piece] = []
        done = 0
        for start, end, piece in sorted(parts, key=lambda part: part[:2]):
            if start < done or end > self.source.size:
                raise CannotStrip("tags and pixels of the TIFF lie over each other")
            if start > done:
                pieces.append(Zeros(start - done))
            pieces.append(piece)
            done = end
        return pieces


def _is_kept(tag: int, entry: Entry) -> bool:
    if tag in (_JPEG_TABLES, _ICC):
        return True
    return tag in _KEPT and entry.kind in _NUMBERS and (entry.kind != 1 or entry.values <= _FEW_BYTES)


def _describes_pixels(marker: int, body: bytes) -> bool:
    """JFIF and Adobe segments, as short as they are, describe the colours."""
    return (marker == 0xE0 and body.startswith(b"JFIF\0") and len(body) == 14) or (
        marker == 0xEE and body.startswith(b"Adobe") and len(body) == 12
    )


def _without(spans: list[Span], blanks: list[Span]) -> Iterator[Span]:
    """The spans without the parts that become zeros; both in order."""
    index = 0
    for span in spans:
        start = span.start
        while index < len(blanks) and blanks[index].start < span.end:
            blank = blanks[index]
            if blank.start > start:
                yield Span(start, blank.start)
            start = max(start, blank.end)
            index += 1
        if start < span.end:
            yield Span(start, span.end)
