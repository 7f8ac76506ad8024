"""Pydantic's errors in the words of JSON Schema: the same paths and keywords that SQL gives."""

from __future__ import annotations

from collections.abc import Iterator, Sized

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from datastore_db.errors import DocumentError
from datastore_db.json_codec import JsonObject
from datastore_db.models.schema import find_secret, pointer

# The errors that Pydantic names in its own way: their keywords, and what was expected
_PYDANTIC = {
    "missing": ("required", ""),
    "extra_forbidden": ("additionalProperties", "expected no such key"),
    "string_type": ("type", "expected text"),
    "bool_type": ("type", "expected true or false"),
    "model_type": ("type", "expected an object"),
    "model_attributes_type": ("type", "expected an object"),
    "dict_type": ("type", "expected an object"),
    "list_type": ("type", "expected an array"),
    "string_too_short": ("minLength", "expected text of at least {min_length} characters"),
    "string_too_long": ("maxLength", "expected text of at most {max_length} characters"),
    "too_short": ("minItems", "expected at least {min_length} items"),
    "too_long": ("maxItems", "expected at most {max_length} items"),
}


def document_errors(error: ValidationError, schema: JsonObject) -> list[DocumentError]:
    """Everything that a validation found. What the schema marks as writeOnly is not repeated."""
    return [found for detail in error.errors(include_url=False) for found in _errors_in(detail, schema)]


def _errors_in(detail: ErrorDetails, schema: JsonObject) -> Iterator[DocumentError]:
    if detail["type"] == "document":
        yield from detail["ctx"]["errors"]
        return
    # The branches of unions stand there, too.
    place = [step for step in detail["loc"] if not str(step).startswith("\0")]
    keyword, expected = _PYDANTIC.get(detail["type"], (detail["type"], detail["msg"]))
    if detail["type"] == "too_long" and isinstance(detail["input"], dict):
        keyword, expected = "maxProperties", "expected at most {max_length} keys"
    if detail["type"] == "missing":
        expected = f'expected the key "{place.pop()}"'
    elif detail["type"] in _PYDANTIC:
        expected = expected.format_map(detail.get("ctx", {}))
    secret = find_secret(schema, place)
    found = ", found none" if keyword == "required" else f", found {_described(detail['input'])}"
    if secret is not None:
        place, found = place[:secret], "; what was found is not shown"
    path = ""
    for step in place:
        path = pointer(path, step)
    yield {"instance_path": path, "keyword": keyword, "message": expected + found}


def _described(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case str():
            return f'the text "{_shortened(value)}"'
        case dict():
            return f"an object of {_counted(value, 'key')}"
        case list():
            return f"an array of {_counted(value, 'item')}"
        case _:
            return f"the number {_shortened(str(value))}"


def _shortened(text: str) -> str:
    return text if len(text) <= 40 else text[:40] + "…"


def _counted(container: Sized, what: str) -> str:
    return f"{len(container)} {what}{'' if len(container) == 1 else 's'}"
