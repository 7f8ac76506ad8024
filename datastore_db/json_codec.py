"""JSON text to Python values and back, without losing a digit: numbers with a fraction are `Decimal`."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TypeAlias

import simplejson

Json: TypeAlias = "None | bool | int | Decimal | str | list[Json] | dict[str, Json]"
JsonObject: TypeAlias = "dict[str, Json]"


def loads(text: str | bytes) -> Json:
    """Parse JSON. Raises `ValueError` (with line and column in its message) for what is not JSON."""
    try:
        value: Json = simplejson.loads(text, use_decimal=True, allow_nan=False)
    except InvalidOperation:
        raise ValueError("a number of an absurd size") from None
    except RecursionError:
        raise ValueError("too many levels of objects and arrays") from None
    return value


def dumps(value: object, *, indent: int | None = None) -> str:
    """Write JSON. Raises `ValueError` for NaN and infinities, `TypeError` for what JSON cannot hold."""
    return simplejson.dumps(value, use_decimal=True, allow_nan=False, ensure_ascii=False, indent=indent)
