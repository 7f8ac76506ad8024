"""The servers that all tests use: real PostgreSQL, real Azurite.

By default both come from the wheels. With DATASTORE_DB_URL the tests use that server instead (they make databases of
their own on it, and drop them), and with DATASTORE_TEST_POSTGRES=16 the wheel's other version.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from datastore_db import Store, connect
from datastore_db.aio import User
from datastore_db.database.migrations import migrate
from datastore_db.local import LocalStack, start
from tests.support import secrets_watch
from tests.support.calls import Call, caller
from tests.support.databases import SharedDatabase, create_database, drop_database

# A shell starts background jobs with Ctrl-C ignored, and what is started from here would ignore it, too.
signal.signal(signal.SIGINT, signal.default_int_handler)

SERVER_URL = os.environ.pop("DATASTORE_DB_URL", None)
for _name in (
    "DATASTORE_STORAGE_CONNECTION_STRING",
    "DATASTORE_USER",
    "DATASTORE_HOME",
    "DATASTORE_KEK",
    "DATASTORE_DB_AUTH",
):
    os.environ.pop(_name, None)


# Nothing of the server outlives the tests. Statistics and plans are those that a test asks for.
QUICK = ("fsync = off", "synchronous_commit = off", "full_page_writes = off", "autovacuum = off")


@pytest.fixture(scope="session")
def temporary_home() -> Iterator[Path]:
    """A folder for servers. Not below pytest's own, which is closed to PostgreSQL's user where root runs this."""
    with tempfile.TemporaryDirectory(prefix="datastore-db-test-") as home:
        Path(home).chmod(0o711)
        yield Path(home)


@pytest.fixture(scope="session")
def stack(temporary_home: Path) -> Iterator[LocalStack]:
    """PostgreSQL and Azurite on this machine, for as long as the tests run."""
    version = int(os.environ.get("DATASTORE_TEST_POSTGRES", "18"))
    with start(temporary_home, postgres_version=version) as stack:
        with psycopg.connect(stack.database_url, autocommit=True) as connection:
            for setting in QUICK:
                connection.execute(f"alter system set {setting}".encode())
            connection.execute("select pg_reload_conf()")
        yield stack


@pytest.fixture(scope="session", autouse=True)
def no_secret_is_left_behind(temporary_home: Path) -> Iterator[None]:
    """With DATASTORE_TEST_SECRETS=1: the whole run is searched for the secrets that it used."""
    if not secrets_watch.WATCHED:
        yield
        return
    folder = temporary_home / "watched"
    with start(temporary_home, postgres_version=int(os.environ.get("DATASTORE_TEST_POSTGRES", "18"))) as stack:
        folder.mkdir()
        watch = secrets_watch.SecretsWatch(folder, stack.database_url, stack.postgres_bin / "pg_dump")
        watch.secrets.add(stack.storage_connection_string.partition("AccountKey=")[2].partition(";")[0])
        secrets_watch.current = watch
        with watch.watching():
            yield
        secrets_watch.current = None
        kek = temporary_home / "kek"
        if kek.exists():
            watch.secrets.add(kek.read_text().strip().partition(":")[2])
        assert watch.found(*(temporary_home / "log").iterdir()) == []


@pytest.fixture(scope="session")
def server_url(stack: LocalStack) -> str:
    """A role that may create databases, on the server that is tested."""
    return SERVER_URL or stack.database_url


@pytest.fixture(scope="session")
def storage_connection_string(stack: LocalStack) -> str:
    return stack.storage_connection_string


@pytest.fixture(scope="session")
def postgres_bin(stack: LocalStack, server_url: str) -> Path:
    """The folder with psql, pg_dump and pg_restore that fit the server."""
    with psycopg.connect(server_url) as connection:
        major = connection.info.server_version // 10000
    debian = Path(f"/usr/lib/postgresql/{major}/bin")
    if SERVER_URL is None:
        return stack.postgres_bin
    on_path = shutil.which("pg_dump")
    return debian if debian.is_dir() or on_path is None else Path(on_path).parent


@pytest.fixture(scope="session")
def psql(postgres_bin: Path) -> str:
    return str(postgres_bin / "psql")


@contextmanager
def new_database(server_url: str, template: str | None = None) -> Iterator[str]:
    url = create_database(server_url, template)
    if secrets_watch.current is not None:
        secrets_watch.current.make_verbose(str(conninfo_to_dict(url)["dbname"]))
    try:
        yield url
        if secrets_watch.current is not None:
            secrets_watch.current.dump(url)
    finally:
        drop_database(server_url, url)


def make_url(url: str, **changes: str) -> str:
    """The same server, with another database or user."""
    return make_conninfo(url, **changes)


@pytest.fixture(scope="session")
def make_database(server_url: str) -> Iterator[Callable[[], str]]:
    """Makes empty databases; they are dropped at the end."""
    with ExitStack() as databases:
        yield lambda: databases.enter_context(new_database(server_url))


@pytest.fixture
def empty_database(server_url: str) -> Iterator[str]:
    """A database without anything."""
    with new_database(server_url) as url:
        yield url


@pytest.fixture(scope="session")
def template(server_url: str) -> Iterator[str]:
    """A migrated database, to be copied: quicker than migrating each time."""
    with new_database(server_url) as url:
        migrate(url)
        yield str(conninfo_to_dict(url)["dbname"])


@pytest.fixture(scope="session")
def shared_database(server_url: str, template: str) -> Iterator[SharedDatabase]:
    shared = SharedDatabase(server_url, template)
    yield shared
    shared.drop()


@pytest.fixture
def database_url(server_url: str, template: str, shared_database: SharedDatabase) -> Iterator[str]:
    """A migrated database as it is without any test; with DATASTORE_TEST_SECRETS=1 a new one for each."""
    with new_database(server_url, template) if secrets_watch.current is not None else shared_database.lent() as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[psycopg.Connection]:
    """A DBA's connection to it."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def call(database: psycopg.Connection) -> Call:
    """A DBA's calls of functions by name; `acting` is the acting user."""
    return caller(database)


@pytest.fixture
def store(database_url: str, storage_connection_string: str) -> Iterator[Store]:
    """A backend's store on a database of its own: each call has an acting user."""
    with connect(database_url, storage_connection_string) as store:
        yield store


@pytest.fixture
def owner(database_url: str, storage_connection_string: str) -> Iterator[Store]:
    """A store on the same database, in the role of the login itself, with or without an acting user."""
    with connect(database_url, storage_connection_string, as_role="owner") as store:
        yield store


@pytest.fixture
def worker(database_url: str, storage_connection_string: str) -> Iterator[Store]:
    """A store on the same database that sees every container, and acts for no user."""
    with connect(database_url, storage_connection_string, as_role="worker") as store:
        yield store


@pytest.fixture
def ana(store: Store) -> User:
    """A registered user."""
    return store.register_user("ana@example.org")


@pytest.fixture
def acting(store: Store, ana: User) -> Iterator[Store]:
    """A store in which Ana acts."""
    with store.acting_as(ana["user_id"]):
        yield store


@pytest.fixture
def environment(database_url: str, storage_connection_string: str) -> dict[str, str]:
    """The environment of a command on this test's database."""
    return os.environ | {
        "DATASTORE_DB_URL": database_url,
        "DATASTORE_STORAGE_CONNECTION_STRING": storage_connection_string,
    }
