"""Each keyword, without the suite: what fits and what does not, by all three functions."""

from typing import Any

import psycopg
import pytest

TREE = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "children": {"type": "array", "items": {"$ref": "#"}}},
    "required": ["name"],
    "additionalProperties": False,
}

# keyword, schema, what fits, what does not
CASES: list[tuple[str, Any, list[Any], list[Any]]] = [
    ("type", {"type": "integer"}, [1, 6.0, -3, 1e300], [1.5, "1", True, None, [], {}]),
    ("type", {"type": "number"}, [1, 1.5], ["1", False, None]),
    ("type", {"type": ["integer", "null"]}, [1, None, 2.0], [1.5, "x", False]),
    ("type", {"type": ["string", "object"]}, ["", {}], [None, [], 1]),
    ("type", {"type": "null"}, [None], [0, False, "", {}]),
    ("enum", {"enum": [1, "a", None, {"b": 1.0}]}, [1, 1.0, "a", None, {"b": 1}], [True, "A", {"b": 1, "c": 2}, [1]]),
    ("enum", {"enum": []}, [], [1, None]),
    ("const", {"const": {"a": [1, 2.0]}}, [{"a": [1.0, 2]}], [{"a": [2, 1]}, {}, None]),
    ("const", {"const": True}, [True], [1, "true"]),
    ("const", {"const": "it's \"\\ \n"}, ["it's \"\\ \n"], ["it's"]),
    ("multipleOf", {"multipleOf": 0.01}, [0.07, 4.35, 1e300, "x"], [0.075]),
    ("minimum", {"minimum": 0}, [0, 1, -0.0, "x", None], [-1, -1e-300]),
    ("maximum", {"maximum": 1.5}, [1.5, -9], [1.50001, 1e308]),
    ("exclusiveMinimum", {"exclusiveMinimum": 0}, [1e-300], [0, -1]),
    ("exclusiveMaximum", {"type": "number", "minimum": 0, "exclusiveMaximum": 1}, [0, 0.99], [1, "x", None, [], {}, True]),
    ("minLength", {"minLength": 2}, ["ab", "\U0001f432\U0001f432", 1], ["a", "\U0001f432", ""]),
    ("minLength", {"type": "string", "minLength": 1}, ["a"], ["", 1, None]),
    ("maxLength", {"maxLength": 2.0}, ["ab", "\U0001f432\U0001f432"], ["abc"]),
    ("pattern", {"pattern": "^a.c$"}, ["abc", 1], ["a\nc", "abc\n", "xabc"]),
    ("format", {"format": "ipv4"}, ["192.0.2.1", 1], ["192.0.2.01"]),
    ("minItems", {"minItems": 1}, [[1], "", {}], [[]]),
    ("maxItems", {"maxItems": 1}, [[1], []], [[1, 2]]),
    ("uniqueItems", {"uniqueItems": True}, [[1, True, "1", [1], {"a": 1}], []], [[1, 1.0], [{"a": 1, "b": 2}, {"b": 2, "a": 1.0}]]),
    ("uniqueItems", {"uniqueItems": False}, [[1, 1]], []),
    ("prefixItems", {"prefixItems": [{"type": "integer"}, False]}, [[], [1], "x"], [["x"], [1, 2]]),
    ("items", {"items": {"type": "integer"}}, [[], [1, 2], {"0": "x"}], [[1, "x"]]),
    ("items", {"prefixItems": [{"type": "string"}], "items": False}, [["x"], []], [["x", 1], [1]]),
    ("contains", {"contains": {"const": 1}}, [[2, 1], "x"], [[], [2]]),
    ("minContains", {"contains": {"const": 1}, "minContains": 2}, [[1, 1]], [[1], []]),
    ("minContains", {"contains": {"const": 1}, "minContains": 0}, [[], [2]], []),
    ("maxContains", {"contains": {"type": "integer"}, "maxContains": 1}, [[1], [1, "x"]], [[], [1, 2]]),
    ("minProperties", {"minProperties": 1}, [{"a": 1}, []], [{}]),
    ("minProperties", {"minProperties": 2}, [{"a": 1, "b": 2}], [{"a": 1}]),
    ("maxProperties", {"maxProperties": 1}, [{}, {"a": 1}], [{"a": 1, "b": 2}]),
    ("required", {"required": ["a", "b"]}, [{"a": None, "b": None}, ["a"], "a"], [{"a": 1}, {}]),
    ("dependentRequired", {"dependentRequired": {"a": ["b"]}}, [{}, {"b": 1}, {"a": 1, "b": 1}, "a"], [{"a": 1}]),
    ("properties", {"properties": {"a": {"type": "string"}, "b": False}}, [{}, {"a": "x"}, {"c": 1}, [], "a"], [{"a": 1}, {"b": 1}]),
    ("properties", {"properties": {"it's": {"properties": {"\\n\n": {"type": "null"}}}}}, [{"it's": {"\\n\n": None}}], [{"it's": {"\\n\n": 0}}]),
    ("patternProperties", {"patternProperties": {"^x": {"type": "integer"}}}, [{"x1": 1, "y": "s"}, "x"], [{"x1": "s"}]),
    ("additionalProperties", {"properties": {"a": True}, "additionalProperties": False}, [{}, {"a": 1}, [], 1], [{"b": 1}]),
    ("additionalProperties", {"additionalProperties": False}, [{}], [{"b": 1}]),
    ("additionalProperties", {"properties": {"a": True}, "patternProperties": {"^x": True}, "additionalProperties": {"type": "null"}},
     [{"a": 1, "x": 1, "b": None}], [{"b": 1}]),
    ("additionalProperties", {"patternProperties": {"^x": True}, "additionalProperties": False}, [{"x": 1}], [{"y": 1}]),
    ("propertyNames", {"propertyNames": {"maxLength": 2, "enum": ["a", "ab", "abc"]}}, [{"a": 1}, {}, []], [{"abc": 1}, {"b": 1}]),
    ("propertyNames", {"propertyNames": False}, [{}, 1], [{"a": 1}]),
    ("dependentSchemas", {"dependentSchemas": {"a": {"maxProperties": 1}}}, [{"a": 1}, {"b": 1, "c": 1}, "a"], [{"a": 1, "b": 1}]),
    ("allOf", {"allOf": [{"type": "integer"}, {"minimum": 2}]}, [2], [1, 2.5, "x"]),
    ("anyOf", {"anyOf": [{"type": "integer"}, {"minimum": 2}]}, [1, 2.5, "x"], [1.5]),
    ("anyOf", {"anyOf": [{"type": "integer"}, {"type": "array", "items": {"type": "integer"}}]}, [1, [], [1]], [1.5, [1.5], None]),
    ("oneOf", {"oneOf": [{"type": "integer"}, {"minimum": 2}]}, [1, 2.5, "x"], [3, 1.5]),
    ("oneOf", {"oneOf": [{"type": "string", "maxLength": 1}, {"type": ["null", "boolean"]}]}, ["x", None, True], ["xx", 1]),
    ("not", {"not": {"type": "integer"}}, ["x", 1.5, None], [1]),
    ("not", {"properties": {"a": {"not": {}}}}, [{}, {"b": 1}], [{"a": None}]),
    ("if", {"if": {"type": "integer"}, "then": {"minimum": 2}, "else": {"type": "string"}}, [2, "x"], [1, 1.5]),
    ("then", {"if": {"required": ["a"]}, "then": {"required": ["b"]}}, [{}, {"a": 1, "b": 1}], [{"a": 1}]),
    ("else", {"if": False, "else": False}, [], [1]),
    ("then", {"then": False}, [1], []),
    ("$ref", {"$ref": "#/$defs/a~1b~0c%25d", "$defs": {"a/b~c%d": {"type": "null"}}}, [None], [1]),
    ("$ref", TREE, [{"name": "a", "children": [{"name": "b"}]}], [{"name": "a", "children": [{"name": 1}]}, {"name": "a", "x": 1}]),
    ("$ref", {"$ref": "#/$defs/odd", "$defs": {"odd": {"items": {"$ref": "#/$defs/even"}}, "even": {"type": "array", "maxItems": 1, "items": {"$ref": "#/$defs/odd"}}}},
     [[[[[]]]]], [[1], [[], [1, 2]]]),
    ("$anchor", {"items": {"$ref": "#it"}, "$defs": {"x": {"$anchor": "it", "type": "null"}}}, [[None]], [[1]]),
    ("$id", {"$id": "https://example.org/a/b", "properties": {"x": {"$ref": "c"}}, "$defs": {"c": {"$id": "c", "$defs": {"d": {"type": "null"}}, "$ref": "#/$defs/d"}}},
     [{"x": None}, {}], [{"x": 1}]),
    ("$defs", {"$defs": {"a": False}}, [1], []),
    ("$schema", {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "null"}, [None], [1]),
]  # fmt: skip

