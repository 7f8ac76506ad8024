"""Documents for the two judges: valid ones by their JSON Schema, nearly valid ones by one mistake in a valid one, and
wild ones.

A field that is added to a schema is generated here without a change.
"""

from __future__ import annotations

import copy
import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from random import Random
from typing import Any

from hypothesis import strategies as st
from pydantic.alias_generators import to_camel

from datastore_db.models.schema import document_schema
from tests.documents import kinds
from tests.documents.values import COLORS, EMAILS, EXTREMES, MISTAKES, NUMBERS, TASKS, TEXTS, UUIDS, Documents, Schema

words = st.sampled_from(TEXTS) | st.text('aB9 _-~/"\\\x01\x7fé\u0301\u2028\ufeff\U0001f600', max_size=8)


numbers = (
    st.sampled_from(NUMBERS)
    | st.integers(-(10**20), 10**20)
    | st.decimals(-(10**6), 10**6, allow_nan=False, allow_infinity=False)
)


scalars = st.none() | st.booleans() | numbers | words


anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3), max_leaves=6
)


# Valid


def _merged(schema: Schema, root: Schema) -> Schema:
    if (reference := schema.get("$ref")) is not None:
        target = root
        for key in reference.removeprefix("#/").split("/"):
            target = target[key]
        return target | {key: value for key, value in schema.items() if key != "$ref"}
    return schema


def _texts(schema: Schema) -> Documents:
    if "format" in schema:
        return st.sampled_from({"email": EMAILS, "uuid": UUIDS}[schema["format"]])
    if "pattern" in schema:
        pattern = re.compile(schema["pattern"], re.ASCII)
        known = [text for text in [*TASKS, *COLORS] if pattern.fullmatch(text)]
        return st.sampled_from(known) if known else st.from_regex(pattern, fullmatch=True)
    least, most = schema.get("minLength", 0), schema.get("maxLength", 1000)
    return words.filter(lambda text: least <= len(text) <= most)


def _numbers(schema: Schema, kind: str) -> Documents:
    least = schema.get("minimum", schema.get("exclusiveMinimum"))
    least, most = (-(10**20) if least is None else least), schema.get("maximum", 10**20)
    if "exclusiveMinimum" in schema:
        least = least + 1
    known = [number for number in NUMBERS if least <= number <= most and (kind == "number" or number == int(number))]
    whole = st.integers(least, most)
    either = st.sampled_from(known) | whole | whole.map(lambda number: Decimal(f"{number}.0"))
    return either if kind == "integer" else either | st.decimals(least, most, allow_nan=False, places=None)


def _objects(schema: Schema, root: Schema) -> Documents:
    known = schema.get("properties", {})
    required = set(schema.get("required", ()))
    fields = {key: valid_values(part, root) for key, part in known.items()}
    more = schema.get("additionalProperties", True)
    if more is False:
        return st.fixed_dictionaries({key: fields[key] for key in required})
    spellings = {to_camel(key) for key in known}
    unknown = st.dictionaries(
        words.filter(lambda key: key not in known and key not in spellings),
        valid_values(more, root) if isinstance(more, dict) else anything,
        max_size=2,
    )
    return st.tuples(
        unknown,
        st.fixed_dictionaries(
            {key: fields[key] for key in required},
            optional={key: field for key, field in fields.items() if key not in required},
        ),
    ).map(lambda parts: parts[0] | parts[1])


def valid_values(schema: Schema, root: Schema) -> Documents:
    """Values that fit a part of a schema."""
    schema = _merged(schema, root)
    if "const" in schema:
        return st.sampled_from([schema["const"], Decimal(f"{schema['const']}.0")])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "anyOf" in schema:
        rest = {key: value for key, value in schema.items() if key != "anyOf"}
        return st.one_of(
            [
                valid_values(rest | ({"type": "object"} if "required" in branch else {}) | branch, root)
                for branch in schema["anyOf"]
            ]
        )
    makers: dict[str, Callable[[], Documents]] = {
        "null": st.none,
        "boolean": st.booleans,
        "string": lambda: _texts(schema),
        "number": lambda: _numbers(schema, "number"),
        "integer": lambda: _numbers(schema, "integer"),
        "array": lambda: st.lists(
            valid_values(schema.get("items", {}), root),
            min_size=schema.get("minItems", 0),
            max_size=min(schema.get("maxItems", 3), max(schema.get("minItems", 0), 3)),
        ),
        "object": lambda: _objects(schema, root),
    }
    if "type" not in schema:
        return anything | _objects(schema, root) if "properties" in schema else anything
    types = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    return st.one_of([makers[name]() for name in types])


