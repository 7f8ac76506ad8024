"""Released files never change: the schemas, their compiled checks, and the formats that these call."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from psycopg.types.json import Jsonb

from datastore_db.database import migrations as migrating
from datastore_db.database.repeatable import read_script
from datastore_db.resources import MIGRATIONS, SQL
from tests.database.test_migrations import rows_of
from tools.documents_to_sql import make, values
from tools.kinds_to_sql import documents
from tools.released import changes, freeze
from tools.released import released as frozen

STORED = {"client_data": {"client_email": "ANA@example.org"}, "seed": "Ambrosia trifida"}


@pytest.fixture
def released(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of sql/ after a release, that `migrate` reads."""
    sql = tmp_path / "sql"
    shutil.copytree(SQL, sql)
    shutil.copytree(MIGRATIONS, tmp_path / "migrations")
    freeze(tmp_path)
    monkeypatch.setattr(migrating, "MIGRATIONS", tmp_path / "migrations")
    monkeypatch.setattr(migrating, "SQL", sql)
    return sql


def compiled(sql: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (sql / "documents").rglob("*.v*.sql")}


def repair_email(sql: Path) -> None:
    """A repair of a format that accepts too much: here, letters in upper case."""
    (sql / "jsonschema" / "formats.v2.sql").write_text(
        "create or replace function jsonschema._is_email_2(value text) returns boolean language sql immutable "
        "parallel safe as $$ select jsonschema._is_email_1(value) and value = lower(value) $$;\n",
        encoding="utf-8",
    )
    for name, old, new, times in (
        ("install.sql", "\\ir formats.v1.sql", "\\ir formats.v1.sql\n\\ir formats.v2.sql", 1),
        ("formats.sql", "jsonschema._is_email_1", "jsonschema._is_email_2", 2),
    ):
        text = (sql / "jsonschema" / name).read_text(encoding="utf-8")
        assert text.count(old) == times
        (sql / "jsonschema" / name).write_text(text.replace(old, new), encoding="utf-8")


def test_a_repaired_format_leaves_stored_rows_valid(
    released: Path,
    database: psycopg.Connection,
    database_url: str,
    make_database: Callable[[], str],
    postgres_bin: Path,
    tmp_path: Path,
) -> None:
    def answer(connection: psycopg.Connection, query: str, *given: object) -> object:
        row = connection.execute(f"select {query}".encode(), given).fetchone()
        assert row is not None
        return row[0]

    user = answer(database, "datastore.register_user('ANA@example.org')")
    assert isinstance(user, dict)
    made = answer(database, "datastore.announce_pictures(%s, %s)", user["picture_set_id"], Jsonb([STORED]))
    assert isinstance(made, list)
    before = compiled(released)

    repair_email(released)
    with psycopg.connect(make_database(), autocommit=True) as scratch:
        scratch.execute(read_script(released / "jsonschema" / "install.sql"))
        make(scratch, released)
        # What is compiled from now on is strict, what was compiled is not made anew.
        scratch.execute("select jsonschema.compile('{\"format\": \"email\"}', 'public.strict')")
        assert answer(scratch, "public.strict('\"ANA@example.org\"')") is False
    assert compiled(released) == before
    assert changes(released.parent) == []
    migrating.migrate(database_url)
    assert answer(database, 'jsonschema.is_valid(\'{"format": "email"}\', \'"ANA@example.org"\')') is False

    # Stored rows stay valid, whatever is updated in them.
    database.execute("update datastore.picture set last_change = 'touched'")
    database.execute("update datastore.user_account set site_role = 'verifier'")
    assert answer(database, "datastore.picture_v1(document) from datastore.picture") is True
    again = answer(database, "datastore.update_picture(%s, %s)", made[0]["picture_id"], Jsonb(STORED))
    assert isinstance(again, dict)
    assert again["client_data"] == STORED["client_data"]

    dump, restored = tmp_path / "dump", make_database()
    subprocess.run([postgres_bin / "pg_dump", "-Fc", "-f", dump, database_url], check=True, timeout=60)
    restore = [str(postgres_bin / "pg_restore"), "--exit-on-error", "--no-owner", "-d", restored, str(dump)]
    subprocess.run(restore, check=True, timeout=60)
    assert rows_of(restored) == rows_of(database_url)


@pytest.mark.parametrize(
    "name",
    [
        "documents/picture.v1.json",
        "documents/picture.v1.sql",
        "documents/values/email.v1.sql",
        "jsonschema/formats.v1.sql",
    ],
)
def test_a_change_of_a_frozen_file_is_refused(released: Path, make_database: Callable[[], str], name: str) -> None:
    before = compiled(released)
    with (released / name).open("a", encoding="utf-8") as file:
        file.write("\n")
    changed = compiled(released)
    with (
        psycopg.connect(make_database(), autocommit=True) as scratch,
        pytest.raises(ValueError, match=rf"sql/{name} was changed.*a new version of the document"),
    ):
        make(scratch, released)
    assert compiled(released) == changed
    assert before.keys() == changed.keys()


def test_a_release_freezes_all_that_checks_call(released: Path) -> None:
    listed = {name.removeprefix("sql/") for name in frozen(released.parent)}
    for stem in [f"{kind}.v{version}" for kind, version, _ in documents(released)] + [
        f"values/{name}.v{version}" for name, version, _ in values(released)
    ]:
        assert {f"documents/{stem}.json", f"documents/{stem}.sql"} <= listed
    assert freeze(released.parent) == []
    formats = "".join(
        path.read_text(encoding="utf-8")
        for path in (released / "jsonschema").glob("formats.v*.sql")
        if f"jsonschema/{path.name}" in listed
    )
    called = {
        function
        for text in compiled(released).values()
        for function in re.findall(r"jsonschema\.(\w+)\(", text.decode())
    }
    assert called >= {"_is_email_1", "_is_uuid_1"}
    assert {function for function in called if f"function jsonschema.{function}(" not in formats} == set()
    # What these call themselves is frozen with them.
    inside = set(re.findall(r"jsonschema\.(\w+)\(", formats))
    assert {function for function in inside if f"function jsonschema.{function}(" not in formats} == set()
