"""Unsupported schemas are refused by all three functions, with SQLSTATE 0A000, the keyword and its path."""

import json
from typing import Any

import psycopg
import pytest

CALLS = (
    "select jsonschema.is_valid(%s, '1')",
    "select * from jsonschema.errors(%s, '1')",
    "select jsonschema.compile(%s, 'public.judge')",
)

REFUSED: list[tuple[Any, str, str]] = [
    ({"unevaluatedProperties": False}, "unevaluatedProperties", "/unevaluatedProperties"),
    ({"properties": {"a/b": {"minimun": 1}}}, "minimun", "/properties/a~1b/minimun"),
    ({"items": {"anyOf": [True, {"format": "iri"}]}}, "format", "/items/anyOf/1/format"),
    ({"$defs": {"never used": {"definitions": {}}}}, "definitions", "/$defs/never used/definitions"),
    ({"additionalProperties": {"pattern": "(?i)a"}}, "pattern", "/additionalProperties/pattern"),
    ({"patternProperties": {"a**": True}}, "patternProperties", "/patternProperties/a**"),
    ({"$ref": "https://json-schema.org/draft/2020-12/schema"}, "$ref", "/$ref"),
    ({"not": {"$ref": "#/$defs/none"}}, "$ref", "/not/$ref"),
    ({"$ref": "#/const", "const": {"type": "null"}}, "$ref", "/$ref"),
    ({"$ref": "#nowhere"}, "$ref", "/$ref"),
    ({"$dynamicRef": "#a"}, "$dynamicRef", "/$dynamicRef"),
    ({"$dynamicAnchor": "a"}, "$dynamicAnchor", "/$dynamicAnchor"),
    ({"$vocabulary": {}}, "$vocabulary", "/$vocabulary"),
    ({"$schema": "http://json-schema.org/draft-07/schema#"}, "$schema", "/$schema"),
    ({"$id": "#name"}, "$id", "/$id"),
    # references that come back without having gone anywhere
    ({"$ref": "#"}, "$ref", "/$ref"),
    ({"$ref": "#/$defs/a", "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/b"}]}, "b": {"not": {"$ref": "#/$defs/a"}}}},
     "$ref", "/$defs/a/anyOf/0/$ref"),
]  # fmt: skip

MALFORMED: list[Any] = [
    1,
    None,
    [],
    "x",
    {"type": "float"},
    {"type": []},
    {"type": ["null", "null"]},
    {"properties": {"a": 1}},
    {"properties": []},
    {"allOf": []},
    {"allOf": {}},
    {"items": [True]},
    {"required": "a"},
    {"required": ["a", "a"]},
    {"required": [1]},
    {"dependentRequired": {"a": "b"}},
    {"minLength": -1},
    {"minItems": 1.5},
    {"maxItems": "1"},
    {"minimum": "0"},
    {"multipleOf": 0},
    {"uniqueItems": 1},
    {"enum": 1},
    {"pattern": 1},
    {"title": 1},
    {"$ref": 1},
    {"$defs": {"a": {"$anchor": "x"}, "b": {"$anchor": "x"}}},
    {"$defs": {"a": {"$id": "x"}, "b": {"$id": "x"}}},
]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(("schema", "keyword", "path"), REFUSED)
def test_unsupported_schemas_are_refused(
    db: psycopg.Connection, call: str, schema: Any, keyword: str, path: str
) -> None:
    with pytest.raises(psycopg.errors.FeatureNotSupported) as caught:
        db.execute(call, [json.dumps(schema)])
    assert json.dumps(keyword) in str(caught.value)
    assert json.dumps(path) in str(caught.value)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("schema", MALFORMED)
def test_malformed_schemas_are_refused(db: psycopg.Connection, call: str, schema: Any) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue, match=r"^JSON Schema: "):
        db.execute(call, [json.dumps(schema)])


def test_names_that_look_like_keywords_are_no_keywords(judges: Any) -> None:
    schema = {
        "const": {"unknown": 1, "$ref": "nowhere"},
        "enum": [{"unknown": 1, "$ref": "nowhere"}],
        "default": {"pattern": "("},
        "properties": {"$ref": True, "pattern": True, "format": True, "unknown": True},
    }
    assert judges.verdict(schema, {"unknown": 1, "$ref": "nowhere"})
    assert not judges.verdict(schema, {"unknown": 1})


def test_the_nearest_keyword_is_named(db: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.FeatureNotSupported, match='is "additionalProperties" meant'):
        db.execute("select jsonschema.is_valid('{\"additionalproperties\": false}', '1')")
