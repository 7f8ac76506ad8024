"""The base of every document model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Self, TypeVar, cast

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

from datastore_db.errors import DocumentError, InvalidDocument
from datastore_db.json_codec import Json, JsonObject
from datastore_db.models.limits import limit_errors
from datastore_db.models.messages import document_errors
from datastore_db.models.schema import document_schema
from datastore_db.models.values import JsonNumber, is_number

T = TypeVar("T")


class Section(BaseModel):
    """An object inside a document. Unknown keys are kept."""

    model_config = ConfigDict(extra="allow", strict=True, arbitrary_types_allowed=True, protected_namespaces=())


class Document(Section):
    """A document of one kind. `read` checks it; `as_json` gives back exactly what was given, in snake_case.

    A condition on several fields is a rule: `rules`, which `datastore.{kind}_rules(jsonb)` mirrors in SQL.
    A subclass with a `kind` of its own is a kind of document, and is added to `kinds`; a subclass of that one with a
    `document_version` of its own is a newer version, and is added to its `newer_versions`.
    """

    kinds: ClassVar[dict[str, type[Document]]] = {}
    kind: ClassVar[str]
    document_version: ClassVar[int] = 1
    newer_versions: ClassVar[tuple[type[Document], ...]] = ()

    schema_version: JsonNumber = 1

    @classmethod
    def __pydantic_init_subclass__(cls, **more: Any) -> None:  # noqa: ANN401 - as Pydantic declares it
        """Remember a kind, or a newer version of one."""
        super().__pydantic_init_subclass__(**more)
        if "kind" in cls.__dict__:
            Document.kinds[cls.kind] = cls
        elif "document_version" in cls.__dict__:
            Document.kinds[cls.kind].newer_versions += (cls,)

    @classmethod
    def read(cls, value: object) -> Self:
        """Check a value that came out of JSON or YAML. Raises `InvalidDocument` with every error."""
        if isinstance(value, cls):
            return value
        model = cls._model_of(value)
        try:
            return model.model_validate(value)
        except ValidationError as error:
            errors = document_errors(error, document_schema(model.kind, model.document_version))
        raise InvalidDocument(errors, f"the {cls.kind.replace('_', ' ')} document")

    def as_json(self) -> JsonObject:
        """The document as it was given: keys that were not given are absent, an explicit null is null."""
        return self.model_dump(exclude_unset=True)

    def rules(self) -> Iterator[DocumentError]:
        """The errors of this document beyond its fields."""
        yield from ()

    @classmethod
    def renamed(cls, value: JsonObject, errors: list[DocumentError]) -> JsonObject:
        """The document with the one spelling of its keys, where a kind knows several."""
        return value

    @classmethod
    def given_version(cls, value: JsonObject) -> Json:
        """The version that a document names."""
        return value.get("schema_version", 1)

    @classmethod
    def _model_of(cls, value: object) -> type[Self]:
        versions = cast("list[type[Self]]", [cls, *cls.newer_versions])
        given = cls.given_version(value) if isinstance(value, dict) else 1
        # An unknown version is given to the newest, whose error lists the known ones.
        return next((one for one in versions if is_number(given) and given == one.document_version), versions[-1])

    @model_validator(mode="before")
    @classmethod
    def _check_limits(cls, value: object) -> object:
        errors = list(limit_errors(value)) if not isinstance(value, cls) else []
        if not errors and isinstance(value, dict):
            value = cls.renamed(value, errors)
        return _or_refuse(value, errors)

    @model_validator(mode="after")
    def _check_rules(self) -> Self:
        return _or_refuse(self, list(self.rules()))

    @field_validator("schema_version", mode="plain")
    @classmethod
    def _check_version(cls, value: object) -> object:
        if not is_number(value) or value != cls.document_version:
            raise PydanticCustomError("const", "expected {version}", {"version": cls.document_version})
        return value


def _or_refuse(value: T, errors: list[DocumentError]) -> T:
    if errors:
        raise PydanticCustomError("document", "{errors}", {"errors": errors})
    return value
