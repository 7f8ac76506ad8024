"""The JSON Schemas of the documents, as the files in sql/documents have them, and what follows from their keys."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from pydantic.alias_generators import to_camel

from datastore_db import json_codec
from datastore_db.errors import DocumentError
from datastore_db.json_codec import Json, JsonObject
from datastore_db.resources import SQL


def document_kinds() -> list[str]:
    """The kinds of document, in the order of their names: sql/documents has a JSON Schema for each."""
    return sorted({path.name.partition(".")[0] for path in (SQL / "documents").glob("*.v*.json")})


def document_versions(kind: str) -> list[int]:
    """The versions of a kind, in order."""
    names = (path.name.split(".") for path in (SQL / "documents").glob(f"{kind}.v*.json"))
    return sorted(int(version.removeprefix("v")) for _, version, _ in names)


@cache
def document_schema(kind: str, version: int = 1) -> JsonObject:
    """The JSON Schema of a document kind, such as `picture`."""
    schema = json_codec.loads((SQL / "documents" / f"{kind}.v{version}.json").read_text(encoding="utf-8"))
    assert isinstance(schema, dict)
    return schema


def properties(schema: Json) -> dict[str, Json]:
    """The keys that a schema knows, each with its own schema."""
    found = schema.get("properties") if isinstance(schema, dict) else None
    return found if isinstance(found, dict) else {}


def find_secret(schema: Json, place: Sequence[str | int]) -> int | None:
    """How many steps of a place lead to the first value that is writeOnly and must not be shown, if one is."""
    part = schema
    for steps, step in enumerate(place, 1):
        items = part.get("items") if isinstance(part, dict) else None
        part = _referred(schema, items if isinstance(step, int) else properties(part).get(step))
        if isinstance(part, dict) and part.get("writeOnly") is True:
            return steps
    return None


def _referred(schema: Json, part: Json) -> Json:
    while isinstance(part, dict) and isinstance(reference := part.get("$ref"), str):
        part = schema
        for key in reference.removeprefix("#/").split("/"):
            part = part.get(key) if isinstance(part, dict) else None
    return part


def system_keys(schema: Json) -> set[str]:
    """The keys that the datastore fills: what a client sends for them is a claim."""
    return {key for key, part in properties(schema).items() if isinstance(part, dict) and part.get("readOnly") is True}


@cache
def camel_spellings(keys: frozenset[str]) -> dict[str, str]:
    """The camelCase spelling of each snake_case key: `{"userData": "user_data"}`."""
    return {to_camel(key): key for key in keys if "_" in key}


def pointer(parent: str, key: str | int) -> str:
    """The JSON Pointer (RFC 6901) of a key below another pointer."""
    return f"{parent}/{str(key).replace('~', '~0').replace('/', '~1')}"


def to_snake_case(value: Json, schema: Json, errors: list[DocumentError], at: str = "") -> Json:
    """Rename known camelCase keys, in sections too; a key that stands there in both spellings is an error."""
    known = properties(schema)
    if not isinstance(value, dict) or not known:
        return value
    spellings = camel_spellings(frozenset(known))
    renamed: JsonObject = {}
    for key, item in value.items():
        name = spellings.get(key, key)
        if name != key and name in value:
            message = f"the key stands there twice, as {key} and as {name}: leave one out"
            errors.append({"instance_path": pointer(at, key), "keyword": "spelling", "message": message})
            continue
        renamed[name] = to_snake_case(item, known.get(name), errors, pointer(at, name))
    return renamed