ANNOTATIONS = {
    "$comment": "c", "title": "t", "description": "d", "default": 1, "examples": [1], "deprecated": True,
    "readOnly": True, "writeOnly": True, "contentEncoding": "base64", "contentMediaType": "image/png",
    "contentSchema": {"unknown": 1},
}  # fmt: skip


@pytest.mark.parametrize(("keyword", "schema", "fits", "fails"), CASES)
def test_each_keyword_accepts_and_refuses(
    judges: Any, keyword: str, schema: Any, fits: list[Any], fails: list[Any]
) -> None:
    for instance in fits:
        assert judges.verdict(schema, instance), instance
    for instance in fails:
        assert not judges.verdict(schema, instance), instance
    # the same inside of an array, an object, a negation and a union: other code is generated there
    for instance, fitting in [*((i, True) for i in fits), *((i, False) for i in fails)]:
        if "$id" in str(schema) or "#" in str(schema):
            continue
        assert judges.verdict({"type": "array", "items": {"type": "object", "required": ["k"], "properties": {"k": schema}}},
                              [{"k": instance}]) is fitting  # fmt: skip
        assert judges.verdict({"properties": {"k": {"not": schema}}}, {"k": instance}) is not fitting
        assert judges.verdict({"additionalProperties": {"anyOf": [schema, False]}}, {"k": instance}) is fitting
        assert judges.verdict({"properties": {"k": schema}}, {"other": instance})


