"""TIFF: classic and BigTIFF, stripped and tiled, any sample layout, many pages. Pillow decodes only some of them, so
the directories are read here, and a picture is accepted when all of its data lies in the file and unpacks."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from datastore_db.errors import BrokenPicture

from . import imagej, ome
from .exif import read_linked
from .findings import COPY_AGAIN, DECODED_PIXELS, Findings, check_size, damaged, truncated
from .ifd import STRUCTURE, SUB_IFDS, TIFF_NAMES, Directories, Directory, Entry
from .tiff_pixels import Segments, check_pixels

if TYPE_CHECKING:
    from datastore_db.json_codec import Json, JsonObject

    from .source import Source

#: Of more pages than this, the rest is counted only, …
_CHECKED_PAGES = 10_000
#: … of more than this, the tags of the rest are left in the file, …
_TAGGED_PAGES = 1_000
#: … and more than this is no picture.
_MOST_PAGES = 1_000_000
#: How many strips or tiles of all pages together are looked at.
_CHECKED_SEGMENTS = 4_000_000
#: How much is unpacked of a file: bytes that come out, strips and tiles.
_UNPACKED_BYTES = 512 * 1024 * 1024
_UNPACKED_SEGMENTS = 100_000

_NONE, _OLD_JPEG, _JPEG = 1, 6, 7
_YCBCR = 6


class Page(NamedTuple):
    """How one page is laid out."""

    width: int
    height: int
    bits: tuple[int, ...]
    samples: int
    compression: int


def read_tiff(source: Source, findings: Findings) -> None:
    """Inspect a TIFF."""
    directories = Directories(source)
    if not directories.first:
        raise damaged("it has no directory of tags")
    first = directories.read(directories.first)
    checker = Checker(directories, findings)
    page = checker.page(first)
    if page is None:
        raise damaged("its first directory has no width and height")
    findings.width, findings.height, findings.channels = page.width, page.height, page.samples
    findings.bit_depth = max(page.bits)

    tags = directories.named(first, TIFF_NAMES, findings.keeper)
    findings.tags["tiff"] = tags
    read_linked(directories, first, findings, {})
    findings.resolution = resolution(tags)
    checker.pages(first)
    findings.pages = checker.counted
    if checker.differing:
        findings.tags["tiff_pages"] = checker.differing
    if checker.subordinate:
        findings.tags["tiff_sub_ifds"] = checker.subordinate

    description = directories.text(first, 270)
    if description.startswith("ImageJ="):
        imagej.read_description(description, findings, tags)
        _check_stack(directories, first, page, findings)
    imagej.read_metadata(directories, first, findings, tags)
    if "<OME" in description[:2000] or "OME.xsd" in description[:2000]:
        ome.read_ome(description, findings)


def resolution(tags: JsonObject) -> tuple[Decimal, Decimal, str] | None:
    """The resolution of TIFF or EXIF tags, unless they have only a ratio."""
    code = tags.get("ResolutionUnit", 2)
    unit = {2: "dpi", 3: "dpcm"}.get(code) if isinstance(code, int) else None
    x, y = tags.get("XResolution"), tags.get("YResolution")
    if unit is None or not isinstance(x, Decimal) or not isinstance(y, Decimal) or x <= 0 or y <= 0:
        return None
    return x, y, unit


class Checker:
    """Checks pages, one after the other, with what all of them together may cost."""

    def __init__(self, directories: Directories, findings: Findings) -> None:
        self.directories = directories
        self.findings = findings
        self.counted = 1
        self.differing: JsonObject = {}
        self.subordinate: list[Json] = []
        self._seen = {directories.first}
        self._segments_left = _CHECKED_SEGMENTS
        size = directories.source.size
        self._left: tuple[int, ...] = (DECODED_PIXELS, 2 * size + 1024, _UNPACKED_BYTES, _UNPACKED_SEGMENTS)

    def pages(self, first: Directory) -> None:
        """Check the pages after the first, and what hangs below each page."""
        kept: dict[int, tuple[Entry, bytes]] = {}
        self._subordinate(first)
        offset = first.next
        while offset:
            if offset in self._seen:
                raise damaged("its pages form a loop")
            self._seen.add(offset)
            if self.counted >= _MOST_PAGES:
                raise BrokenPicture(f"the file has more than {_MOST_PAGES:,} pages; cut it into parts")
            if self.counted >= _CHECKED_PAGES:
                offset = self.directories.next_after(offset)
                self.counted += 1
                continue
            directory = self.directories.read(offset)
            self.counted += 1
            self.page(directory)
            if self.counted <= _TAGGED_PAGES and not self.findings.keeper.full:
                if not kept:
                    kept = {tag: (entry, self._raw(entry)) for tag, entry in first.entries.items()}
                self._difference(directory, kept)
            self._subordinate(directory)
            offset = directory.next

    def _raw(self, entry: Entry) -> bytes:
        return self.directories.raw(entry) if entry.size <= 65_536 else b""

    def _difference(self, directory: Directory, kept: dict[int, tuple[Entry, bytes]]) -> None:
        """Note the tags in which a page differs from the first."""
        group: JsonObject = {}
        for tag, entry in directory.entries.items():
            if tag in STRUCTURE:
                continue
            raw = self._raw(entry)
            if tag in kept:
                other, other_raw = kept[tag]
                if entry[:2] == other[:2] and (raw == other_raw if raw else entry.offset == other.offset):
                    continue
            value = self.directories.value(tag, entry, self.findings.keeper)
            group[TIFF_NAMES.get(tag) or str(tag)] = value
        if group:
            self.differing[str(self.counted)] = group

    def _subordinate(self, directory: Directory) -> None:
        """Check the reduced or raw pictures that a page points to."""
        for offset in self.directories.integers(directory, SUB_IFDS, 64):
            if offset in self._seen or not offset or len(self._seen) > _CHECKED_PAGES:
                continue
            self._seen.add(offset)
            below = self.directories.read(offset)
            self.page(below)
            if len(self.subordinate) < _TAGGED_PAGES and not self.findings.keeper.full:
                self.subordinate.append(self.directories.named(below, TIFF_NAMES, self.findings.keeper))

    def page(self, directory: Directory) -> Page | None:
        """Check that a page's size is sane, its data in the file and whole. None: it is no picture."""
        directories, size = self.directories, self.directories.source.size
        for tag, entry in directory.entries.items():
            if entry.offset + entry.size > size:
                raise truncated(f"the value of tag {TIFF_NAMES.get(tag, tag)}", entry.offset + entry.size, size)
        page = self.layout(directory)
        if page is None:
            return None
        segments = self.segments(directory, page)
        if segments is not None and page.compression != _NONE and self._affordable(page.width * page.height, segments):
            check_pixels(directories, directory, segments, page.compression)
        return page

    def layout(self, directory: Directory) -> Page | None:
        """How a page is laid out, its size being sane. None: it is no picture."""
        directories = self.directories
        if 256 not in directory.entries or 257 not in directory.entries:
            return None
        width, height = directories.integer(directory, 256, 0), directories.integer(directory, 257, 0)
        check_size(width, height, self.findings.max_pixels)
        samples = directories.integer(directory, 277, 1)
        bits = directories.integers(directory, 258, 64) or (1,)
        if not 0 < samples <= 65_535 or not all(0 < depth <= 256 for depth in bits):
            raise damaged(f"it claims {samples} samples of {bits[0]} bits in a pixel")
        return Page(width, height, bits, samples, directories.integer(directory, 259, _NONE))

    def _affordable(self, pixels: int, segments: Segments) -> bool:
        """Whether there is still time to unpack a page. Hostile files point to the same data again and again."""
        cost = (pixels, sum(segments.counts), sum(segments.needs), len(segments.counts))
        if any(wanted > left for wanted, left in zip(cost, self._left, strict=True)):
            return False
        self._left = tuple(left - wanted for wanted, left in zip(cost, self._left, strict=True))
        return True

    def segments(self, directory: Directory, page: Page) -> Segments | None:
        """Where the page's strips or tiles lie, each of them inside the file. None: too many to look at."""
        directories, size = self.directories, self.directories.source.size
        tiled = 324 in directory.entries or (322 in directory.entries and 273 in directory.entries)
        name = "tile" if tiled else "strip"
        offsets_tag, counts_tag = (324, 325) if 324 in directory.entries else (273, 279)
        if offsets_tag not in directory.entries:
            self._old_jpeg(directory)
            return None
        if tiled:
            tile_width, tile_height = directories.integer(directory, 322, 0), directories.integer(directory, 323, 0)
            check_size(tile_width, tile_height, self.findings.max_pixels)
            columns, rows = -(-page.width // tile_width), tile_height
            last_rows = rows
        else:
            tile_width, columns = page.width, 1
            rows = min(directories.integer(directory, 278, page.height) or page.height, page.height)
            last_rows = page.height - (page.height - 1) // rows * rows
        planar = directories.integer(directory, 284, 1) == 2 and page.samples > 1
        planes = page.samples if planar else 1
        down = -(-page.height // rows)
        wanted = columns * down * planes
        available = directory.entries[offsets_tag].values
        if wanted > available:
            raise damaged(f"it has {available} {name}s of data instead of {wanted}")
        if wanted > self._segments_left:
            return None
        self._segments_left -= wanted

        offsets = directories.integers(directory, offsets_tag, wanted)
        if len(offsets) < wanted:
            raise damaged(f"it does not say where its {name}s lie")
        counts = directories.integers(directory, counts_tag, wanted)
        whole = self._needed(directory, page, tile_width, rows, planar)
        last = whole if rows == last_rows else self._needed(directory, page, tile_width, last_rows, planar)
        per_plane = columns * down
        needs = ([whole] * (per_plane - columns) + [last] * columns) * planes if last != whole else [whole] * wanted
        if page.compression == _NONE:
            # what an uncompressed strip needs is known, and writers get the byte counts wrong
            missing = len(counts) == len(offsets)
            counts = tuple(
                0 if missing and not count and not offset else need
                for need, offset, count in zip(needs, offsets, counts if missing else needs, strict=True)
            )
        elif len(counts) < len(offsets):
            if len(offsets) > 1:
                raise damaged(f"it does not say how long its {name}s are")
            counts = (max(0, size - offsets[0]),)
        if not any(counts):
            raise damaged(f"its {name}s of data are empty")
        for index, (offset, count) in enumerate(zip(offsets, counts, strict=True)):
            if offset + count > size:
                raise truncated(f"{name} {index + 1} of {wanted}", offset + count, size)
            if not offset and count:
                raise damaged(f"{name} {index + 1} of {wanted} lies nowhere")
        return Segments(name, offsets, counts, tuple(needs))

    def _needed(self, directory: Directory, page: Page, width: int, rows: int, planar: bool) -> int:
        """How many bytes that many rows take when they are unpacked."""
        directories = self.directories
        if page.compression != _JPEG and not planar and directories.integer(directory, 262, 0) == _YCBCR:
            horizontal, vertical = (*directories.integers(directory, 530, 2), 2, 2)[:2]
            if 0 < horizontal <= 4 and 0 < vertical <= 4 and page.samples == 3:
                blocks = -(-width // horizontal) * -(-rows // vertical)
                return -(-blocks * (horizontal * vertical + 2) * page.bits[0] // 8)
        if planar or page.samples == 1:
            depth = page.bits[0]
        elif len(page.bits) == page.samples:
            depth = sum(page.bits)
        else:
            depth = page.bits[0] * page.samples
        return -(-width * depth // 8) * rows

    def _old_jpeg(self, directory: Directory) -> None:
        """A JPEG stream in place of strips, as TIFF 6 first had it."""
        directories, size = self.directories, self.directories.source.size
        offset, length = directories.integer(directory, 513, 0), directories.integer(directory, 514, 0)
        if not offset:
            raise damaged("it does not say where its data lies")
        if offset + max(length, 1) > size:
            raise truncated("the data", offset + max(length, 1), size)


def _check_stack(directories: Directories, first: Directory, page: Page, findings: Findings) -> None:
    """ImageJ writes a large stack as one page with the other planes right behind it."""
    group = findings.tags.get("imagej")
    planes = group.get("images") if isinstance(group, dict) else None
    offsets = directories.integers(first, 273, 1)
    if findings.pages != 1 or not isinstance(planes, int) or planes < 2 or page.compression != _NONE or not offsets:
        return
    plane = -(-page.width * page.bits[0] * page.samples // 8) * page.height
    size = directories.source.size
    if offsets[0] + planes * plane <= size:
        findings.pages = planes
        return
    # another program may have copied the description of a stack to a single picture
    pixels_are_last = all(entry.offset <= offsets[0] for entry in first.entries.values())
    if pixels_are_last and size - offsets[0] > plane:
        raise BrokenPicture(
            f"the file is truncated: the stack of {planes} planes should end at byte {offsets[0] + planes * plane}, "
            f"but the file has {size} bytes; {COPY_AGAIN}"
        )
