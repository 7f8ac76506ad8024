"""What is refused in every document, whatever its kind; `datastore.limit_errors` in SQL refuses the same."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from datastore_db.errors import DocumentError
from datastore_db.models.schema import pointer

MAX_DEPTH = 64
MAX_DIGITS = 1000
LARGEST = Decimal("1e308")
SMALLEST = Decimal("1e-308")


def _text_error(text: str) -> str | None:
    if "\0" in text:
        return "the character U+0000 cannot be stored"
    if any("\ud800" <= character <= "\udfff" for character in text):
        return "a lone surrogate is not a character"
    return None


def _number_error(number: int | float | Decimal) -> str | None:
    if isinstance(number, int) and abs(number) < 10**15:
        return None
    exact = number if isinstance(number, Decimal) else Decimal(str(number) if isinstance(number, float) else number)
    if not exact.is_finite():
        return "NaN and infinities are not JSON numbers"
    _, digits, exponent = exact.as_tuple()
    assert isinstance(exponent, int)
    written = max(len(digits) + max(exponent, 0), 1 - exponent) if exact else max(1, 1 - exponent)
    if abs(exact) > LARGEST or (exact and abs(exact) < SMALLEST) or written > MAX_DIGITS:
        return "a number beyond 1e308 or below 1e-308, or of more than 1,000 digits"
    return None


def limit_errors(value: object, at: str = "", depth: int = 1) -> Iterator[DocumentError]:
    """Every place where a value goes beyond what a document may hold."""
    keyword, message = "", None
    if isinstance(value, str):
        keyword, message = "text", _text_error(value)
    elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        keyword, message = "numberRange", _number_error(value)
    elif isinstance(value, dict | list) and depth > MAX_DEPTH:
        keyword, message = "maxDepth", f"more than {MAX_DEPTH} levels of objects and arrays"
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                yield {"instance_path": at, "keyword": "type", "message": f"a key must be text, not {key!r}"}
            elif (key_error := _text_error(key)) is not None:
                yield {"instance_path": at, "keyword": "text", "message": f"in a key: {key_error}"}
            else:
                yield from limit_errors(item, pointer(at, key), depth + 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from limit_errors(item, pointer(at, index), depth + 1)
    elif value is not None and not isinstance(value, bool):
        keyword, message = "type", f"JSON has no {type(value).__name__}"
    if message is not None:
        yield {"instance_path": at, "keyword": keyword, "message": message}
