"""A field is added to a document as a new version, over rows that already hold its key with another type.

This is the whole path that docs/documents.md describes, in a copy of the repository's sql/ and migrations/.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, ClassVar

import psycopg
import pytest
from psycopg.types.json import Jsonb
from pydantic import AfterValidator

from datastore_db import InvalidDocument
from datastore_db.database import migrations as migrating
from datastore_db.database.repeatable import read_script
from datastore_db.models import Picture, UserData
from datastore_db.models import schema as schemas
from datastore_db.models.values import Number, bounds
from datastore_db.resources import MIGRATIONS, SQL
from tests.database.test_migrations import rows_of, schema_of
from tests.documents.mirror import differences
from tools.documents_to_sql import make
from tools.released import freeze

OLD = {"user_data": {"lens_width": "thick", "zoom": 2}, "seed": "Ambrosia trifida"}
NEW = {"user_data": {"lens_width": 12.50}, "schema_version": 2}


def mirror_of_version_2() -> type[Picture]:
    """The mirror of the second version. Its definition adds it to the first one's `newer_versions`."""

    class UserDataV2(UserData):
        lens_width: Annotated[Number, AfterValidator(bounds(above=0))] | None = None

    class PictureV2(Picture):
        document_version: ClassVar[int] = 2

        user_data: UserDataV2 | None = None

    return PictureV2


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of sql/ and migrations/ that `migrate` and the models read."""
    shutil.copytree(SQL, tmp_path / "sql")
    shutil.copytree(MIGRATIONS, tmp_path / "migrations")
    monkeypatch.setattr(migrating, "SQL", tmp_path / "sql")
    monkeypatch.setattr(migrating, "MIGRATIONS", tmp_path / "migrations")
    monkeypatch.setattr(schemas, "SQL", tmp_path / "sql")
    # What is added to it is taken back.
    monkeypatch.setattr(Picture, "newer_versions", ())
    schemas.document_schema.cache_clear()
    yield tmp_path
    schemas.document_schema.cache_clear()


def add_version_2(checkout: Path, scratch: psycopg.Connection) -> None:
    """What a developer does: the schema, `make documents`, the constraints, and the migration."""
    sql = checkout / "sql"
    schema = json.loads((sql / "documents" / "picture.v1.json").read_text(encoding="utf-8"))
    schema["title"] = "Picture, version 2"
    schema["properties"]["schema_version"]["const"] = 2
    schema["properties"]["user_data"]["properties"]["lens_width"] = {"type": ["number", "null"], "exclusiveMinimum": 0}
    (sql / "documents" / "picture.v2.json").write_text(json.dumps(schema), encoding="utf-8")

    # make documents
    scratch.execute(read_script(sql / "jsonschema" / "install.sql"))
    make(scratch, sql)

    # sql/pictures/tables.sql
    table = sql / "pictures" / "tables.sql"
    version_1 = "constraint picture_v1_check check (schema_version <> 1 or datastore.picture_v1(document)),"
    version_2 = "constraint picture_v2_check check (schema_version <> 2 or datastore.picture_v2(document)),"
    known = "constraint picture_schema_version_check check (schema_version in ("
    text = table.read_text(encoding="utf-8")
    assert text.count(version_1) == text.count(f"{known}1))") == 1
    text = text.replace(version_1, f"{version_1}\n  {version_2}").replace(f"{known}1))", f"{known}1, 2))")
    table.write_text(text, encoding="utf-8")

    # The base was applied, here to a database that a release made: what follows is the next number. It includes what
    # was made, by name.
    last = max(path.stem for path in MIGRATIONS.glob("0*") if "rollback" not in path.name)
    migration = f'''"""Version 2 of pictures."""

import runpy
from pathlib import Path

from yoyo import step

__depends__ = {{"{last}"}}

script = runpy.run_path(str(Path(__file__).with_name("lib") / "psql_script.py"))

step(script["read_script"](script["SQL"] / "documents" / "picture.v2.sql"))
# Rows are not read under a lock: first the constraints, then a look at the rows.
step("""
alter table datastore.picture
  drop constraint picture_schema_version_check,
  add constraint picture_schema_version_check check (schema_version in (1, 2)) not valid,
  add constraint picture_v2_check check (schema_version <> 2 or datastore.picture_v2(document)) not valid
""")
step("""
alter table datastore.picture
  validate constraint picture_schema_version_check,
  validate constraint picture_v2_check
