"""ImageJ's metadata in a TIFF: lines of `key=value` in the description, and two tags of its own."""

from __future__ import annotations

import re
import struct
from decimal import Decimal
from typing import TYPE_CHECKING

from .ifd import TIFF_NAMES
from .values import add, clean, number

if TYPE_CHECKING:
    from datastore_db.json_codec import Json, JsonObject

    from .findings import Findings
    from .ifd import Directories, Directory

_COUNTS, _METADATA = 50838, 50839
_MOST_VALUES = 10_000
_LONGEST = 16 * 1024 * 1024
_INTEGER = re.compile(r"-?\d{1,18}")
_DECIMAL = re.compile(r"-?\d{1,40}\.\d{1,40}(?:[eE][+-]?\d{1,2})?")
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")

_TEXTS = {b"info": "info", b"labl": "labels", b"prop": "properties"}
_NUMBERS = {b"rang": "ranges"}
_NAMES = {**_TEXTS, **_NUMBERS, b"luts": "luts", b"roi ": "roi", b"over": "overlays", b"plot": "plot"}


def read_description(description: str, findings: Findings, tags: JsonObject) -> None:
    """Note the description's keys, and the size of a pixel if it has one."""
    group: JsonObject = {}
    for line in description.splitlines()[:_MOST_VALUES]:
        key, equals, value = line.partition("=")
        if equals and len(key) <= 200:
            add(group, key.strip(), _scalar(value.strip(), findings))
    findings.tags["imagej"] = group
    unit = group.get("unit")
    if not isinstance(unit, str) or unit in ("", "pixel", "pixels"):
        return
    unit = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), unit)
    unit = clean({"micron": "µm", "microns": "µm", "um": "µm", "μm": "µm"}.get(unit, unit))
    size: JsonObject = {}
    for axis, tag in (("x", "XResolution"), ("y", "YResolution")):
        pixels = tags.get(tag)
        if isinstance(pixels, Decimal) and pixels > 0:
            size[axis] = (1 / pixels).quantize(Decimal("1e-9")).normalize() if pixels < 10**6 else 1 / pixels
    spacing = group.get("spacing")
    if size and isinstance(spacing, (int, Decimal)):
        size["z"] = spacing
    if size:
        findings.facts["pixel_size"] = {**size, "unit": unit}


def _scalar(text: str, findings: Findings) -> Json:
    if text in ("true", "false"):
        return text == "true"
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return Decimal(text)
    return findings.keeper.text(text)


def read_metadata(directories: Directories, directory: Directory, findings: Findings, tags: JsonObject) -> None:
    """Take ImageJ's own tags apart; if that does not work out they stay among the TIFF tags as they are."""
    metadata = directory.entries.get(_METADATA)
    counts = directories.integers(directory, _COUNTS, _MOST_VALUES)
    if metadata is None or not counts or metadata.size > _LONGEST:
        return
    parsed = _parse(directories.raw(metadata), counts, directories.order, findings)
    if parsed is None:
        return
    group = findings.tags.setdefault("imagej", {})
    if isinstance(group, dict):
        for key, value in parsed.items():
            add(group, key, value)
        for tag in (_COUNTS, _METADATA):
            tags.pop(TIFF_NAMES.get(tag) or str(tag), None)


def _parse(raw: bytes, counts: tuple[int, ...], order: str, findings: Findings) -> JsonObject | None:
    header = counts[0]
    if raw[:4] not in (b"IJIJ", b"JIJI") or header < 4 or (header - 4) % 8 or sum(counts) > len(raw):
        return None
    kinds = []
    for place in range(4, header, 8):
        kind, amount = struct.unpack_from(order + "4sI", raw, place)
        kinds.append((kind if order == ">" else kind[::-1], amount))
    parsed: JsonObject = {}
    place, index = header, 1
    encoding = "utf-16-be" if order == ">" else "utf-16-le"
    for kind, amount in kinds:
        values: list[Json] = []
        for _ in range(amount):
            if index >= len(counts):
                return None
            piece = raw[place : place + counts[index]]
            place += counts[index]
            index += 1
            if kind in _TEXTS:
                values.append(findings.keeper.text(piece.decode(encoding, "replace")))
            elif kind in _NUMBERS:
                doubles = struct.unpack(f"{order}{len(piece) // 8}d", piece[: len(piece) // 8 * 8])
                values.extend(number(value) for value in doubles)
            else:
                values.append(findings.keeper.binary(piece))
        name = _NAMES.get(kind) or clean(kind.decode("latin-1")).strip()
        parsed[name] = values[0] if len(values) == 1 and kind in (b"info", b"roi ") else values
    return parsed