def _keep_rules(kind: str, document: Any) -> Any:
    """Make a document that fits its schema keep the rules of its kind, as its module in tests/documents/kinds does."""
    document = copy.deepcopy(document)
    if (name := f"{kinds.__name__}.{kind}") in _MODULES:
        importlib.import_module(name).keep_rules(document)
    return document


_MODULES = {module.name for module in pkgutil.iter_modules(kinds.__path__, f"{kinds.__name__}.")}


@cache
def valid(kind: str) -> Documents:
    """Documents that are right."""
    schema = document_schema(kind)
    return valid_values(schema, schema).map(lambda document: _keep_rules(kind, document))


# Nearly valid


def _some_place(document: Any, known: Any, chance: Random) -> list[Any]:
    """A place in a document, mostly one that its schema says something of."""
    path: list[Any] = []
    while document and isinstance(document, dict | list) and chance.random() < 0.85:
        keys = list(document) if isinstance(document, dict) else list(range(len(document)))
        likely = [key for key in keys if not path and "type" in known.get(key, {})]
        path.append(chance.choice(likely if likely and chance.random() < 0.8 else keys))
        document = document[path[-1]]
    return path


def _nested(depth: int) -> Any:
    value: Any = "deep"
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return value


def mutated(document: Any, kind: str, chance: Random) -> Any:
    """A right document with one mistake, or with a change that only looks like one."""
    document = copy.deepcopy(document)
    mistake = copy.deepcopy(
        chance.choice(chance.choice([MISTAKES, MISTAKES, MISTAKES, EXTREMES, [_nested(chance.randint(58, 68))]]))
    )
    path = _some_place(document, document_schema(kind)["properties"], chance)
    if not path:
        return mistake if chance.random() < 0.5 else document | {chance.choice(_known_keys(kind)): mistake}
    *above, last = path
    holder = document
    for step in above:
        holder = holder[step]
    match chance.choice(["replace", "replace", "replace", "remove", "repeat", "add", "respell", "wrap"]):
        case "remove":
            del holder[last]
        case "repeat" if isinstance(holder, list):
            holder.append(copy.deepcopy(holder[last]))
        case "add" if isinstance(holder, dict):
            holder[chance.choice(_known_keys(kind))] = mistake
        case "respell" if isinstance(holder, dict):
            value = holder[last] if chance.random() < 0.5 else holder.pop(last)
            holder[to_camel(last)] = value
        case "wrap":
            holder[last] = [holder[last]]
        case _:
            holder[last] = mistake
    return document


# Wild


@cache
def _known_keys(kind: str) -> list[str]:
    def keys(part: Any) -> Iterator[str]:
        if isinstance(part, dict):
            yield from part.get("properties", {})
            for inner in part.values():
                yield from keys(inner)

    found = set(keys(document_schema(kind)))
    other = {to_camel(key) for key in found} | {
        "schemaVersion",
        "self",
        "kind",
        "model_config",
        "rules",
        "__class__",
        "copy",
    }
    return sorted(found | other)


@cache
def wild(kind: str) -> Documents:
    """Whatever JSON there is, with the kind's own keys in all sorts of places."""
    keys = st.sampled_from(_known_keys(kind)) | words
    leaves = st.sampled_from(MISTAKES) | st.sampled_from(EXTREMES) | scalars
    return st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=6), max_leaves=20
    )


@st.composite
def families(draw: st.DrawFn, kind: str) -> list[Any]:
    """A right document, five with a mistake in it, and a wild one. To draw each anew would take three times as long."""
    right = draw(valid(kind))
    chance = Random(draw(st.integers(0, 2**32)))
    return [right, *(mutated(right, kind, chance) for _ in range(5)), draw(wild(kind))]
