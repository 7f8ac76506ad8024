"""psql -f sql/jsonschema/install.sql is enough: in an empty database, from any directory, and again."""

import subprocess
from pathlib import Path

import psycopg

INSTALL = Path(__file__).parents[2] / "sql" / "jsonschema" / "install.sql"


def psql_file(psql: str, database: str, cwd: Path, *options: str) -> None:
    command = [psql, "--no-psqlrc", "--quiet", *options, "--dbname", database, "--file", str(INSTALL)]
    done = subprocess.run(command, check=False, cwd=cwd, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_installing_twice_from_another_directory_works(empty_database: str, psql: str, tmp_path: Path) -> None:
    psql_file(psql, empty_database, tmp_path)
    with psycopg.connect(empty_database) as connection:
        connection.execute("select jsonschema.compile('{\"format\": \"email\"}', 'public.is_email')")
        connection.execute("create table person (email jsonb check (public.is_email(email)))")
    psql_file(psql, empty_database, tmp_path, "--single-transaction")
    with psycopg.connect(empty_database) as connection:
        connection.execute("insert into person values ('\"ana@example.org\"')")
        assert connection.execute("select jsonschema.is_valid('true', '1')").fetchone() == (True,)


def test_only_the_documented_functions_are_public(db: psycopg.Connection) -> None:
    """Three functions, each explained; everything else says by its name that it is internal."""
    public = db.execute(
        """
        select proname, obj_description(oid, 'pg_proc')
        from pg_proc
        where pronamespace = 'jsonschema'::regnamespace and not starts_with(proname, '_')
        order by proname
        """
    ).fetchall()
    assert [name for name, _ in public] == ["compile", "errors", "is_valid"]
    for _, comment in public:
        assert {"Arguments:", "Errors:"} <= set(comment.replace("\n", " ").split(" "))


def test_nothing_depends_on_a_setting(db: psycopg.Connection) -> None:
    """Whatever a compiled function may call is immutable, parallel safe, and not strict (which would stop inlining)."""
    others = db.execute(
        """
        select oid::regprocedure from pg_proc
        where pronamespace = 'jsonschema'::regnamespace and proname <> 'compile'
          and (provolatile <> 'i' or proparallel <> 's' or proisstrict)
        """
    ).fetchall()
    assert others == []


def test_no_exception_block(db: psycopg.Connection) -> None:
    """A subtransaction cannot start in a parallel worker."""
    assert (
        db.execute(
            r"""
        select oid::regprocedure from pg_proc
        where pronamespace = 'jsonschema'::regnamespace and prosrc ~* '\mexception\s+when\M'
        """
        ).fetchall()
        == []
    )
