"""Facts from the OME-XML that microscopes and Bio-Formats put into a TIFF's description."""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from .values import clean

if TYPE_CHECKING:
    from datastore_db.json_codec import Json, JsonObject

    from .findings import Findings

_DEEPEST = 64
_MOST_ITEMS = 100
_SIZE = re.compile(r"\d{1,20}(?:\.\d{1,30})?(?:[eE][+-]?\d{1,2})?")

#: Elements whose attributes are noted, and under which name. They come as lists.
_LISTED = {"Microscope": "microscopes", "Objective": "objectives", "Detector": "detectors", "Channel": "channels"}


class _RefusedError(Exception):
    """The XML declares a document type: nothing that microscopes write does."""


class _Facts:
    """Takes what it wants as the XML goes by; no tree is built."""

    def __init__(self) -> None:
        self.group: dict[str, Json] = {}
        self.images = 0
        self._path: list[str] = []
        self._text: list[str] | None = None

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        raise _RefusedError

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition("}")[2]
        self._path.append(name)
        if len(self._path) > _DEEPEST:
            raise _RefusedError
        if name == "Image" and len(self._path) == 2:
            self.images += 1
        if name == "OME":
            self._note("creator", attributes.get("Creator"))
        elif name in ("AcquisitionDate", "AcquiredDate") and self.images == 1:
            self._text = []
        elif name == "Image" and self.images == 1:
            self._note("image_name", attributes.get("Name"))
        elif name == "Pixels" and self.images == 1:
            self.group.setdefault("pixels", _attributes(attributes))
        elif name in _LISTED and (name != "Channel" or self.images == 1):
            items = self.group.setdefault(_LISTED[name], [])
            if isinstance(items, list) and len(items) < _MOST_ITEMS:
                items.append(_attributes(attributes))

    def _note(self, key: str, value: str | None) -> None:
        if value and len(value) <= 10_000:
            self.group.setdefault(key, clean(value))

    def data(self, text: str) -> None:
        if self._text is not None and len(self._text) < 100:
            self._text.append(text)

    def end(self, tag: str) -> None:
        self._path.pop()
        if self._text is not None:
            self._note("acquisition_date", "".join(self._text).strip())
            self._text = None

    def close(self) -> None:
        pass


def _attributes(attributes: dict[str, str]) -> JsonObject:
    return {
        clean(name.rpartition("}")[2]): clean(value)
        for name, value in islice(attributes.items(), _MOST_ITEMS)
        if len(value) <= 1000
    }


def read_ome(description: str, findings: Findings) -> None:
    """Note what OME-XML says. XML that does not parse says nothing: the picture is still fine."""
    facts = _Facts()
    parser = ElementTree.XMLParser(target=facts, encoding="utf-8")  # noqa: S314 - document types are refused above
    try:
        parser.feed(description.encode("utf-8", "replace"))
        parser.close()
    except (ElementTree.ParseError, _RefusedError, ValueError, LookupError):
        return
    group: JsonObject = dict(facts.group)
    group["images"] = facts.images
    findings.tags["ome"] = group
    pixels = group.get("pixels")
    size = _pixel_size(pixels) if isinstance(pixels, dict) else None
    if size:
        findings.facts["pixel_size"] = size


def _pixel_size(pixels: JsonObject) -> JsonObject | None:
    """The physical size of a pixel. Axes share a unit in practice; others stay in the tags."""
    size: JsonObject = {}
    unit: str | None = None
    for axis in "XYZ":
        value, own = pixels.get(f"PhysicalSize{axis}"), pixels.get(f"PhysicalSize{axis}Unit", "µm")
        if isinstance(value, str) and isinstance(own, str) and _SIZE.fullmatch(value):
            unit = unit or own
            if own == unit:
                size[axis.lower()] = Decimal(value)
    return {**size, "unit": unit} if size else None