""")
'''
    (checkout / "migrations" / "0999.pre.picture-v2.py").write_text(migration, encoding="utf-8")


def told(connection: psycopg.Connection, call: str, *values: object) -> list[tuple[str, str]]:
    """What a call that is refused says is wrong."""
    with pytest.raises(psycopg.Error) as error:
        connection.execute(f"select datastore.{call}", values)
    assert error.value.sqlstate == "DS400"
    return sorted((one["instance_path"], one["keyword"]) for one in json.loads(error.value.diag.message_detail or ""))


def test_a_field_is_added_as_a_new_version(
    checkout: Path,
    database: psycopg.Connection,
    database_url: str,
    make_database: Callable[[], str],
    psql: str,
    postgres_bin: Path,
    tmp_path: Path,
) -> None:
    def answer(query: str, *values: object) -> Any:
        row = database.execute(f"select datastore.{query}", values).fetchone()
        assert row is not None
        return row[0]

    picture_set_id = answer("register_user('ana@example.org')")["picture_set_id"]
    (before,) = answer("announce_pictures(%s, %s)", picture_set_id, Jsonb([OLD]))
    untouched, changed = answer("announce_pictures(%s, %s)", picture_set_id, Jsonb([OLD, OLD]))
    as_it_was = answer("rebuild_picture(%s)", before["picture_id"])

    freeze(checkout)
    with psycopg.connect(make_database(), autocommit=True) as scratch:
        add_version_2(checkout, scratch)
    assert migrating.migrate(database_url) == ["0999.pre.picture-v2"]

    # The mirror is the schema's.
    mirror = mirror_of_version_2()
    assert Picture.newer_versions == (mirror,)
    schema = schemas.document_schema("picture", 2)
    assert list(differences(mirror, schema, schema)) == []

    # Old rows stay as they are, are rebuilt, updated as version 1, and touched by an unrelated update.
    assert answer("rebuild_picture(%s)", before["picture_id"]) == as_it_was
    database.execute("update datastore.picture set last_change = 'touched'")
    thin = OLD | {"user_data": {"lens_width": ["thin"]}}
    assert Picture.read(thin).as_json() == thin
    assert answer("update_picture(%s, %s)", changed["picture_id"], Jsonb(thin))["user_data"] == thin["user_data"]
    # The camelCase of a key that version 1 does not know is an unknown key there.
    assert told(database, "check_document('picture', %s)", Jsonb({"userData": {}})) == [("/userData", "spelling")]
    assert answer("document_is_valid('picture', %s)", Jsonb({"user_data": {"lensWidth": 1}}))

    # New documents are checked by the new version, by both judges.
    assert answer("update_picture(%s, %s)", changed["picture_id"], Jsonb(NEW))["user_data"] == {"lens_width": 12.5}
    assert isinstance(Picture.read(NEW), mirror)
    assert Picture.read({"schemaVersion": 2, "userData": {"lensWidth": 1}}).as_json() == {
        "schema_version": 2,
        "user_data": {"lens_width": 1},
    }
    wrong: list[tuple[dict[str, Any], tuple[str, str]]] = [
        (OLD | {"schema_version": 2}, ("/user_data/lens_width", "type")),
        ({"user_data": {"lens_width": 0}, "schema_version": 2.0}, ("/user_data/lens_width", "exclusiveMinimum")),
        ({"user_data": {"lens_width": 0}, "schema_version": 3}, ("/schema_version", "const")),
    ]
    for document, expected in wrong:
        assert expected in told(database, "update_picture(%s, %s)", changed["picture_id"], Jsonb(document))
        (place, keyword), batch = expected, [NEW, document]
        assert (f"/1{place}", keyword) in told(database, "announce_pictures(%s, %s)", picture_set_id, Jsonb(batch))
        with pytest.raises(InvalidDocument) as refusal:
            Picture.read(document)
        assert expected in [(error["instance_path"], error["keyword"]) for error in refusal.value.errors]
    camel = {"schema_version": 2, "user_data": {"lensWidth": 1}}
    assert told(database, "check_document('picture', %s)", Jsonb(camel)) == [("/user_data/lensWidth", "spelling")]

    # Whoever writes: a row has a version that is known, and fits it.
    for document, constraint in (
        (OLD | {"schema_version": 2}, "picture_v2_check"),
        ({"user_data": 5}, "picture_v1_check"),
        ({"schema_version": 3}, "picture_schema_version_check"),
    ):
        with pytest.raises(psycopg.errors.CheckViolation) as violation:
            database.execute(
                "update datastore.picture set document = %s where picture_id = %s",
                [Jsonb(document), untouched["picture_id"]],
            )
        assert violation.value.diag.constraint_name == constraint

    # A dump of all this restores, and works.
    dump, restored = tmp_path / "dump", make_database()
    subprocess.run([postgres_bin / "pg_dump", "-Fc", "-f", dump, database_url], check=True, timeout=60)
    restore = [str(postgres_bin / "pg_restore"), "--exit-on-error", "--no-owner", "-d", restored, str(dump)]
    subprocess.run(restore, check=True, timeout=60)
    assert rows_of(restored) == rows_of(database_url)
    with psycopg.connect(restored, autocommit=True) as connection:
        rebuilt = connection.execute("select datastore.rebuild_picture(%s)", [before["picture_id"]]).fetchone()
        assert rebuilt is not None
        assert rebuilt[0]["user_data"] == OLD["user_data"]
        call = "update_picture(%s, %s)"
        assert told(connection, call, before["picture_id"], Jsonb(OLD | {"schema_version": 2})) == [wrong[0][1]]

    # A new database is the same as one that was migrated.
    fresh = make_database()
    subprocess.run([psql, "-qX", "-f", checkout / "sql" / "install.sql", fresh], check=True, timeout=60)
    pg_dump = str(postgres_bin / "pg_dump")
    assert schema_of(pg_dump, fresh) == schema_of(pg_dump, database_url)
