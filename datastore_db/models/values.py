"""The types of JSON values, as JSON Schema means them: 6.0 is an integer, true is no number, digits are kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BaseModel, PlainValidator
from pydantic_core import PydanticCustomError

JsonNumber: TypeAlias = int | float | Decimal

UNION_TAGS: dict[type, str] = {str: "(text)", dict: "(object)", BaseModel: "(object)"}
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def _number(value: object) -> JsonNumber:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise PydanticCustomError("type", "expected a number")
    return value


def _integer(value: object) -> JsonNumber:
    number = _number(value) if not isinstance(value, str) else value
    if isinstance(number, str) or number != number // 1:
        raise PydanticCustomError("type", "expected an integer")
    return number


def _email(value: str) -> str:
    if not _EMAIL.fullmatch(value) or len(value) > 254:
        raise PydanticCustomError("format", "expected an email address such as ana@example.org")
    return value


def _uuid(value: str) -> str:
    if not _UUID.fullmatch(value):
        raise PydanticCustomError("format", "expected a UUID such as 8367cc4e-1b61-42c2-a061-ca8662aeac37")
    return value


def _first_version(value: object) -> JsonNumber:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal) or value != 1:
        raise PydanticCustomError("const", "expected 1: no other version of this document is known")
    return value


def text_or_object(value: object) -> str | None:
    """Which branch of a union a value belongs to; the tags do not show in the paths of errors."""
    return next((tag for branch, tag in UNION_TAGS.items() if isinstance(value, branch)), None)


def at_least(least: int, *, exclusive: bool = False) -> Callable[[JsonNumber], JsonNumber]:
    """A check that a number is not below `least`, or above it where that is exclusive."""

    def check(value: JsonNumber) -> JsonNumber:
        if value < least or (exclusive and value == least):
            keyword = "exclusiveMinimum" if exclusive else "minimum"
            word = "more than" if exclusive else "at least"
            raise PydanticCustomError(keyword, "expected {word} {least}", {"word": word, "least": least})
        return value

    return check


Number: TypeAlias = Annotated[JsonNumber, PlainValidator(_number)]
Integer: TypeAlias = Annotated[JsonNumber, PlainValidator(_integer)]
Email: TypeAlias = Annotated[str, AfterValidator(_email)]
Uuid: TypeAlias = Annotated[str, AfterValidator(_uuid)]
FirstVersion: TypeAlias = Annotated[JsonNumber, PlainValidator(_first_version)]
