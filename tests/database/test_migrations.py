"""How a database gets to this release: by migrations, by psql, from a wheel, and by a dump of another one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from datastore_db import DatastoreError, connect
from datastore_db.database.migrations import migrate, roll_back, yoyo_uri
from datastore_db.resources import MIGRATIONS, SQL
from tests.conftest import make_url
from tests.support.commands import PROGRAM, run
from tests.support.pictures import EXAMPLE

ROOT = SQL.parent
MIGRATED = sorted(path.stem for path in MIGRATIONS.glob("0*") if ".rollback." not in path.name)


@pytest.fixture
def pg_dump(postgres_bin: Path) -> str:
    return str(postgres_bin / "pg_dump")


def schema_of(pg_dump: str, url: str) -> list[str]:
    """The schema as a dump writes it, without the tables that remember migrations, and what differs in each dump."""
    dump = subprocess.run(
        [pg_dump, "--schema-only", "--exclude-table=public.*", url], capture_output=True, text=True, check=True
    ).stdout
    return [line for line in dump.splitlines() if line and not line.startswith(("--", "\\restrict", "\\unrestrict"))]


def rows_of(url: str) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table of ours."""
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "select relname from pg_class where relnamespace = 'datastore'::regnamespace and relkind = 'r'"
        ).fetchall()
        return {
            name: connection.execute(
                sql.SQL("select * from {} as t order by t::text").format(sql.Identifier("datastore", name))
            ).fetchall()
            for (name,) in tables
        }


def test_psql_and_yoyo_and_migrate_give_the_same_schema(
    make_database: object, psql: str, pg_dump: str, tmp_path: Path
) -> None:
    assert callable(make_database)
    by_psql, by_yoyo, by_command = make_database(), make_database(), make_database()
    # From any directory.
    subprocess.run([psql, "-qX", "-f", str(SQL / "install.sql"), by_psql], cwd=tmp_path, check=True, timeout=60)
    yoyo = Path(sys.executable).with_name("yoyo")
    subprocess.run([yoyo, "apply", "--database", yoyo_uri(by_yoyo)], cwd=ROOT, check=True, timeout=60)
    assert migrate(by_command) == MIGRATED
    schema = schema_of(pg_dump, by_psql)
    assert len(schema) > 1000
    assert schema_of(pg_dump, by_yoyo) == schema
    assert schema_of(pg_dump, by_command) == schema
    assert [rows_of(by_yoyo)[table] for table in ("document_schema",)] == [rows_of(by_psql)["document_schema"]]


def test_migrating_again_changes_nothing(empty_database: str, pg_dump: str) -> None:
    assert migrate(empty_database)
    before = schema_of(pg_dump, empty_database), rows_of(empty_database)
    assert migrate(empty_database) == []
    assert (schema_of(pg_dump, empty_database), rows_of(empty_database)) == before


def test_apply_roll_back_apply(empty_database: str, pg_dump: str) -> None:
    nothing = schema_of(pg_dump, empty_database)
    applied = migrate(empty_database)
    schema = schema_of(pg_dump, empty_database)
    assert roll_back(empty_database) == applied[::-1]
    assert schema_of(pg_dump, empty_database) == nothing
    assert migrate(empty_database) == applied
    assert schema_of(pg_dump, empty_database) == schema


@pytest.mark.parametrize("layout", ["checkout", "wheel"])
def test_yoyo_needs_nothing_of_this_package(
    empty_database: str, database_url: str, pg_dump: str, tmp_path: Path, layout: str
) -> None:
    """The package cannot be imported, and its folder has sql/ and migrations/ alone."""
    place = tmp_path / ("datastore_db" if layout == "wheel" else "checkout")
    for folder in ("sql", "migrations"):
        shutil.copytree(ROOT / folder, place / folder)
    apply = f"""
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "datastore_db":
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Blocked())
import yoyo
backend = yoyo.get_backend({yoyo_uri(empty_database)!r})
backend.apply_migrations(yoyo.read_migrations({str(place / "migrations")!r}))
assert "datastore_db" not in sys.modules
"""
    subprocess.run([sys.executable, "-P", "-c", apply], cwd=tmp_path, check=True, timeout=60)
    assert schema_of(pg_dump, empty_database) == schema_of(pg_dump, database_url)


