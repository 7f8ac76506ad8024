"""Write what follows from the JSON Schemas in sql/documents.

    python tools/documents_to_sql.py        (`make documents`)

Beside each schema, picture.v1.json, stands what is made of it, picture.v1.sql: its compiled functions, and its row of
datastore.document_schema. install.sql includes these files, versions.sql chooses among them by a document's version.
values/ has the schemas of values that are no documents. What a release has is frozen (tools/released.py): it is not
made anew, whatever `jsonschema.compile` would write today.
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
from tools import released

Schema = dict[str, Any]

MADE = "-- Made by `make documents`"

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
    return _schemas(sql / "documents")


def _schemas(folder: Path) -> list[tuple[str, int, Schema]]:
    def found() -> Iterator[tuple[str, int, Schema]]:
        for path in folder.glob("*.json"):
            name, version, _ = path.name.split(".")
            yield name, int(version.removeprefix("v")), json.loads(path.read_text(encoding="utf-8"))

    return sorted(found(), key=lambda schema: schema[:2])


def values(sql: Path = SQL) -> list[tuple[str, int, Schema]]:
    """Every schema of a value that is no document, as `documents` has them."""
    return _schemas(sql / "documents" / "values")


def install_sql(sql: Path = SQL) -> str:
    """What the first migration includes, in order."""
    return "\n".join(
        [
            f"{MADE} from the files in this folder: what they compile to, and their rows.",
            *(rf"\ir values/{name}.v{version}.sql" for name, version, _ in values(sql)),
            r"\ir tables.sql",
            *(rf"\ir {kind}.v{version}.sql" for kind, version, _ in documents(sql)),
            "",
        ]
    )


def value_sql(connection: psycopg.Connection, name: str, version: int, schema: Schema) -> str:
    """The file beside the schema of a value."""
    source = f"{name}.v{version}.json"
    return f"{MADE} from {source}. Once released it never changes.\n\n" + "\n".join(
        _compiled(connection, f"{name}_v{version}", schema, source)
    )


def document_sql(connection: psycopg.Connection, kind: str, version: int, schema: Schema) -> str:
    """The file beside the schema of a document: the functions for it, and for the columns that hold a part; the row."""
    source = f"{kind}.v{version}.json"
    texts = [f"{MADE} from {source}. Once released it never changes.\n"]
    texts += _compiled(connection, f"{kind}_v{version}", schema, source)
    for column, path in COLUMNS.get(kind, {}).items():
        part = reduce(getitem, path, schema)
        if "$defs" in schema:
            part = part | {"$defs": schema["$defs"]}
        texts += _compiled(connection, f"{kind}_v{version}_{column}", part, f"{column} in {source}")
    row = json.dumps(schema, indent=2, ensure_ascii=False)
    texts.append(
        "insert into datastore.document_schema (kind, version, schema)\n"
        f"values ('{kind}', {version}, $json$\n{row}\n$json$);\n"
    )
    return "\n".join(texts)


def _compiled(connection: psycopg.Connection, name: str, schema: Schema, source: str) -> Iterator[str]:
    """The functions that `jsonschema.compile` makes of a schema in this database; what is called comes first."""
    connection.execute("create schema if not exists datastore")
    connection.execute("select jsonschema.compile(%s::jsonb, %s)", [json.dumps(schema), f"datastore.{name}"])
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
        yield text.replace("CREATE OR REPLACE FUNCTION", "create function").rstrip() + ";"
        yield f"comment on function datastore.{function}(jsonb) is 'Compiled from {source}. It never changes.';\n"


def made(connection: psycopg.Connection, sql: Path = SQL) -> dict[str, str]:
    """All that follows, apart from what is frozen: the path of each file below sql/, with its text."""
    files = {
        f"documents/values/{name}.v{version}.sql": value_sql(connection, name, version, schema)
        for name, version, schema in values(sql)
    }
    files |= {
        f"documents/{kind}.v{version}.sql": document_sql(connection, kind, version, schema)
        for kind, version, schema in documents(sql)
    }
    files |= {"documents/install.sql": install_sql(sql), "documents/versions.sql": versions_sql(sql)}
    frozen = released.released(sql.parent)
    return {name: text for name, text in files.items() if f"sql/{name}" not in frozen}


def make(connection: psycopg.Connection, sql: Path = SQL) -> None:
    """Write it. Raises `ValueError` where a file that is frozen was changed."""
    if changes := released.changes(sql.parent):
        raise ValueError(
            f"a release has what never changes, because stored rows were let in by it, and {'; '.join(changes)}. "
            "Take that back; what is new becomes a new version of the document, or a check of a format under a new name"
        )
    for name, text in made(connection, sql).items():
        (sql / name).write_text(text, encoding="utf-8")


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
            f"{MADE} from the files in this folder: which functions and keys belong to which version.",
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
        try:
            make(connection)
        except ValueError as error:
            raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
