"""Limits of every kind of document; `datastore.limit_errors` in SQL has the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import reduce
from itertools import islice
from typing import TypeAlias

from datastore_db.errors import DocumentError, InvalidDocument
from datastore_db.models.schema import pointer
from datastore_db.models.values import JsonNumber, exact, is_number
from datastore_db.models.wording import call_limit, worded

MAX_DEPTH = 64
MAX_DIGITS = 1000
MAX_ERRORS = 100
# What one call takes, as datastore.call_limits() says: items of a batch, bytes of a document or a batch
MAX_BATCH = call_limit("batch")
MAX_BYTES = call_limit("bytes")
# And of all boxes of an inference together
MAX_GUESSES = call_limit("guesses")
BATCHES = {"documents", "inspections", "confirmations"}
LARGEST = Decimal("1e308")
SMALLEST = Decimal("1e-308")
# PostgreSQL reads no exponent beyond this, not even that of 0
MAX_EXPONENT = 2**30 - 2

_Found: TypeAlias = tuple[list[str | int], str, str]

_NOT_STORABLE = re.compile("[\0\ud800-\udfff]")


def call_errors(name: str, value: object) -> Iterator[DocumentError]:
    """Where an argument has more than one call takes: datastore.check_batch in SQL says the same."""
    if name in BATCHES and isinstance(value, list) and len(value) > MAX_BATCH:
        message = worded("batch", MAX_BATCH, len(value))
        yield {"instance_path": "", "keyword": "maxItems", "message": message}


def check_bytes(text: str) -> str:
    """The text of an argument. Raises `InvalidDocument` where it is longer than one call takes."""
    # A character takes four bytes at most.
    if len(text) > MAX_BYTES // 4 and (size := len(text.encode())) > MAX_BYTES:
        message = worded("bytes", MAX_BYTES, size)
        raise InvalidDocument([{"instance_path": "", "keyword": "maxBytes", "message": message}])
    return text


def limit_errors(value: object) -> Iterator[DocumentError]:
    """Where a value goes beyond what a document may hold: the first 100 such places."""
    for steps, keyword, message in islice(_beyond(value, 1), MAX_ERRORS):
        yield {"instance_path": reduce(pointer, reversed(steps), ""), "keyword": keyword, "message": message}


def _beyond(value: object, depth: int) -> Iterator[_Found]:
    """The errors in a value, with the steps to it in reverse: a long path is only written for an error."""
    message: str | None
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        keyword, message = "text", _text_error(value)
    elif is_number(value):
        keyword, message = "numberRange", _number_error(value)
    elif not isinstance(value, dict | list):
        keyword, message = "type", f"JSON has no {type(value).__name__}"
    elif depth > MAX_DEPTH:
        keyword, message = "maxDepth", worded("maxDepth")
    else:
        yield from _beyond_in(value, depth)
        return
    if message is not None:
        yield [], keyword, message


def _beyond_in(container: dict[object, object] | list[object], depth: int) -> Iterator[_Found]:
    members = container.items() if isinstance(container, dict) else enumerate(container)
    for key, member in members:
        if isinstance(container, dict) and not isinstance(key, str):
            yield [], "type", f"a key must be text, not {key!r}"
        elif isinstance(key, str) and (message := _text_error(key)) is not None:
            yield [], "text", f"in a key: {message}"
        else:
            for steps, keyword, message in _beyond(member, depth + 1):
                steps.append(key)  # type: ignore[arg-type]
                yield steps, keyword, message


def _text_error(text: str) -> str | None:
    match _NOT_STORABLE.search(text):
        case None:
            return None
        case found:
            return (
                "the character U+0000 cannot be stored" if found[0] == "\0" else "a lone surrogate is not a character"
            )


def _number_error(number: JsonNumber) -> str | None:
    if isinstance(number, int) and -(10**15) < number < 10**15:
        return None
    decimal = exact(number)
    if not decimal.is_finite():
        return "NaN and infinities are not JSON numbers"
    _sign, digits, exponent = decimal.as_tuple()
    assert isinstance(exponent, int)
    # As PostgreSQL writes it: without an exponent, all digits before the point, and those after it that were given.
    written = max(len(digits) + exponent if decimal else 1, 1) + max(-exponent, 0)
    size = decimal.copy_abs()
    if written > MAX_DIGITS or abs(exponent) > MAX_EXPONENT or size > LARGEST or (size and size < SMALLEST):
        return worded("numberRange")
    return None
