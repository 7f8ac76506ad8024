"""PNG: every chunk's checksum is checked and the pixels are unpacked piece by piece, so no size costs memory."""

from __future__ import annotations

import struct
import zlib
from decimal import Decimal
from typing import TYPE_CHECKING

from .exif import orientation_exif, orientation_of, read_exif_block
from .findings import DECODED_PIXELS, Findings, damaged, truncated
from .pieces import Piece, add_span
from .values import add, clean, decode, ratio

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datastore_db.json_codec import Json, JsonObject

    from .source import Source

_PIECE = 1024 * 1024
_MOST_CHUNKS = 1_000_000
_LONGEST_CHUNK = 32 * 1024 * 1024
_LARGEST_TEXT = 4 * 1024 * 1024
#: Colour type: channels, and the bit depths it may have.
_COLOURS = {0: (1, (1, 2, 4, 8, 16)), 2: (3, (8, 16)), 3: (1, (1, 2, 4, 8)), 4: (2, (8, 16)), 6: (4, (8, 16))}
_COLOUR_NAMES = {0: "grey", 2: "rgb", 3: "palette", 4: "grey+alpha", 6: "rgba"}
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_LONGEST_EXIF = 1024 * 1024
#: The chunks that decoding and showing a PNG needs; texts are not among them.
_KEPT = frozenset(
    b"IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD hIST pHYs acTL fcTL fdAT".split()
)
_PIXELS = frozenset({b"IDAT", b"PLTE", b"fdAT", b"fcTL", b"IEND", b"IHDR"})


