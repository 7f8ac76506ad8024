"""Write sql/tables/documents.sql: the rows of datastore.document_schema, from the files in sql/documents."""

from __future__ import annotations

import json
from pathlib import Path

SQL = Path(__file__).parent.parent / "sql"


def documents_sql() -> str:
    """The statement that inserts every schema of sql/documents, by kind and version."""
    rows = []
    for path in sorted((SQL / "documents").glob("*.json")):
        kind, version, _ = path.name.split(".")
        text = json.dumps(json.loads(path.read_text(encoding="utf-8")), indent=2, ensure_ascii=False)
        rows.append(f"('{kind}', {version.removeprefix('v')}, $json$\n{text}\n$json$)")
    return (
        "-- Made by `make documents` from the files in sql/documents.\n"
        "insert into datastore.document_schema (kind, version, schema) values\n" + ",\n".join(rows) + ";\n"
    )


if __name__ == "__main__":
    (SQL / "tables" / "documents.sql").write_text(documents_sql(), encoding="utf-8")
