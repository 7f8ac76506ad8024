"""The types of JSON values, as JSON Schema means them: 6.0 is an integer, true is no number, digits are kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, TypeAlias, TypeGuard, TypeVar

from pydantic import AfterValidator, BaseModel, Discriminator, Field, PlainValidator, Tag
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from datastore_db.models.formats import is_email, is_uuid
from datastore_db.models.schema import document_schema

JsonNumber: TypeAlias = int | float | Decimal
T = TypeVar("T")


def exact(number: JsonNumber) -> Decimal:
    """A number as JSON writes it, to the last digit."""
    return Decimal(repr(number)) if isinstance(number, float) else Decimal(number)


def is_number(value: object) -> TypeGuard[JsonNumber]:
    """Whether a value is a JSON number: `True` is none."""
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _number(value: object) -> JsonNumber:
    if not is_number(value):
        raise PydanticCustomError("type", "expected a number")
    return value


def _integer(value: object) -> JsonNumber:
    if not is_number(value) or exact(value) != exact(value).to_integral_value():
        raise PydanticCustomError("type", "expected an integer")
    return value


def bounds(
    *, least: int | None = None, above: int | None = None, most: int | None = None
) -> Callable[[JsonNumber], JsonNumber]:
    """A check that a number is not below `least`, not above `most`, and greater than `above`."""

    def check(number: JsonNumber) -> JsonNumber:
        if least is not None and number < least:
            raise PydanticCustomError("minimum", "expected at least {bound}", {"bound": least})
        if above is not None and number <= above:
            raise PydanticCustomError("exclusiveMinimum", "expected more than {bound}", {"bound": above})
        if most is not None and number > most:
            raise PydanticCustomError("maximum", "expected at most {bound}", {"bound": most})
        return number

    return check


def text_that(keyword: str, expected: str, is_right: Callable[[str], object]) -> AfterValidator:
    """A check of text, which names its keyword and what it expects."""

    def check(text: str) -> str:
        if not is_right(text):
            raise PydanticCustomError(keyword, "expected {what}", {"what": expected})
        return text

    return AfterValidator(check)


# What a union's branches are called where it chooses among them; no key can have such a name
TEXT, NUMBER, OBJECT, ARRAY = "\0text", "\0number", "\0object", "\0array"


def branch_of(value: object) -> str | None:
    """Which branch of a union a value belongs to."""
    if is_number(value):
        return NUMBER
    kinds: dict[type, str] = {str: TEXT, list: ARRAY, dict: OBJECT, BaseModel: OBJECT}
    return next((branch for kind, branch in kinds.items() if isinstance(value, kind)), None)


def branches(expected: str) -> Discriminator:
    """How a union of differing types chooses, and what it expects where no branch fits."""
    return Discriminator(branch_of, custom_error_type="type", custom_error_message=f"expected {expected}")


def at_most(kind: str, *place: str, version: int = 1) -> FieldInfo:
    """The most items of an array, or keys of an object, that the JSON Schema says at this place of its own."""
    part: Any = document_schema(kind, version)
    for step in place:
        part = part[step]
    most: FieldInfo = Field(max_length=int(part["maxItems" if "maxItems" in part else "maxProperties"]))
    return most


NonEmptyText: TypeAlias = Annotated[str, Field(min_length=1)]
Number: TypeAlias = Annotated[JsonNumber, PlainValidator(_number)]
Integer: TypeAlias = Annotated[JsonNumber, PlainValidator(_integer)]
NaturalNumber: TypeAlias = Annotated[Integer, AfterValidator(bounds(least=0))]
Email: TypeAlias = Annotated[str, text_that("format", "an email address such as ana@example.org", is_email)]
Uuid: TypeAlias = Annotated[str, text_that("format", "a UUID such as 8367cc4e-1b61-42c2-a061-ca8662aeac37", is_uuid)]
UuidOrEmpty: TypeAlias = Annotated[
    str, text_that("anyOf", "a UUID or the empty text", lambda text: not text or is_uuid(text))
]
TextOrObject: TypeAlias = Annotated[
    Annotated[NonEmptyText, Tag(TEXT)] | Annotated[T, Tag(OBJECT)], branches("text or an object")
]
Version: TypeAlias = Annotated[
    Annotated[Integer, Tag(NUMBER)] | Annotated[str, Tag(TEXT)], branches("an integer or text")
]
Integers: TypeAlias = Annotated[
    Annotated[Integer, Tag(NUMBER)]
    | Annotated[
        list[Integer],
        at_most("inference", "properties", "boxes", "items", "properties", "overlappingIndices"),
        Tag(ARRAY),
    ],
    branches("an integer or an array of them"),
]
_HexColor: TypeAlias = Annotated[
    str, text_that("pattern", "a color such as #ED1C24", re.compile("#(?:[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})").fullmatch)
]
_ByteColor: TypeAlias = Annotated[
    list[Annotated[Integer, AfterValidator(bounds(least=0, most=255))]], Field(min_length=3, max_length=3)
]
Color: TypeAlias = Annotated[
    Annotated[_HexColor, Tag(TEXT)] | Annotated[_ByteColor, Tag(ARRAY)], branches("text or an array")
]
Task: TypeAlias = Annotated[
    str,
    text_that(
        "pattern",
        "object detection, classification or segmentation",
        re.compile("(?i:object[- ]detection|classification|segmentation)", re.ASCII).fullmatch,
    ),
]
