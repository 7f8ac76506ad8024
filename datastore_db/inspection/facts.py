"""The facts that have a name of their own in `image_data`, found among the tags."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from datastore_db.json_codec import loads

from .tiff import resolution
from .values import clean, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datastore_db.json_codec import Json, JsonObject

    from .findings import Findings

_DATE = re.compile(
    r"(\d{4})[:/-](\d\d)[:/-](\d\d)[ T](\d\d):(\d\d)(?::(\d\d)(\.\d{1,9})?)?\s*(Z|[+-]\d\d:?\d\d)?", re.ASCII
)
_OFFSET = re.compile(r"Z|[+-]\d\d:\d\d", re.ASCII)
_LONGEST_FACT = 500
#: The keys under which programs write a microscope's name, in lower case and without what parts words.
_MICROSCOPE_KEYS = frozenset(
    {"microscope", "microscopename", "microscopemodel", "microscopetype", "stereomicroscope", "instrumentname"}
)
_PARTS_WORDS = str.maketrans("", "", " _-\t\"'")
_AROUND = " \t\"',;{}"
#: Makers whose cameras are part of a microscope call themselves so.
_MICROSCOPE_MAKER = re.compile(r"microsyst|microsc", re.IGNORECASE)


def note_facts(findings: Findings) -> None:
    """Add the facts of the tags: date, camera, microscope, resolution."""
    exif, tiff, ome = (_group(findings, name) for name in ("exif", "tiff", "ome"))
    if findings.resolution is None:
        findings.resolution = resolution(exif)
    if findings.resolution is not None:
        x, y, unit = findings.resolution
        findings.facts["resolution"] = f"{plain(x)}x{plain(y)} {unit}"
    date = _capture_date(exif, tiff, ome, _group(findings, "png"))
    if date:
        findings.facts["capture_date"] = date
    camera = _model(exif.get("Make"), exif.get("Model")) or _model(tiff.get("Make"), tiff.get("Model"))
    camera = camera or _first_model(ome.get("detectors"))
    if camera:
        findings.facts["camera"] = camera
    microscope = _first_model(ome.get("microscopes")) or _named_microscope(findings)
    if not microscope:
        for group in (exif, tiff):
            make = _text(group.get("Make"))
            if _MICROSCOPE_MAKER.search(make):
                microscope = _model(make, group.get("Model"))
                break
    if microscope:
        findings.facts["microscope"] = microscope


def _group(findings: Findings, name: str) -> JsonObject:
    group = findings.tags.get(name)
    return group if isinstance(group, dict) else {}


def _text(value: Json) -> str:
    """A fact as one line of text; empty if it is none."""
    if isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, str) or len(value) > _LONGEST_FACT:
        return ""
    return " ".join(value.split())


def _model(make: Json, model: Json) -> str:
    """Maker and model; a model that already begins with its maker's name stands alone."""
    maker, name = _text(make), _text(model)
    if maker and name:
        if name.casefold().startswith(maker.casefold().split(" ")[0]):
            return name
        return f"{maker} {name}"
    return maker or name


def _first_model(items: Json) -> str:
    for item in items if isinstance(items, list) else []:
        if isinstance(item, dict):
            name = _model(item.get("Manufacturer"), item.get("Model"))
            if name:
                return name
    return ""


def _named_microscope(findings: Findings) -> str:
    """A microscope's name in a line of its own, or a member of a JSON object, in what programs wrote."""
    for key, value in _noted_texts(findings):
        if key.translate(_PARTS_WORDS).casefold() in _MICROSCOPE_KEYS and (name := _text(value.strip(_AROUND))):
            return name
    return ""


def _noted_texts(findings: Findings) -> Iterator[tuple[str, str]]:
    tiff, exif, png = (_group(findings, name) for name in ("tiff", "exif", "png"))
    for key, value in png.items():
        if isinstance(value, str):
            yield key, value
    for text in (
        _group(findings, "imagej").get("info"),
        tiff.get("ImageDescription"),
        tiff.get("51123"),  # MicroManager's JSON
        exif.get("ImageDescription"),
        exif.get("UserComment"),
        png.get("Description"),
        png.get("Comment"),
    ):
        # most texts are of something else, and need not be taken apart
        if not isinstance(text, str) or not ("icroscope" in text or "nstrument" in text):
            continue
        if text.startswith("{"):
            yield from _members(text)
        for line in text.splitlines():
            if len(line) <= _LONGEST_FACT:
                key, sign, value = line.partition("=")
                if not sign:
                    key, sign, value = line.partition(":")
                if sign:
                    yield key.strip(_AROUND), value


def _members(text: str) -> Iterator[tuple[str, str]]:
    try:
        members = loads(text)
    except (ValueError, ArithmeticError, RecursionError):
        return
    for key, value in members.items() if isinstance(members, dict) else ():
        if isinstance(value, str):
            yield key, clean(value)


def _capture_date(exif: JsonObject, tiff: JsonObject, ome: JsonObject, png: JsonObject) -> str:
    candidates = (
        (exif.get("DateTimeOriginal"), exif.get("OffsetTimeOriginal")),
        (ome.get("acquisition_date"), None),
        (exif.get("DateTimeDigitized"), exif.get("OffsetTimeDigitized")),
        (tiff.get("DateTime"), exif.get("OffsetTime")),
        (exif.get("DateTime"), exif.get("OffsetTime")),
        (png.get("Creation Time"), None),
    )
    for value, offset in candidates:
        date = _iso(_text(value), _text(offset))
        if date:
            return date
    return ""


def _iso(text: str, offset: str) -> str:
    match = _DATE.fullmatch(text)
    if not match:
        return ""
    year, month, day, hour, minute, second, fraction, own = match.groups()
    try:
        date = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0))  # noqa: DTZ001
    except ValueError:
        return ""
    own = own or (offset if _OFFSET.fullmatch(offset) else "")
    if own and own != "Z":
        own = f"{own[:3]}:{own[-2:]}"
    return f"{date.isoformat()}{fraction or ''}{own}"
