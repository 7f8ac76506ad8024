"""Values of tags as JSON that PostgreSQL's jsonb accepts and that keeps every digit."""

from __future__ import annotations

import base64
import hashlib
import math
import struct
from decimal import Context, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from datastore_db.json_codec import Json, JsonObject

#: A larger value is kept as `{"size": n, "sha256": "…"}`: the file itself, which holds it, is kept.
LARGEST_VALUE = 256 * 1024
#: So is every value that exceeds 64 bytes once a file's tags have taken this much together.
LARGEST_TOTAL = 4 * 1024 * 1024
#: Hostile files point to the same bytes again and again; beyond this much the digest is left out, too.
_LARGEST_DIGESTED = 64 * 1024 * 1024
_ALWAYS_KEPT = 64
_OVERHEAD = 32

_DIVISION = Context(prec=28)
_LARGEST = Decimal("1e308")
_SMALLEST = Decimal("1e-308")


def clean(text: str) -> str:
    """Text that jsonb accepts: no NUL at its end, and U+FFFD for NULs inside and lone surrogates."""
    text = text.rstrip("\0")
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    if not text.isascii():
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def decode(raw: bytes) -> str:
    """Bytes as text: UTF-8 where they are that, else Latin-1, in which nothing is lost."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def add(group: JsonObject, key: str, value: Json) -> None:
    """Put a value under a key; a key that repeats gets the list of its values."""
    key = clean(key)
    if key not in group:
        group[key] = value
        return
    present = group[key]
    if isinstance(present, list):
        present.append(value)
    else:
        group[key] = [present, value]


def ratio(numerator: int, denominator: int) -> Decimal | None:
    """A rational number to 28 digits; None if it is none."""
    if denominator == 0:
        return None
    return _DIVISION.divide(Decimal(numerator), Decimal(denominator))


def number(value: float, *, single: bool = False) -> Decimal | str | None:
    """A floating point number with the digits that identify it; as text if it is beyond what a document may hold."""
    if not math.isfinite(value):
        return None
    text = repr(value)
    if single and value:
        for precision in (6, 7, 8):
            shorter = f"{value:.{precision}g}"
            try:
                same = struct.unpack("<f", struct.pack("<f", float(shorter)))[0] == value
            except OverflowError:  # rounded up, beyond the largest single
                same = False
            if same:
                text = shorter
                break
    exact = Decimal(text)
    if exact and not _SMALLEST <= abs(exact) <= _LARGEST:
        return text
    return exact


def plain(value: Decimal) -> str:
    """A number for people: at most four decimals, and no zeros that say nothing."""
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return text or "0"


class Keeper:
    """Keeps values within their limits: each one, and all of a file's together."""

    __slots__ = ("_digested", "_room")

    def __init__(self) -> None:
        self._room = LARGEST_TOTAL
        self._digested = 0

    @property
    def full(self) -> bool:
        """Whether the tags have taken all that they may."""
        return self._room <= 0

    def accepts(self, size: int) -> bool:
        """Whether a value of that many bytes is kept in full; if so, the room is taken."""
        self._room -= _OVERHEAD
        if size > _ALWAYS_KEPT and (size > LARGEST_VALUE or size > self._room):
            return False
        self._room -= size
        return True

    def large(self, size: int, read: Callable[[], bytes]) -> JsonObject:
        """The substitute for a value that is too large: its length and its digest."""
        self._digested += size
        if self._digested > _LARGEST_DIGESTED:
            return {"size": size}
        return {"size": size, "sha256": hashlib.sha256(read()).hexdigest()}

    def text(self, text: str) -> Json:
        """Text, or its substitute."""
        raw = text.encode("utf-8", "replace")
        return clean(text) if self.accepts(len(raw)) else self.large(len(raw), lambda: raw)

    def binary(self, raw: bytes) -> JsonObject:
        """Bytes as `{"base64": "…"}`, or their substitute."""
        if not self.accepts(len(raw)):
            return self.large(len(raw), lambda: raw)
        return {"base64": base64.b64encode(raw).decode("ascii")}
