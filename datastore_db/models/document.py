"""What every document model has in common."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from datastore_db.errors import DocumentError, InvalidDocument
from datastore_db.json_codec import JsonObject
from datastore_db.models.limits import limit_errors
from datastore_db.models.schema import document_schema, pointer, to_snake_case
from datastore_db.models.values import UNION_TAGS, FirstVersion


class Section(BaseModel):
    """An object inside a document. Unknown keys are kept."""

    model_config = ConfigDict(extra="allow", strict=True, arbitrary_types_allowed=True)


class Document(Section):
    """A document of one kind. `read` checks it; `as_json` gives back exactly what was given, in snake_case."""

    kind: ClassVar[str]

    schema_version: FirstVersion = 1

    @classmethod
    def read(cls, value: object) -> Self:
        """Check a value that came out of JSON or YAML. Raises `InvalidDocument` with every error."""
        if isinstance(value, cls):
            return value
        errors = list(limit_errors(value))
        if not errors:
            value = to_snake_case(value, document_schema(cls.kind), errors)  # type: ignore[arg-type]
        if not errors:
            try:
                return cls.model_validate(value)
            except ValidationError as error:
                errors = [_document_error(detail) for detail in error.errors(include_url=False)]
        raise InvalidDocument(errors, f"the {cls.kind.replace('_', ' ')} document")

    def as_json(self) -> JsonObject:
        """The document as it was given: keys that were not given are absent, an explicit null is null."""
        return self.model_dump(exclude_unset=True)


def _document_error(detail: ErrorDetails) -> DocumentError:
    path = ""
    for step in detail["loc"]:
        if step not in UNION_TAGS.values():
            path = pointer(path, step)
    keyword = _KEYWORDS.get(detail["type"], detail["type"])
    return {"instance_path": path, "keyword": keyword, "message": _message(detail)}


# What JSON Schema calls the errors that Pydantic names in its own way.
_KEYWORDS = {
    "string_type": "type",
    "bool_type": "type",
    "model_type": "type",
    "model_attributes_type": "type",
    "dict_type": "type",
    "union_tag_not_found": "type",
    "string_too_short": "minLength",
    "string_too_long": "maxLength",
}
_EXPECTED = {
    "union_tag_not_found": "expected text or an object",
    "string_type": "expected text",
    "bool_type": "expected true or false",
    "model_type": "expected an object",
    "model_attributes_type": "expected an object",
    "dict_type": "expected an object",
}


def _message(detail: ErrorDetails) -> str:
    expected = _EXPECTED.get(detail["type"])
    if expected is None:
        return detail["msg"]
    return f"{expected}, found {_json_type(detail['input'])}"


def _json_type(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case str():
            return f"the text {value!r}" if len(value) <= 40 else "text"
        case dict():
            return "an object"
        case list():
            return "an array"
        case _:
            return f"the number {value}" if len(str(value)) <= 40 else "a number"
