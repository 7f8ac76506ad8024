"""Documents of people's files, which spell keys in camelCase where SQL has snake_case."""

from __future__ import annotations

from datastore_db.errors import DocumentError
from datastore_db.json_codec import Json, JsonObject
from datastore_db.models.document import Document
from datastore_db.models.schema import document_schema, to_snake_case


class InCamelCase(Document):
    """A document whose known keys may stand in either spelling; it comes back in snake_case."""

    @classmethod
    def renamed(cls, value: JsonObject, errors: list[DocumentError]) -> JsonObject:
        """The document in snake_case. Both spellings of a key are an error."""
        renamed = to_snake_case(value, document_schema(cls.kind, cls.document_version), errors)
        assert isinstance(renamed, dict)
        return renamed

    @classmethod
    def given_version(cls, value: JsonObject) -> Json:
        """The version that a document names, in either spelling."""
        return value.get("schema_version", value.get("schemaVersion", 1))