def test_a_database_in_a_foreign_state_is_refused(
    empty_database: str, database_url: str, database: psycopg.Connection, psql: str
) -> None:
    database.execute("insert into public._yoyo_migration (migration_hash, migration_id) values ('x', '0002.pre.old')")
    with pytest.raises(DatastoreError, match=r"does not have: 0002\.pre\.old\. Use the release that made it"):
        migrate(database_url)
    subprocess.run([psql, "-qX", "-f", str(SQL / "install.sql"), empty_database], check=True, timeout=60)
    with pytest.raises(DatastoreError, match="was it installed by psql"):
        migrate(empty_database)
    yoyo = [str(Path(sys.executable).with_name("yoyo")), "apply", "--database", yoyo_uri(empty_database)]
    refused = subprocess.run(yoyo, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert "has a schema named datastore already" in refused.stderr
    yoyo[1] = "mark"
    subprocess.run(yoyo, cwd=ROOT, check=True, timeout=60)
    assert migrate(empty_database) == []


def test_two_migrations_at_once_run_one_after_the_other(empty_database: str) -> None:
    command = [PROGRAM, "migrate"]
    environment = os.environ | {"DATASTORE_DB_URL": empty_database}
    processes = [subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    for process in processes:
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err


def test_a_function_that_changed_is_deployed_without_a_migration(
    database_url: str, database: psycopg.Connection
) -> None:
    database.execute("""
        create or replace function datastore.rebuild_seeds() returns jsonb language sql stable return '"old"'::jsonb
    """)
    assert migrate(database_url) == []
    row = database.execute("select jsonb_array_length(datastore.rebuild_seeds() -> 'seeds')").fetchone()
    assert row == (15,)


def test_the_command_migrates_and_rolls_back(empty_database: str, environment: dict[str, str]) -> None:
    environment = environment | {"DATASTORE_DB_URL": empty_database}
    first = run(environment, "migrate")
    assert (first.status, "applied 0001.pre.base" in first.out) == (0, True)
    assert run(environment, "migrate", "--only-pre", "--json").out.split() == ["{", '"applied":', "[]", "}"]
    refused = subprocess.run(
        [PROGRAM, "migrate", "--roll-back"], env=environment, input="n\n", text=True, capture_output=True, check=False
    )
    assert refused.returncode != 0
    assert run(environment, "ls").status == 0
    assert run(environment, "migrate", "--roll-back", "--yes").status == 0
    assert run(environment, "ls").status == 2


def test_the_installed_wheel_migrates(empty_database: str, tmp_path: Path, pg_dump: str, database_url: str) -> None:
    """The wheel carries the SQL and the migrations: it needs no checkout."""
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "dist")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
        assert "datastore_db/py.typed" in archive.namelist()
    code = "import sys; sys.argv[0] = 'datastore-db'; from datastore_db.cli import main; main()"
    done = subprocess.run(
        # -P and a path of its own: nothing of the checkout is seen.
        [sys.executable, "-P", "-c", code, "migrate"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(site), "DATASTORE_DB_URL": empty_database},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "applied 0001.pre.base" in done.stdout
    assert schema_of(pg_dump, empty_database) == schema_of(pg_dump, database_url)


@pytest.fixture
def owner(server_url: str, template: str) -> Iterator[tuple[str, str]]:
    """A role that is no superuser and bypasses nothing: its name and password."""
    name, password = f"owner_{os.getpid()}", "an owner's password"
    with psycopg.connect(server_url, autocommit=True) as connection:
        role = sql.Identifier(name)
        connection.execute(
            sql.SQL("create role {} login createdb nosuperuser nobypassrls password {}").format(
                role, sql.Literal(password)
            )
        )
        # The grants of a server's administrator to the login that deploys
        for part in ("owner", "worker", "app", "reader"):
            connection.execute(sql.SQL("grant {} to {}").format(sql.Identifier(f"datastore_{part}"), role))
        yield name, password
        connection.execute(sql.SQL("drop owned by {}").format(role))
        connection.execute(sql.SQL("drop role {}").format(role))


def test_a_dump_by_an_owner_without_superuser_rights_restores_every_row(
    server_url: str,
    owner: tuple[str, str],
    storage_connection_string: str,
    postgres_bin: Path,
    pg_dump: str,
    tmp_path: Path,
) -> None:
    name, password = owner
    databases = [f"filled_{os.getpid()}", f"restored_{os.getpid()}"]
    urls = [make_url(server_url, user=name, password=password, dbname=database) for database in databases]
    with psycopg.connect(server_url, autocommit=True) as connection:
        for database in databases:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(database)))
            connection.execute(
                sql.SQL("alter database {} owner to {}").format(sql.Identifier(database), sql.Identifier(name))
            )
    try:
        filled, restored = urls
        migrate(filled)
        with connect(filled, storage_connection_string) as store:
            user = store.register_user("ana@example.org")
            with store.acting_as(user["user_id"]):
                report = store.upload_folder(EXAMPLE)
                store.upload_folder(EXAMPLE)
        dump = tmp_path / "dump"
        subprocess.run([pg_dump, "-Fc", "-f", str(dump), filled], check=True, timeout=60)
        restore = [str(postgres_bin / "pg_restore"), "--exit-on-error", "--no-owner", "-d", restored, str(dump)]
        subprocess.run(restore, check=True, timeout=60)
        assert rows_of(restored) == rows_of(filled)
        with connect(restored, storage_connection_string) as store, store.acting_as(user["user_id"]):
            assert store.upload_folder(EXAMPLE).counts == {"unchanged": 5, "refused": 1}
            assert report.counts == {"uploaded": 5, "refused": 1}
    finally:
        with psycopg.connect(server_url, autocommit=True) as connection:
            for database in databases:
                connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(database)))


def test_nothing_relies_on_the_search_path(database_url: str, storage_connection_string: str) -> None:
    with_nothing = make_url(database_url, options="-csearch_path=")
    with connect(with_nothing, storage_connection_string) as store:
        user = store.register_user("ana@example.org")
        with store.acting_as(user["user_id"]):
            assert store.upload_folder(EXAMPLE).counts == {"uploaded": 5, "refused": 1}
            assert len(store.folders()) == 3
    migrate(with_nothing)


def test_files_made_from_the_documents_are_up_to_date(database: psycopg.Connection) -> None:
    from tools.documents_to_sql import made

    files = made(database)
    assert {name: (SQL / name).read_text(encoding="utf-8") for name in files} == files