def test_every_keyword_has_a_case(db: psycopg.Connection) -> None:
    known = {row[0] for row in db.execute("select jsonb_object_keys(jsonschema._keywords())")}
    assert known == {keyword for keyword, *_ in CASES} | set(ANNOTATIONS)


@pytest.mark.parametrize("schema", [True, {}, ANNOTATIONS])
def test_accepts_anything(judges: Any, schema: Any) -> None:
    instances: tuple[Any, ...] = (None, True, 1, "x", [], {})
    for instance in instances:
        assert judges.verdict(schema, instance)
    assert not judges.verdict(False, 1)


def test_null_in_null_out(db: psycopg.Connection) -> None:
    for schema in ("{}", "false", '{"type": "null"}', '{"not": {"type": "null"}}', '{"items": {"type": "null"}}'):
        db.execute("select jsonschema.compile(%s, 'public.judge')", [schema])
        row = db.execute(
            "select public.judge(null), jsonschema.is_valid(%s, null), jsonschema.is_valid(null, '1')", [schema]
        )
        assert row.fetchone() == (None, None, None)
    assert db.execute("select count(*) from jsonschema.errors('false', null)").fetchone() == (0,)
    assert db.execute("select jsonschema.compile(null, 'public.judge')").fetchone() == (None,)


@pytest.mark.parametrize("number", ["1e400", "-1e400", "1" + "0" * 500, "6.0", "0.1e1", "100000000000000000000000000"])
def test_integers_are_exact(judges: Any, number: str) -> None:
    assert judges.verdict({"type": "integer"}, number, raw=True)
    assert not judges.verdict(
        {"type": "integer"}, number + "1" if "." in number and "e" not in number else "1e-400", raw=True
    )
