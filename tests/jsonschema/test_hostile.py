"""Hostile instances end in an answer or in a clear error, soon."""

import json
from typing import Any

import psycopg
import pytest

CALLS = {
    "is_valid": "select jsonschema.is_valid(%(schema)s, (select body from hostile))",
    "errors": "select count(*) = 0 from jsonschema.errors(%(schema)s, (select body from hostile))",
    "compiled": "select public.judge((select body from hostile))",
}

DEEP = "[" * 9_000 + "]" * 9_000
# what makes the instance, the schema, and the verdict
CASES: list[tuple[str, str, Any, bool]] = [
    ("deep, not followed", f"select jsonb '{DEEP}'", {"type": "array", "maxItems": 1, "items": {"type": "array"}}, True),
    ("deep, compared", f"select jsonb '[{DEEP}, {DEEP}]'", {"uniqueItems": True}, False),
    ("many keys, unknown", "select jsonb_object_agg('k' || n, n) from generate_series(1, 100000) as n", {"additionalProperties": False}, False),
    ("many keys, looked at", "select jsonb_object_agg('k' || n, n) from generate_series(1, 30000) as n", {"additionalProperties": {"minimum": 1}}, True),
    ("a million keys", "select jsonb_object_agg('k' || n, n) from generate_series(1, 1000000) as n", {"type": "object", "properties": {"k1": {"const": 1}}}, True),
    ("unique items", "select jsonb_agg(jsonb_build_object('n', n)) from generate_series(1, 100000) as n", {"uniqueItems": True}, True),
    ("equal items", "select jsonb_agg(jsonb_build_object('n', 1)) from generate_series(1, 100000) as n", {"uniqueItems": True}, False),
    ("many errors, hidden", "select jsonb_agg(n) from generate_series(1, 20000) as n", {"items": {"writeOnly": True, "type": "string"}}, False),
    ("long keys, unknown", "select jsonb_object_agg(repeat('k', 39) || n, n) from generate_series(1, 1000) as n",
     {"properties": {"k" * 38 + f"{n:03}": True for n in range(500)}, "additionalProperties": False}, False),
    ("huge number", "select jsonb '1e131071'", {"type": "integer", "multipleOf": 7, "exclusiveMinimum": 1}, False),
    ("huge number, tiny step", "select jsonb '1e131071'", {"multipleOf": 1e-300}, True),
    ("tiny number", "select jsonb '1e-16383'", {"multipleOf": 1e-300, "maximum": 1}, False),
    ("pattern (a+)+$", "select to_jsonb(repeat('a', 50000) || '!')", {"pattern": "^(a+)+$"}, False),
    ("pattern (a|aa)+$", "select to_jsonb(repeat('a', 50000) || '!')", {"pattern": "^(a|aa)+$"}, False),
    ("pattern with lookahead", "select to_jsonb(repeat('a', 5000) || '!')", {"pattern": "^(?=(a*)*b)"}, False),
    ("pattern with references", "select to_jsonb(repeat('a', 2000) || '!')", {"pattern": r"^(a+)(a+)\2\1$"}, False),
    ("long email", "select to_jsonb(repeat('a.', 1000000) || '@example.org')", {"format": "email"}, False),
    ("long uri", "select to_jsonb('http://' || repeat('a', 2000000))", {"format": "uri"}, True),
    ("long ipv6", "select to_jsonb(repeat('1:', 1000000))", {"format": "ipv6"}, False),
    ("long string", "select to_jsonb(repeat('é', 5000000))", {"maxLength": 4999999}, False),
]  # fmt: skip


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(("makes", "schema", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_answers_in_time(db: psycopg.Connection, makes: str, schema: Any, expected: bool, call: str) -> None:
    text = json.dumps(schema)
    db.execute("select jsonschema.compile(%s, 'public.judge')", [text])
    db.execute("create table public.hostile (body jsonb)")
    db.execute("set local search_path = public")
    db.execute(f"insert into hostile {makes}")
    db.execute("set local statement_timeout = '20s'")
    assert db.execute(CALLS[call], {"schema": text}).fetchone() == (expected,)


RECURSIVE = {"type": ["array", "object"], "items": {"$ref": "#"}, "properties": {"k": {"$ref": "#"}}}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"k":', "}")])
def test_recursion(db: psycopg.Connection, opening: str, closing: str, call: str) -> None:
    """64 levels are always followed; where the stack ends, PostgreSQL says so."""
    text = json.dumps(RECURSIVE)
    db.execute("select jsonschema.compile(%s, 'public.judge')", [text])
    db.execute("create table public.hostile (body jsonb)")
    db.execute("set local search_path = public")
    inner = "[]" if opening == "[" else "{}"
    db.execute("insert into hostile values (%s)", [opening * 64 + inner + closing * 64])
    assert db.execute(CALLS[call], {"schema": text}).fetchone() == (True,)
    db.execute("update hostile set body = %s", [opening * 9_000 + inner + closing * 9_000])
    with pytest.raises(psycopg.errors.StatementTooComplex):
        db.execute(CALLS[call], {"schema": text})


def test_a_deep_schema(db: psycopg.Connection) -> None:
    for levels in (50, 5_000):
        schema = '{"not":' * levels + "true" + "}" * levels
        try:
            with db.transaction():
                assert db.execute("select jsonschema.is_valid(%s, '1')", [schema]).fetchone() == (levels % 2 == 0,)
        except (psycopg.errors.StatementTooComplex, psycopg.errors.ProgramLimitExceeded):
            assert levels == 5_000
