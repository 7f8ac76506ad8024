"""Write the files that follow from the JSON Schemas in sql/documents.

    python tools/documents_to_sql.py        (`make documents`)

Beside each schema, picture.v1.json, stands what is made of it, picture.v1.sql: its compiled functions, and its row of
datastore.document_schema. install.sql includes these files, versions.sql chooses among them by a document's version.
rules.sql has the rules of each kind, values/ the schemas of values that are no documents. What a release has is frozen
(tools/released.py): it is not made anew, whatever `jsonschema.compile` would write today.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.databases import temporary_stack
from datastore_db.database.repeatable import read_script
from datastore_db.resources import SQL
from tools import released
from tools.kinds_to_sql import MADE, columns, documents, messages_sql, read_schemas, rules_sql, versions_sql

Schema = dict[str, Any]


def values(sql: Path = SQL) -> list[tuple[str, int, Schema]]:
    """Every schema of a value that is no document, as `documents` has them."""
    return read_schemas(sql / "documents" / "values")


def install_sql(sql: Path = SQL) -> str:
    """The files that the first migration includes, in order."""
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
    for column, part in columns(schema):
        if "$defs" in schema:
            part = part | {"$defs": schema["$defs"]}
        texts += _compiled(connection, f"{kind}_v{version}_{column}", _without_anchors(part), f"{column} in {source}")
    row = json.dumps(schema, indent=2, ensure_ascii=False)
    texts.append(
        "insert into datastore.document_schema (kind, version, schema)\n"
        f"values ('{kind}', {version}, $json$\n{row}\n$json$);\n"
    )
    return "\n".join(texts)


def _without_anchors(part: Schema) -> Schema:
    inner = {key: _without_anchors(value) if isinstance(value, dict) else value for key, value in part.items()}
    return {key: value for key, value in inner.items() if key != "$anchor"}


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
    files |= {
        "documents/install.sql": install_sql(sql),
        "documents/versions.sql": versions_sql(sql),
        "documents/rules.sql": rules_sql(sql),
        "documents/messages.sql": messages_sql(sql),
    }
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
