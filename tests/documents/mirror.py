"""A JSON Schema and its Pydantic mirror, walked side by side."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel

Schema = dict[str, Any]


def _resolved(schema: Schema, root: Schema) -> Schema:
    while "$ref" in schema:
        target: Any = root
        for key in schema["$ref"].removeprefix("#/").split("/"):
            target = target[key]
        schema = target
    return schema


def _types(schema: Schema) -> list[str]:
    declared = schema.get("type", [])
    return [declared] if isinstance(declared, str) else declared


def _branches(annotation: Any) -> Iterator[Any]:
    """The alternatives of a type, without annotations: `Annotated[A | None, …]` gives A and None."""
    if get_origin(annotation) is Annotated:
        yield from _branches(get_args(annotation)[0])
    elif get_origin(annotation) in (typing.Union, types.UnionType):
        for branch in get_args(annotation):
            yield from _branches(branch)
    else:
        yield annotation


def differences(model: type[BaseModel], schema: Schema, root: Schema, at: str = "") -> Iterator[str]:
    """Every way in which a model knows other fields than its schema, or needs others, or allows null for others."""
    schema = _resolved(schema, root)
    fields = {key: _resolved(part, root) for key, part in schema.get("properties", {}).items()}
    fields = {key: part for key, part in fields.items() if not part.get("readOnly")}
    mirrored = {field.alias or name: field for name, field in model.model_fields.items()}
    for key in fields.keys() ^ mirrored.keys():
        yield f"{at}/{key} is only in the {'schema' if key in fields else 'model'}"
    for key in fields.keys() & mirrored.keys():
        part, field, place = fields[key], mirrored[key], f"{at}/{key}"
        branches = list(_branches(field.annotation))
        if field.is_required() != (key in schema.get("required", [])):
            yield f"{place} is required in one of them only"
        if key != "schema_version" and (type(None) in branches) != ("null" in _types(part)):
            yield f"{place} may be null in one of them only"
        yield from _type_differences(branches, part, root, place)
    if (model.model_config.get("extra") == "forbid") != (schema.get("additionalProperties") is False):
        yield f"{at} may have unknown keys in one of them only"


def _type_differences(branches: list[Any], part: Schema, root: Schema, place: str) -> Iterator[str]:
    names = {name for branch in branches for name in _names(branch)}
    declared = set(_types(part)) if "const" not in part else {"number"}
    # Which of the two a number is, is said by its check.
    if {("number" if name == "integer" else name) for name in declared} != names:
        yield f"{place} is {sorted(declared)} in the schema, {sorted(names)} in the model"
    for branch in branches:
        inner = get_args(branch)
        if isinstance(branch, type) and issubclass(branch, BaseModel):
            yield from differences(branch, part, root, place)
        elif get_origin(branch) is list:
            items = _resolved(part["items"], root)
            yield from _type_differences(list(_branches(inner[0])), items, root, f"{place}/*")
        elif get_origin(branch) is dict and isinstance(part.get("additionalProperties"), dict):
            yield from _type_differences(list(_branches(inner[1])), part["additionalProperties"], root, f"{place}/*")


def _names(branch: Any) -> list[str]:
    if get_origin(branch) is list:
        return ["array"]
    if get_origin(branch) is dict or (isinstance(branch, type) and issubclass(branch, BaseModel)):
        return ["object"]
    names = {type(None): "null", bool: "boolean", str: "string"}
    return [names.get(branch, "number")]
