"""Write what follows from sql/documents: the rows of datastore.document_schema, the compiled functions, and which of
them checks which version.

    python tools/documents_to_sql.py        (`make documents`)

A version that was released never changes, and so neither do its row and its functions; a new version adds its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import reduce
from itertools import groupby
from operator import getitem
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.databases import temporary_stack
from datastore_db.database.repeatable import read_script
from datastore_db.models.schema import camel_spellings, properties, system_keys
from datastore_db.resources import SQL

Schema = dict[str, Any]

# Columns that hold a part of a document, each checked by its part of the schema: {kind: {column: where it stands}}.
COLUMNS = {
    "inspection": {name: ["properties", name] for name in ("metadata", "image_data", "quality_check")},
    "inference": {
        "box": ["properties", "boxes", "items"],
        "guesses": ["properties", "boxes", "items", "properties", "topN"],
        "corners": ["$defs", "box"],
    },
    "feedback": {"box": ["properties", "boxes", "items"]},
    "pipelines": {
        "pipeline": ["properties", "pipelines", "items"],
        "model": ["properties", "models", "items"],
    },
}

# The documents whose keys are known in camelCase, too: files of folders have that spelling, SQL refuses it.
IN_CAMEL_CASE = ["picture", "picture_set"]


def documents(sql: Path = SQL) -> list[tuple[str, int, Schema]]:
    """Every schema of sql/documents: its kind, its version, itself; the versions of a kind in order."""

    def found() -> Iterator[tuple[str, int, Schema]]:
        for path in (sql / "documents").glob("*.json"):
            kind, version, _ = path.name.split(".")
            yield kind, int(version.removeprefix("v")), json.loads(path.read_text(encoding="utf-8"))

    return sorted(found(), key=lambda document: document[:2])


def rows_sql(sql: Path = SQL) -> str:
    """The statement that inserts the schemas."""
    rows = [
        f"('{kind}', {version}, $json$\n{json.dumps(schema, indent=2, ensure_ascii=False)}\n$json$)"
        for kind, version, schema in documents(sql)
    ]
    return (
        "-- Made by `make documents` from the files in sql/documents.\n"
        "insert into datastore.document_schema (kind, version, schema) values\n" + ",\n".join(rows) + ";\n"
    )


def functions(sql: Path = SQL) -> Iterator[tuple[str, Schema, str]]:
    """What is compiled: each document as a whole, and each part of one that is a column; name, schema, source."""
    yield "object_v1", {"type": "object"}, "the schema of any object"
    yield "email_v1", {"type": "string", "format": "email"}, "the schema of an email address"
    for kind, version, schema in documents(sql):
        name = f"{kind}_v{version}"
        source = f"{kind}.v{version}.json"
        yield name, schema, source
        for column, path in COLUMNS.get(kind, {}).items():
            part = reduce(getitem, path, schema)
            if "$defs" in schema:
                part = part | {"$defs": schema["$defs"]}
            yield f"{name}_{column}", part, f"{column} in {source}"


def functions_sql(connection: psycopg.Connection, sql: Path = SQL) -> str:
    """The functions, as `jsonschema.compile` writes them in this database."""
    connection.execute("create schema if not exists datastore")
    texts = [
        "-- Made by `make documents`: jsonschema.compile of the files in sql/documents, and of the columns' parts."
    ]
    for name, schema, source in functions(sql):
        connection.execute("select jsonschema.compile(%s::jsonb, %s)", [json.dumps(schema), f"datastore.{name}"])
        # What it calls comes first.
        made = connection.execute(
            """
            select proname, pg_get_functiondef(oid)
            from pg_proc
            where pronamespace = 'datastore'::regnamespace
              and (proname = %(name)s or starts_with(proname, %(name)s || '__'))
            order by proname = %(name)s, proname
            """,
            {"name": name},
        )
        for function, text in made:
            texts.append(text.replace("CREATE OR REPLACE FUNCTION", "create function").rstrip() + ";")
            comment = f"Compiled from {source}. It never changes."
            texts.append(f"comment on function datastore.{function}(jsonb) is '{comment}';\n")
    return "\n".join(texts)


def versions_sql(sql: Path = SQL) -> str:
    """The functions that choose by a document's version. They are replaced when there is a new one."""
    kinds = {kind: list(versions) for kind, versions in groupby(documents(sql), key=lambda document: document[0])}
    checks = {
        kind: [(version, f"datastore.{kind}_v{version}(document)") for _, version, _ in versions]
        for kind, versions in kinds.items()
    }
    keys = {
        kind: [(version, f"'{json.dumps(_system_keys(schema))}'::jsonb") for _, version, schema in versions]
        for kind, versions in kinds.items()
    }
    return "\n".join(
        [
            "-- Made by `make documents` from sql/documents: which functions and keys belong to which version.",
            "-- An unknown version is given to the newest one, whose schema_version says what is known.",
            _choice_sql("fits_schema", "boolean", checks),
            "comment on function datastore.fits_schema(text, jsonb) is",
            "  'Does a document fit the compiled schema of its kind and version?';",
            _choice_sql("system_keys", "jsonb", keys),
            "comment on function datastore.system_keys(text, jsonb) is",
            "  'What the datastore fills in a document (readOnly in its schema), each key with those inside it: '",
            """  '{"metadata": ["file_name", …], "labels": []}.';""",
            *(_misspellings_sql(kind, versions) for kind, versions in kinds.items() if kind in IN_CAMEL_CASE),
            "",
        ]
    )


