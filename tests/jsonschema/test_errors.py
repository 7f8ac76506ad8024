"""The answer of jsonschema.errors: every error, its place, and its message."""

import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

Errors = Callable[[Any, Any], list[tuple[str, str, str]]]


def test_every_error_and_its_path(errors: Errors) -> None:
    schema = {
        "type": "object",
        "required": ["a"],
        "properties": {"b": {"type": "array", "items": {"type": "integer", "minimum": 3}}, "c/~d": {"maxLength": 1}},
        "additionalProperties": False,
    }
    found = errors(schema, {"b": [3, 1.5, "x"], "c/~d": "xy", "e": 1})
    assert sorted((path, keyword) for path, keyword, _ in found) == [
        ("", "required"),
        ("/b/1", "minimum"),
        ("/b/1", "type"),
        ("/b/2", "type"),
        ("/c~1~0d", "maxLength"),
        ("/e", "additionalProperties"),
    ]


MESSAGES: list[tuple[Any, Any, str]] = [
    ({"type": "integer"}, 1.5, "expected an integer, found the number 1.5"),
    ({"type": ["string", "null"]}, [1], "expected a string or null, found an array of 1 item"),
    ({"enum": ["a", 1, None]}, {"k": 1}, 'expected one of "a", 1, null, found an object of 1 key'),
    ({"const": {"a": 1}}, True, 'expected {"a": 1}, found true'),
    ({"multipleOf": 0.5}, 0.3, "expected a multiple of 0.5, found the number 0.3"),
    ({"minimum": 0}, -1, "expected a number of at least 0, found the number -1"),
    ({"exclusiveMaximum": 1}, 1, "expected a number less than 1, found the number 1"),
    ({"maxLength": 2}, "a\nb", 'expected a string of at most 2 characters, found 3 characters: "a\\nb"'),
    ({"pattern": "^\\d+$"}, "x", 'expected a string that matches ^\\d+$, found the string "x"'),
    ({"format": "date"}, "2023-02-29", 'expected a date that exists, such as 2024-02-29, found the string "2023-02-29"'),
    ({"maxItems": 0}, [1], "expected an array of at most 0 items, found an array of 1 item"),
    ({"uniqueItems": True}, [1, 2, 1.0], "expected items that differ, found items 0 and 2 to be equal"),
    ({"contains": {"type": "null"}}, [1], 'expected 1 or more items that fit the schema under "contains", found 0 of 1 item'),
    ({"required": ["boxes"]}, {"boxs": 1}, 'expected the key "boxes", found none; is "boxs" meant for it?'),
    ({"required": ["boxes"]}, {"other": 1}, 'expected the key "boxes", found none'),
    ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, 'expected the key "b", since there is "a", found none'),
    ({"propertyNames": {"maxLength": 1}}, {"ab": 1}, 'expected the key to be a string of at most 1 character, found "ab"'),
    ({"anyOf": [{"type": "string"}, {"items": {"type": "integer"}, "type": "array"}]}, [1, "x"],
     "expected a value that fits one or more of 2 schemas, found an array of 2 items, which fits none "
     '(1: expected a string, found an array of 2 items; 2: at "/1": expected an integer, found the string "x")'),
    ({"oneOf": [True, {}]}, 1, "expected a value that fits exactly one of 2 schemas, found the number 1, which fits 2"),
    ({"not": {}}, None, 'expected a value that does not fit the schema under "not", found null'),
    ({"properties": {"a": False}}, {"a": 1}, "expected nothing here, found the number 1"),
    (False, 1, "expected nothing here, found the number 1"),
    ({"type": "null"}, "x" * 500, 'expected null, found the string "' + "x" * 60 + '…"'),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "instance", "message"), MESSAGES)
def test_messages_name_value_and_expectation(errors: Errors, schema: Any, instance: Any, message: str) -> None:
    assert [found for _, _, found in errors(schema, instance)] == [message]


@pytest.mark.parametrize(
    ("unknown", "nearest"),
    [
        ("colour", "color"),
        ("top_n", "topN"),
        ("labelOcurrence", "labelOccurrence"),
        ("lable", "label"),
        ("LABEL", "label"),
    ],
)
def test_the_nearest_key_is_named(errors: Errors, unknown: str, nearest: str) -> None:
    schema = {
        "properties": dict.fromkeys(["color", "topN", "labelOccurrence", "label"], True),
        "additionalProperties": False,
    }
    ((path, keyword, message),) = errors(schema, {unknown: 1})
    assert (path, keyword) == (f"/{unknown}", "additionalProperties")
    assert message == f'expected no such key, found the key "{unknown}"; is "{nearest}" meant?'


def test_a_distant_key_is_not_named(errors: Errors) -> None:
    schema = {"properties": {"a": True, "label": True}, "additionalProperties": False}
    ((_, _, message),) = errors(schema, {"something": 1})
    assert message == 'expected no such key, found the key "something"; known are "a" and "label"'


SECRET = "hunter2 is my p4ssword"
WRITE_ONLY: list[tuple[Any, Any]] = [
    ({"properties": {"k": {"writeOnly": True, "type": "integer"}}}, {"k": SECRET}),
    ({"properties": {"k": {"allOf": [{"maxLength": 1}, {"writeOnly": True}]}}}, {"k": SECRET}),
    ({"properties": {"k": {"$ref": "#/$defs/s", "const": 1}}, "$defs": {"s": {"writeOnly": True}}}, {"k": SECRET}),
    ({"properties": {"k": {"anyOf": [{"type": "null"}, {"writeOnly": True, "maxLength": 1}]}}}, {"k": SECRET}),
    ({"properties": {"k": {"oneOf": [{"writeOnly": True}, {"pattern": "p4ss"}]}}}, {"k": SECRET}),
    ({"properties": {"k": {"not": {"writeOnly": True}}}}, {"k": SECRET}),
    ({"properties": {"k": {"if": {"writeOnly": True}, "then": {"format": "date"}}}}, {"k": SECRET}),
    ({"properties": {"k": {"enum": [1]}}, "patternProperties": {"k": {"writeOnly": True}}}, {"k": SECRET}),
    ({"properties": {"k": {"writeOnly": True, "properties": {"a": {"type": "null"}}, "additionalProperties": False}}},
     {"k": {"a": SECRET, SECRET: 1}}),
    ({"items": {"type": "null"}, "contains": {"writeOnly": True, "type": "string"}}, [SECRET]),
    ({"writeOnly": True, "propertyNames": {"maxLength": 1}}, {SECRET: 1}),
    ({"anyOf": [{"properties": {"k": {"type": "null", "writeOnly": True}}}, {"type": "null"}]}, {"k": SECRET}),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "instance"), WRITE_ONLY)
def test_write_only_is_never_repeated(errors: Errors, schema: Any, instance: Any) -> None:
    found = errors(schema, instance)
    assert found
    assert "p4ss" not in str(found).replace("matches p4ss", "")


def test_empty_exactly_where_valid(errors: Errors) -> None:
    assert errors({"properties": {"k": {"writeOnly": True}}}, {"k": SECRET}) == []


def test_a_lateral_join_explains_a_table(db: psycopg.Connection) -> None:
    rows = db.execute(
        """
        select id, e.instance_path
        from (values (1, '{"a": 1}'::jsonb), (2, '{"a": "x"}')) as doc(id, body),
             jsonschema.errors('{"properties": {"a": {"type": "integer"}}}', body) as e
        """
    ).fetchall()
    assert rows == [(2, "/a")]
    assert json.dumps(rows)