class _Unpacker:
    """Counts what the data chunks unpack to, and checks the filter that each row names."""

    def __init__(self, width: int, height: int, bits: int, interlaced: bool) -> None:
        self.rows: list[tuple[int, int]] = []  # bytes of a row with its filter, how many rows
        passes = _ADAM7 if interlaced else ((0, 0, 1, 1),)
        for x, y, step_x, step_y in passes:
            columns, lines = -(-(width - x) // step_x), -(-(height - y) // step_y)
            if columns > 0 and lines > 0:
                self.rows.append((1 + -(-columns * bits // 8), lines))
        self.left = sum(length * lines for length, lines in self.rows)
        self._inflater = zlib.decompressobj()
        self._stride = self.rows[0][0] if not interlaced else 0
        self._done = 0

    def feed(self, data: bytes) -> None:
        while data and self.left > 0:
            out = self._inflater.decompress(data, min(_PIECE, self.left))
            data = self._inflater.unconsumed_tail
            if self._stride:
                filters = out[-self._done % self._stride :: self._stride]
                if filters and max(filters) > 4:
                    raise damaged("a row of the PNG names a filter that does not exist")
            self._done += len(out)
            self.left -= len(out)
            if self._inflater.eof:
                return
        if data and not self._inflater.eof:
            self._inflater.decompress(data, 1)  # the checksum comes last; a wrong one raises


def _chunks(source: Source) -> Iterator[tuple[bytes, int, int]]:
    """Kind, place and length of the chunks of a PNG up to its end. Raises BrokenPicture."""
    offset = 8
    for _ in range(_MOST_CHUNKS):
        head = source.read(offset, 8)
        if len(head) < 8:
            raise truncated("the next chunk of the PNG", offset + 12, source.size)
        length, kind = struct.unpack(">I4s", head)
        end = offset + 12 + length
        if end > source.size:
            raise truncated(f"the PNG's {kind.decode('latin-1')!r} chunk", end, source.size)
        yield kind, offset, length
        if kind == b"IEND":
            return
        offset = end
    raise damaged("the PNG has no end")


def read_png(source: Source, findings: Findings) -> None:
    """Inspect a PNG."""
    group: JsonObject = {}
    unpacker: _Unpacker | None = None
    frames, seen_data = 0, False
    for kind, offset, length in _chunks(source):
        if offset == 8:
            if kind != b"IHDR" or length != 13:
                raise damaged("the PNG does not begin with its header")
            unpacker = _header(source.read(offset + 8, 13), findings, group)
        body = _checked(source, offset, length, kind, unpacker if kind == b"IDAT" else None)
        seen_data = seen_data or kind == b"IDAT"
        frames += kind == b"fcTL"
        if kind not in _PIXELS:
            _note_chunk(kind, body, length, group, findings)
    if not seen_data:
        raise damaged("the PNG has no pixels")
    if unpacker is not None and unpacker.left:
        raise damaged(f"{unpacker.left} bytes of the PNG's pixels are missing")
    if "acTL" in group:
        findings.pages = max(1, frames)
    findings.tags["png"] = group


def _header(body: bytes, findings: Findings, group: JsonObject) -> _Unpacker | None:
    width, height, depth, colour, compression, filtering, interlace = struct.unpack(">IIBBBBB", body)
    findings.set_size(width, height)
    channels, depths = _COLOURS.get(colour, (0, ()))
    if depth not in depths or compression or filtering or interlace > 1:
        raise damaged("the PNG's header contradicts itself")
    findings.channels, findings.bit_depth = channels, depth
    group["color_type"], group["interlaced"] = _COLOUR_NAMES[colour], bool(interlace)
    if width * height > DECODED_PIXELS:
        return None
    return _Unpacker(width, height, depth * channels, bool(interlace))


def _checked(source: Source, offset: int, length: int, kind: bytes, unpacker: _Unpacker | None) -> bytes:
    """The body of a chunk (of pixels only the last piece) once its checksum proved right."""
    crc, place, end = zlib.crc32(kind), offset + 8, offset + 8 + length
    body = b""
    longest = _PIECE if kind in (b"IDAT", b"fdAT") or length > _LONGEST_CHUNK else _LONGEST_CHUNK
    while place < end:
        body = source.read(place, min(longest, end - place))
        if not body:
            raise truncated("the PNG", end + 4, source.size)
        crc = zlib.crc32(body, crc)
        if unpacker is not None:
            try:
                unpacker.feed(body)
            except zlib.error as error:
                raise damaged("the PNG's pixels do not unpack") from error
        place += len(body)
    if struct.pack(">I", crc) != source.read(end, 4):
        raise damaged(f"the checksum of the PNG's {kind.decode('latin-1')!r} chunk is wrong")
    return body


def _inflate(raw: bytes, findings: Findings) -> bytes | None:
    inflater = zlib.decompressobj()
    try:
        out = (
            inflater.decompress(raw, min(_LARGEST_TEXT, findings.unpacking_left))
            if findings.unpacking_left > 0
            else b""
        )
    except zlib.error:
        return None
    findings.unpacking_left -= len(out)
    return out if inflater.eof else None


def _note_chunk(kind: bytes, body: bytes, length: int, group: JsonObject, findings: Findings) -> None:
    name = clean(kind.decode("latin-1"))
    if len(body) < length:
        add(group, name, {"size": length})
        return
    if kind == b"eXIf":
        read_exif_block(body, findings)
        return
    if kind in (b"tEXt", b"zTXt", b"iTXt"):
        keyword, _, rest = body.partition(b"\0")
        text = _text(kind, rest, findings)
        if text is not None:
            add(group, keyword.decode("latin-1"), findings.keeper.text(text))
            return
    value = _fact(kind, body, findings)
    add(group, name, findings.keeper.binary(body) if value is None else value)


def _text(kind: bytes, rest: bytes, findings: Findings) -> str | None:
    if kind == b"tEXt":
        return decode(rest)
    if kind == b"zTXt":
        raw = _inflate(rest[1:], findings)
        return None if raw is None else decode(raw)
    if len(rest) < 2 or rest.count(b"\0", 2) < 2:
        return None
    _, _, packed = rest[2:].split(b"\0", 2)
    unpacked = _inflate(packed, findings) if rest[0] else packed
    return None if unpacked is None else decode(unpacked)


def _fact(kind: bytes, body: bytes, findings: Findings) -> Json:
    if kind == b"pHYs" and len(body) == 9:
        x, y, unit = struct.unpack(">IIB", body)
        if unit == 1 and x and y:
            findings.resolution = per_metre(x, y)
        return {"x": x, "y": y, "unit": "metre" if unit == 1 else "unknown"}
    if kind == b"gAMA" and len(body) == 4:
        return ratio(struct.unpack(">I", body)[0], 100_000)
    if kind == b"cHRM" and len(body) == 32:
        return [ratio(value, 100_000) for value in struct.unpack(">8I", body)]
    if kind == b"sRGB" and len(body) == 1:
        return body[0]
    if kind == b"tIME" and len(body) == 7:
        year, month, day, hour, minute, second = struct.unpack(">HBBBBB", body)
        return f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
    if kind == b"acTL" and len(body) == 8:
        return {"frames": struct.unpack(">II", body)[0]}
    return None


def per_metre(x: int, y: int) -> tuple[Decimal, Decimal, str]:
    """Pixels per metre as dots per inch where they were whole ones before rounding, else per centimetre."""
    inches = [round(Decimal(value) * Decimal("0.0254")) for value in (x, y)]
    if all(
        dots and round(Decimal(dots) / Decimal("0.0254")) == value for dots, value in zip(inches, (x, y), strict=True)
    ):
        return Decimal(inches[0]), Decimal(inches[1]), "dpi"
    return Decimal(x) / 100, Decimal(y) / 100, "dpcm"


def strip_png(source: Source) -> list[Piece]:
    """The parts of a copy without texts. What follows after the last chunk is left out."""
    pieces: list[Piece] = []
    add_span(pieces, 0, 8)
    for kind, offset, length in _chunks(source):
        if kind in _KEPT:
            add_span(pieces, offset, offset + 12 + length)
        elif kind == b"eXIf" and length <= _LONGEST_EXIF:
            turned = orientation_of(source.read(offset + 8, length))
            if turned != 1:
                body = b"eXIf" + orientation_exif(turned)
                pieces.append(struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body)))
    return pieces
