"""A database with sql/jsonschema in it, and the three functions asked at once."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

ROOT = Path(__file__).parents[2]
INSTALL = ROOT / "sql" / "jsonschema" / "install.sql"


def install(psql: str, database: str, cwd: Path = ROOT) -> None:
    command = [psql, "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--dbname", database, "--file", str(INSTALL)]
    done = subprocess.run(command, check=False, cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


@pytest.fixture(scope="session")
def jsonschema_db(make_database: Callable[[], str], psql: str) -> str:
    """The URL of a database with the schema jsonschema, and nothing else."""
    database = make_database()
    install(psql, database)
    return database


@pytest.fixture(scope="session")
def _connection(jsonschema_db: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(jsonschema_db, autocommit=True) as connection:
        # an empty search_path, as during pg_restore
        connection.execute("set search_path = ''")
        yield connection


@pytest.fixture
def db(_connection: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """A connection whose changes are undone after the test."""
    with _connection.transaction(force_rollback=True):
        yield _connection


class Judges:
    """is_valid, errors and the compiled function, which must agree."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection
        self.compiled: str | None = None

    def compile(self, schema: Any) -> None:
        text = json.dumps(schema)
        if text != self.compiled:
            self.connection.execute("select jsonschema.compile(%s, 'public.judge')", [text])
            self.compiled = text

    def verdict(self, schema: Any, instance: Any, *, raw: bool = False) -> bool:
        """The verdict on an instance, or, if raw, on a JSON text."""
        self.compile(schema)
        text = instance if raw else json.dumps(instance)
        row = self.connection.execute(
            """
            select public.judge(%(instance)s::jsonb), jsonschema.is_valid(%(schema)s, %(instance)s),
                   (select count(*) = 0 from jsonschema.errors(%(schema)s, %(instance)s))
            """,
            {"schema": json.dumps(schema), "instance": text},
        ).fetchone()
        assert row in ((True,) * 3, (False,) * 3), f"compiled, is_valid, no errors: {row} for {schema} and {text[:200]}"
        return row[0]


@pytest.fixture
def judges(db: psycopg.Connection) -> Judges:
    return Judges(db)


@pytest.fixture
def errors(db: psycopg.Connection) -> Callable[[Any, Any], list[tuple[str, str, str]]]:
    def errors(schema: Any, instance: Any) -> list[tuple[str, str, str]]:
        return db.execute(
            "select * from jsonschema.errors(%s, %s)", [json.dumps(schema), json.dumps(instance)]
        ).fetchall()

    return errors


@pytest.fixture(scope="session")
def judges_of_session(_connection: psycopg.Connection) -> Judges:
    """As judges, for tests that ask a thousand times; what they compile stays in the database."""
    return Judges(_connection)