def _choice_sql(name: str, answer: str, choices: dict[str, list[tuple[int, str]]]) -> str:
    lines = [
        f"\ncreate or replace function datastore.{name}(kind text, document jsonb) returns {answer}",
        "language sql immutable parallel safe",
        "return case kind",
    ]
    for kind, versions in choices.items():
        *older, (_, choice) = versions
        if older:
            cases = "".join(f"\n    when '{version}' then {call}" for version, call in older)
            choice = f"case coalesce(document -> 'schema_version', '1'){cases}\n    else {choice} end"
        lines.append(f"  when '{kind}' then {choice}")
    return "\n".join([*lines, "end;"])


def _system_keys(schema: Schema) -> dict[str, list[str]]:
    known = properties(schema)
    return {key: sorted(properties(known[key])) for key in sorted(system_keys(schema))}


_MISSPELLINGS = """
create or replace function datastore.<kind>_misspellings(document jsonb)
returns table (path text[], wrong text, "right" text)
language sql immutable parallel safe
begin atomic
  select section.path, key.wrong, key."right"
  from (values
<rows>
  ) as section(version, path, object, wrong, "right")
  cross join lateral unnest(section.wrong, section."right") as key(wrong, "right")
  where section.version = coalesce(document -> 'schema_version', '1')
    and section.object ?| section.wrong and section.object ? key.wrong and jsonb_typeof(section.object) = 'object';
end;
comment on function datastore.<kind>_misspellings(jsonb) is
  'The known keys that stand in camelCase in a document, each with its section and its right spelling.';"""


def _misspellings_sql(kind: str, versions: Iterable[tuple[str, int, Schema]]) -> str:
    rows = [
        f"    ('{version}'::jsonb, '{{{','.join(path)}}}'::text[], document{_path_sql(path)},\n"
        f"     '{{{','.join(spellings)}}}'::text[],\n     '{{{','.join(spellings.values())}}}'::text[])"
        for _, version, schema in versions
        for path, spellings in _sections(schema)
    ]
    return _MISSPELLINGS.replace("<kind>", kind).replace("<rows>", ",\n".join(rows))


def _sections(schema: Schema, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, str]]]:
    known = properties(schema)
    if spellings := camel_spellings(frozenset(known)):
        yield path, dict(sorted(spellings.items()))
    for key, part in known.items():
        yield from _sections(part, (*path, key))  # type: ignore[arg-type]


def _path_sql(path: tuple[str, ...]) -> str:
    return "".join(f" -> '{key}'" for key in path)


def main() -> None:
    """Write the files."""
    with (
        temporary_stack("datastore-db-documents-") as stack,
        psycopg.connect(stack.database_url, autocommit=True) as connection,
    ):
        connection.execute(read_script(SQL / "jsonschema" / "install.sql"))
        (SQL / "documents" / "checks.sql").write_text(functions_sql(connection), encoding="utf-8")
    (SQL / "documents" / "rows.sql").write_text(rows_sql(), encoding="utf-8")
    (SQL / "documents" / "versions.sql").write_text(versions_sql(), encoding="utf-8")


if __name__ == "__main__":
    main()
