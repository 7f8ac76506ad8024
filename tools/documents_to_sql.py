"""Write what follows from sql/documents: the rows of datastore.document_schema, and the compiled functions.

    python tools/documents_to_sql.py        (`make documents`)

A version that was released never changes, and so neither do its row and its functions; a new version adds its own.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from datastore_db.local import start
from datastore_db.migrate import read_script
from datastore_db.resources import SQL

Schema = dict[str, Any]

# The sections that the datastore fills are columns of their own, each checked by its part of the schema.
COLUMNS = {"inspection": ["metadata", "image_data", "quality_check"]}


def documents() -> Iterator[tuple[str, int, Schema]]:
    """Every schema of sql/documents: its kind, its version, itself."""
    for path in sorted((SQL / "documents").glob("*.json")):
        kind, version, _ = path.name.split(".")
        yield kind, int(version.removeprefix("v")), json.loads(path.read_text(encoding="utf-8"))


def rows_sql() -> str:
    """The statement that inserts the schemas."""
    rows = [
        f"('{kind}', {version}, $json$\n{json.dumps(schema, indent=2, ensure_ascii=False)}\n$json$)"
        for kind, version, schema in documents()
    ]
    return (
        "-- Made by `make documents` from the files in sql/documents.\n"
        "insert into datastore.document_schema (kind, version, schema) values\n" + ",\n".join(rows) + ";\n"
    )


def functions() -> Iterator[tuple[str, Schema, str]]:
    """What is compiled: each document as a whole, and each part of one that is a column; name, schema, source."""
    yield "object_v1", {"type": "object"}, "the schema of any object"
    yield "email_v1", {"type": "string", "format": "email"}, "the schema of an email address"
    for kind, version, schema in documents():
        name = f"{kind}_v{version}"
        source = f"{kind}.v{version}.json"
        yield name, schema, source
        for column in COLUMNS.get(kind, []):
            yield f"{name}_{column}", schema["properties"][column], f"{column} in {source}"


def functions_sql(connection: psycopg.Connection) -> str:
    """The functions, as `jsonschema.compile` writes them in this database."""
    connection.execute("create schema if not exists datastore")
    texts = [
        "-- Made by `make documents`: jsonschema.compile of the files in sql/documents, and of the columns' parts."
    ]
    for name, schema, source in functions():
        connection.execute("select jsonschema.compile(%s::jsonb, %s)", [json.dumps(schema), f"datastore.{name}"])
        row = connection.execute("select pg_get_functiondef(%s::regproc)", [f"datastore.{name}"]).fetchone()
        assert row is not None
        texts.append(row[0].replace("CREATE OR REPLACE FUNCTION", "create function").rstrip() + ";")
        texts.append(f"comment on function datastore.{name}(jsonb) is 'Compiled from {source}. It never changes.';\n")
    return "\n".join(texts)


def main() -> None:
    """Write both files."""
    with (
        tempfile.TemporaryDirectory() as home,
        start(Path(home)) as stack,
        psycopg.connect(stack.database_url, autocommit=True) as connection,
    ):
        connection.execute(read_script(SQL / "jsonschema" / "install.sql"))
        (SQL / "tables" / "document_checks.sql").write_text(functions_sql(connection), encoding="utf-8")
    (SQL / "tables" / "documents.sql").write_text(rows_sql(), encoding="utf-8")


if __name__ == "__main__":
    main()
