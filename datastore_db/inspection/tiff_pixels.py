"""Whether the compressed strips and tiles of a TIFF unpack to as many bytes as the picture needs."""

from __future__ import annotations

import io
import lzma
import zlib
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from PIL.TiffImagePlugin import ImageFileDirectory_v2, TiffImageFile

from .findings import damaged, decode_with
from .jpeg import decode_jpeg, is_decodable
from .source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .ifd import Directories, Directory

_LZW, _JPEG, _DEFLATE, _OLD_DEFLATE, _PACKBITS, _LZMA = 5, 7, 8, 32946, 32773, 34925
_PIECE = 1024 * 1024
#: How much unpacked data Pillow holds at once here; a longer strip is not unpacked.
_BATCH = 16 * 1024 * 1024
_LONGEST = 64 * 1024 * 1024
_PADDING = 65_536
_LZMA_MEMORY = 128 * 1024 * 1024


class Segments(NamedTuple):
    """The strips or tiles of a page: what they are called, where they lie, how many bytes they are and unpack to."""

    name: str
    offsets: tuple[int, ...]
    counts: tuple[int, ...]
    needs: tuple[int, ...]

    def present(self) -> Iterator[tuple[int, int, int, int]]:
        """Number, place, length and unpacked length of each; those that a writer left out are left out."""
        for index, (offset, count, need) in enumerate(zip(self.offsets, self.counts, self.needs, strict=True)):
            if count:
                yield index + 1, offset, count, need


def check_pixels(directories: Directories, directory: Directory, segments: Segments, compression: int) -> None:
    """Unpack every strip or tile. Raises BrokenPicture. A compression that nothing here unpacks passes."""
    source = directories.source
    if compression in (_DEFLATE, _OLD_DEFLATE, _LZMA):
        for number, offset, count, need in segments.present():
            if not _unpacks(source, offset, count, need, compression):
                raise damaged(f"{segments.name} {number} of {len(segments.offsets)} does not unpack")
    elif compression in (_LZW, _PACKBITS):
        fill_order = directories.integer(directory, 266, 1)
        for batch, need in _batches(segments):
            strips = [source.read(offset, count) for offset, count in batch]
            flat = Source(_flat_tiff(strips, need, compression, fill_order))
            decode_with(TiffImageFile, flat.open())
    elif compression == _JPEG:
        entry = directory.entries.get(347)
        tables = directories.raw(entry) if entry is not None and entry.size <= 65_536 else b""
        for number, offset, count, need in segments.present():
            if count > _LONGEST:
                continue
            stream = source.read(offset, count)
            if stream[:2] != b"\xff\xd8":
                raise damaged(f"{segments.name} {number} of {len(segments.offsets)} is no JPEG")
            if tables[:2] == b"\xff\xd8":
                stream = tables.removesuffix(b"\xff\xd9") + stream[2:]
            whole = Source(stream)
            if is_decodable(whole):
                # blocks are padded to 16 by 16 pixels or more
                decode_jpeg(whole.open(), 4 * need + _PADDING)


def _unpacks(source: Source, offset: int, count: int, need: int, compression: int) -> bool:
    """Unpack piece by piece, never holding more than a piece."""
    inflater = zlib.decompressobj()
    unxz = lzma.LZMADecompressor(memlimit=_LZMA_MEMORY) if compression == _LZMA else None
    end = offset + count
    pending = b""
    try:
        while need > 0:
            if not pending and (unxz is None or unxz.needs_input):
                pending = source.read(offset, min(_PIECE, end - offset))
                offset += len(pending)
                if not pending:
                    return False
            if unxz is None:
                produced = inflater.decompress(pending, min(_PIECE, need))
                pending, ended = inflater.unconsumed_tail, inflater.eof
            else:
                produced = unxz.decompress(pending, min(_PIECE, need))
                pending, ended = b"", unxz.eof
            need -= len(produced)
            if need > 0 and ended:
                return False
        if unxz is None and not inflater.eof:
            # the checksum comes last; a wrong one raises
            inflater.decompress(pending or source.read(offset, min(_PIECE, end - offset)), 1)
    except (zlib.error, lzma.LZMAError, EOFError):
        return False
    return True


def _batches(segments: Segments) -> Iterator[tuple[list[tuple[int, int]], int]]:
    """Runs of strips that unpack to the same length, together not too much."""
    batch: list[tuple[int, int]] = []
    current = packed = 0
    for _, offset, count, need in segments.present():
        if need > _LONGEST or count > _LONGEST:
            continue
        packed += count
        if batch and (need != current or (len(batch) + 1) * need > _BATCH or packed > _BATCH):
            yield batch, current
            batch, packed = [], count
        current = need
        batch.append((offset, count))
    if batch:
        yield batch, current


def _flat_tiff(strips: list[bytes], need: int, compression: int, fill_order: int) -> bytes:
    """A TIFF of grey bytes with one strip to a row. Its decoder need not know what the samples were."""
    lengths = [len(strip) for strip in strips]
    tags = ImageFileDirectory_v2()
    tags[256], tags[257], tags[258], tags[259], tags[262] = need, len(strips), 8, compression, 1
    tags[266] = fill_order if fill_order in (1, 2) else 1
    tags[277], tags[278], tags[279] = 1, 1, tuple(lengths)
    # from the end of the directory on
    tags[273] = tuple(accumulate(lengths[:-1], initial=0))
    out = io.BytesIO()
    tags.save(out)
    out.write(b"".join(strips))
    return out.getvalue()
