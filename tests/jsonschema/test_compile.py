"""The functions of jsonschema.compile: properties, text, and a table with them after a dump."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import psycopg
import pytest

FLAT = {"type": "object", "properties": {"a": {"type": "number"}, "b": {"type": "string"}}}
TREE = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string"}, "children": {"type": "array", "items": {"$ref": "#/$defs/tree"}}},
    "$defs": {"tree": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}},
}


def compile_(db: psycopg.Connection, schema: Any, name: str = "public.judge") -> str:
    (answer,) = db.execute("select jsonschema.compile(%s, %s)::text", [json.dumps(schema), name]).fetchall()
    return str(answer[0])


def source(db: psycopg.Connection, name: str = "public.judge") -> str:
    (answer,) = db.execute("select pg_get_functiondef(%s::regproc)", [name]).fetchall()
    return str(answer[0])


def test_flat_schema_is_one_expression(db: psycopg.Connection) -> None:
    assert compile_(db, FLAT) == "public.judge(jsonb)"
    assert source(db) == (
        "CREATE OR REPLACE FUNCTION public.judge(instance jsonb)\n"
        " RETURNS boolean\n"
        " LANGUAGE sql\n"
        " IMMUTABLE PARALLEL SAFE\n"
        "RETURN ((jsonb_typeof(instance) = 'object'::text)"
        " AND COALESCE((jsonb_typeof((instance -> 'a'::text)) = 'number'::text), true)"
        " AND COALESCE((jsonb_typeof((instance -> 'b'::text)) = 'string'::text), true))\n"
    )


def test_flat_schema_is_inlined(db: psycopg.Connection) -> None:
    compile_(db, FLAT)
    plan = db.execute("explain (verbose, costs off) select public.judge(x) from (select '1'::jsonb offset 0) as _(x)")
    text = "\n".join(row[0] for row in plan)
    assert "judge" not in text
    assert "jsonb_typeof" in text


@pytest.mark.parametrize("schema", [FLAT, TREE, True, False, {"items": {"format": "email"}}])
def test_functions_are_immutable_strict_and_parallel_safe(db: psycopg.Connection, schema: Any) -> None:
    compile_(db, schema)
    rows = db.execute(
        "select provolatile, proparallel, proisstrict, prosqlbody is not null or"
        " proconfig = '{\"search_path=pg_catalog, pg_temp\"}' from pg_proc where proname ~ '^judge(__|$)'"
    ).fetchall()
    assert set(rows) == {("i", "s", False, True)}


def test_compiled_functions_call_only_immutable_ones(db: psycopg.Connection) -> None:
    schema = {"allOf": list(SCHEMA_OF_EVERYTHING)}
    compile_(db, schema)
    called = set(re.findall(r"([a-z_]+)\(", source(db))) - {
        "and",
        "not",
        "in",
        "all",
        "as",
        "coalesce",
        "when",
        "judge",
        "where",
        "exists",
        "_",
        "if",
        "or",
    }
    volatile = db.execute(
        "select proname from pg_proc where proname = any (%s) group by proname having not bool_or(provolatile = 'i')",
        [list(called)],
    ).fetchall()
    assert volatile == []


SCHEMA_OF_EVERYTHING = [
    {"format": "date-time", "pattern": "a", "minLength": 1, "maxLength": 300},
    {"multipleOf": 3, "minimum": 1, "type": ["integer", "string", "array", "object"]},
    {"uniqueItems": True, "contains": {"type": "integer"}, "maxContains": 3, "prefixItems": [True, {"type": "null"}]},
    {"propertyNames": {"pattern": "^a"}, "additionalProperties": {"type": "string"}, "minProperties": 2},
    {"dependentRequired": {"a": ["b"]}, "patternProperties": {"x": {"oneOf": [{"minimum": 1}, {"maximum": 3}]}}},
]


def test_same_schema_same_text(db: psycopg.Connection) -> None:
    compile_(db, {"allOf": SCHEMA_OF_EVERYTHING})
    first = source(db)
    compile_(db, {"allOf": SCHEMA_OF_EVERYTHING})
    assert source(db) == first


def test_recursion_has_helpers(db: psycopg.Connection) -> None:
    names = "select proname from pg_proc where pronamespace = 'fresh'::regnamespace order by 1"
    db.execute("create schema fresh")
    compile_(db, TREE, "fresh.judge")
    assert db.execute(names).fetchall() == [("judge",), ("judge__tree",)]
    assert "fresh.judge__tree(" in source(db, "fresh.judge")
    # and they go when they are not needed any more
    compile_(db, FLAT, "fresh.judge")
    assert db.execute(names).fetchall() == [("judge",)]


def test_helpers_of_long_names_are_not_shared(db: psycopg.Connection) -> None:
    name = "public.a_name_that_is_longer_than_most_of_the_names_are_v"
    properties: dict[str, Any] = dict(cast("dict[str, Any]", TREE["properties"]))
    strict = TREE | {"properties": properties | {"name": {"const": "x"}}}
    compile_(db, TREE, name + "1")
    compile_(db, strict, name + "2")
    tree = '{"name": "a", "children": [{"name": "b"}]}'
    assert db.execute(f"select {name}1(%s), {name}2(%s)", [tree, tree]).fetchone() == (True, False)


def test_large_definitions_are_not_multiplied(db: psycopg.Connection) -> None:
    """Each level uses the next one twice: written out, that would be 2 ** 40 copies."""
    levels = 40
    schema = {
        "$ref": "#/$defs/level0",
        "$defs": {
            f"level{n}": {
                "properties": {"a": {"$ref": f"#/$defs/level{n + 1}"}, "b": {"$ref": f"#/$defs/level{n + 1}"}}
            }
            for n in range(levels)
        }
        | {f"level{levels}": {"type": "string"}},
    }
    compile_(db, schema)
    assert db.execute("""select public.judge('{"a": {"b": {"a": 1}}}')""").fetchone() == (True,)


@pytest.mark.parametrize(
    "text",
    ["'", "''", '"', "\\", "\\'", "$$", "$function$", "%s", "%", "{}", "\n", "\r\n", "\t", ";--", "é", "💩", "}'"],
)
def test_quoting(judges: Any, text: str) -> None:
    for standard in ("on", "off"):
        judges.connection.execute(f"set local standard_conforming_strings = {standard}")
        judges.connection.execute("set local escape_string_warning = off")
        schema = {
            "properties": {text: {"enum": [text]}, "n": {"const": {text: text}}},
            "patternProperties": {"^" + re.sub(r"([\\^$.*+?()\[\]{}|/])", r"\\\1", text) + "$": {"type": "string"}},
            "additionalProperties": {"items": {"not": {"required": [text]}}},
        }
        assert judges.verdict(schema, {text: text, "n": {text: text}, "other": [{}]})
        assert not judges.verdict(schema, {text: "other"})
        assert not judges.verdict(schema, {"other": [{text: 1}]})
        judges.compiled = None


@pytest.mark.parametrize(
    "name", ["public.plain", 'public."My Check"', '"public"."a.b"', "public." + "x" * 63, 'public."drop table x; --"']
)
def test_names(db: psycopg.Connection, name: str) -> None:
    compile_(db, TREE, name)
    call = f"select {name}(%s)"
    assert db.execute(call, ['{"name": "a", "children": [null, {"name": "b"}]}']).fetchone() == (True,)
    assert db.execute(call, ['{"name": "a", "children": [{"name": 1}]}']).fetchone() == (False,)


def test_a_name_without_schema_goes_where_new_things_go(db: psycopg.Connection) -> None:
    db.execute("create schema elsewhere")
    db.execute("set local search_path = elsewhere")
    assert compile_(db, FLAT, "judge") == "judge(jsonb)"
    assert db.execute("select 'elsewhere.judge'::regproc::oid = 'judge'::regproc::oid").fetchone() == (True,)


@pytest.mark.parametrize("name", ["a.b.c", "a b", "", "no_such_schema.f"])
def test_bad_names_are_refused(db: psycopg.Connection, name: str) -> None:
    with pytest.raises(psycopg.Error) as caught:
        compile_(db, FLAT, name)
    assert caught.value.sqlstate in ("42602", "22023", "3F000")


def test_no_reliance_on_the_search_path(db: psycopg.Connection) -> None:
    compile_(db, {"items": {"format": "uri"}, "$defs": TREE["$defs"]})
    db.execute("create schema evil")
    db.execute("create function evil._is_uri(text) returns boolean language sql as 'select true'")
    db.execute("create function evil.jsonb_typeof(jsonb) returns text language sql as $$ select 'null' $$")
    db.execute("set local search_path = evil")
    assert db.execute("""select public.judge('["no uri"]')""").fetchone() == (False,)


def test_any_role_may_write(db: psycopg.Connection) -> None:
    compile_(db, {"items": {"format": "email"}, "minItems": 1})
    db.execute("create table public.written (body jsonb check (public.judge(body)))")
    db.execute("create role jsonschema_test_writer; grant usage on schema public to jsonschema_test_writer")
    db.execute("grant insert on public.written to jsonschema_test_writer")
    db.execute("set local role jsonschema_test_writer")
    db.execute("insert into public.written values ('[\"ana@example.org\"]')")
    with pytest.raises(psycopg.errors.CheckViolation):
        db.execute("insert into public.written values ('[\"ana\"]')")


def test_the_largest_schema_compiles_in_a_second(db: psycopg.Connection) -> None:
    schema = (Path(__file__).parents[2] / "sql" / "documents" / "pipelines.v1.json").read_text(encoding="utf-8")
    db.execute("set local statement_timeout = '1s'")
    db.execute("select jsonschema.compile(%s, 'public.judge')", [schema])


def test_a_table_survives(make_database: Callable[[], str], jsonschema_db: str, psql: str, tmp_path: Path) -> None:
    """pg_dump and pg_restore, in plain text and in the custom format, and CREATE TABLE … LIKE."""
    schemas = {"flat": FLAT, "tree": TREE, "formats": {"items": {"format": "date-time"}}}
    rows = {
        "flat": '{"a": 1, "b": "x", "c": null}',
        "tree": '{"name": "a", "children": [{"name": "b"}, null]}',
        "formats": '["2024-02-29T12:00:00Z"]',
    }
    wrong = {"flat": '{"a": "1"}', "tree": '{"children": []}', "formats": '["2023-02-29T12:00:00Z"]'}
    with psycopg.connect(jsonschema_db, autocommit=True) as connection:
        connection.execute("drop schema if exists kept cascade; create schema kept")
        for name, schema in schemas.items():
            compile_(connection, schema, f"kept.{name}_check")
            # named so that the table comes first in the dump
            connection.execute(f"create table kept.a_{name} (body jsonb, check (kept.{name}_check(body)))")
            connection.execute(f"create table kept.b_{name} (like kept.a_{name} including all)")
            for letter in "ab":
                connection.execute(f"insert into kept.{letter}_{name} values (%s), (null)", [rows[name]])

    # pg_dump of the server's own version stands beside its psql, or beside pg_config
    with psycopg.connect(jsonschema_db) as connection:
        try:
            ((bindir,),) = connection.execute("select setting from pg_config where name = 'BINDIR'").fetchall()
        except psycopg.Error:
            bindir = str(Path(psql).parent)
    pg_dump, pg_restore = Path(bindir) / "pg_dump", Path(bindir) / "pg_restore"
    if not pg_dump.exists():
        pytest.skip(f"there is no pg_dump in {bindir}")
    subprocess.run([pg_dump, "--format=custom", f"--file={tmp_path / 'dump'}", jsonschema_db], check=True)
    subprocess.run([pg_dump, f"--file={tmp_path / 'dump.sql'}", jsonschema_db], check=True)
    for restore in ("custom", "plain"):
        target = make_database()
        if restore == "custom":
            command = [pg_restore, "--exit-on-error", f"--dbname={target}", tmp_path / "dump"]
        else:
            command = [psql, "-Xq", "-v", "ON_ERROR_STOP=1", "-d", target, "-f", tmp_path / "dump.sql"]
        done = subprocess.run([str(part) for part in command], check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        with psycopg.connect(target, autocommit=True) as connection:
            for name in schemas:
                for table in (f"kept.a_{name}", f"kept.b_{name}"):
                    assert connection.execute(f"select count(*) from {table}").fetchone() == (2,)
                    with pytest.raises(psycopg.errors.CheckViolation):
                        connection.execute(f"insert into {table} values (%s)", [wrong[name]])
            assert connection.execute('select jsonschema.is_valid(\'{"format": "date"}\', \'"x"\')').fetchone() == (
                False,
            )
    with psycopg.connect(jsonschema_db, autocommit=True) as connection:
        connection.execute("drop schema kept cascade")
