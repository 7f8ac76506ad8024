"""A field is added to a document as a new version, over rows that already hold its key with another type.

This is the recipe "a field" of CONTRIBUTING.md after a release, in a copy of the repository.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from datastore_db import InvalidDocument
from datastore_db.database import migrations as migrating
from datastore_db.database.repeatable import read_script
from datastore_db.folder.spelling import known_keys
from datastore_db.models import Picture
from datastore_db.models import picture as picture_models
from datastore_db.models import schema as schemas
from tests.database.test_migrations import rows_of, schema_of
from tests.documents.mirror import differences
from tests.recipes.field import MIRROR_OF_VERSION_2, after_a_release
from tests.support.recipe import follow, places, stated
from tests.support.tree import commit, repository
from tools.documents_to_sql import make
from tools.released import freeze

OLD = {"user_data": {"lens_width": "thick", "zoom": 2}, "seed": "Ambrosia trifida"}
NEW = {"user_data": {"lens_width": 12.50}, "schema_version": 2}


def mirror_of_version_2() -> type[Picture]:
    """The mirror of the second version, as the recipe has it. Its definition adds it to the first one's newer ones."""
    namespace = dict(vars(picture_models))
    exec(compile(MIRROR_OF_VERSION_2, "picture.py", "exec", dont_inherit=True), namespace)
    mirror = namespace["PictureV2"]
    assert isinstance(mirror, type)
    assert issubclass(mirror, Picture)
    return mirror


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of this repository, of which `migrate` and the models read sql/ and migrations/."""
    tree = repository(tmp_path / "tree")
    monkeypatch.setattr(migrating, "SQL", tree / "sql")
    monkeypatch.setattr(migrating, "MIGRATIONS", tree / "migrations")
    monkeypatch.setattr(schemas, "SQL", tree / "sql")
    # What is added to it is taken back.
    monkeypatch.setattr(Picture, "newer_versions", ())
    schemas.document_schema.cache_clear()
    yield tree
    schemas.document_schema.cache_clear()


def add_version_2(checkout: Path, scratch: psycopg.Connection) -> None:
    """The developer's steps, counted, and `make documents`."""
    freeze(checkout)
    commit(checkout, "Release")
    follow(checkout, after_a_release(checkout))
    by_hand = places(checkout)
    assert len(by_hand) <= stated("A field")[1] == 5, by_hand
    sql = checkout / "sql"
    scratch.execute(read_script(sql / "jsonschema" / "install.sql"))
    make(scratch, sql)


def errors_in(connection: psycopg.Connection, call: str, *values: object) -> list[tuple[str, str]]:
    """The errors of a refused call."""
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

    with psycopg.connect(make_database(), autocommit=True) as scratch:
        add_version_2(checkout, scratch)
    assert migrating.migrate(database_url) == ["0999.pre.picture-v2"]

    # A file of a folder has the key in both spellings, where it says the version.
    assert "lens_width" in known_keys(2)["user_data"]
    assert "lens_width" not in known_keys(1)["user_data"]
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
    assert errors_in(database, "check_document('picture', %s)", Jsonb({"userData": {}})) == [("/userData", "spelling")]
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
        assert expected in errors_in(database, "update_picture(%s, %s)", changed["picture_id"], Jsonb(document))
        (place, keyword), batch = expected, [NEW, document]
        assert (f"/1{place}", keyword) in errors_in(database, "announce_pictures(%s, %s)", picture_set_id, Jsonb(batch))
        with pytest.raises(InvalidDocument) as refusal:
            Picture.read(document)
        assert expected in [(error["instance_path"], error["keyword"]) for error in refusal.value.errors]
    camel = {"schema_version": 2, "user_data": {"lensWidth": 1}}
    assert errors_in(database, "check_document('picture', %s)", Jsonb(camel)) == [("/user_data/lensWidth", "spelling")]

    # A row of any writer has a known version, and fits it.
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
        assert errors_in(connection, call, before["picture_id"], Jsonb(OLD | {"schema_version": 2})) == [wrong[0][1]]

    # A new database is the same as one that was migrated.
    fresh = make_database()
    subprocess.run([psql, "-qX", "-f", checkout / "sql" / "install.sql", fresh], check=True, timeout=60)
    pg_dump = str(postgres_bin / "pg_dump")
    assert schema_of(pg_dump, fresh) == schema_of(pg_dump, database_url)
