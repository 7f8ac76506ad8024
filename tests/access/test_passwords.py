"""The password in DATASTORE_DB_URL: in no message, no log, and no frame of any error that `connect` raises."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Iterator
from types import FrameType, TracebackType

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from datastore_db import DatastoreError, NotAllowed, Unreachable, aio, connect
from datastore_db.database.calls import Database
from datastore_db.database.migrations import migrate
from datastore_db.database.url import DatabaseUrl
from datastore_db.settings import Given, Settings
from tests.conftest import make_url
from tests.support.commands import run

PASSWORD = "open-sesame"

MALFORMED = [
    f"postgresql//ana:{PASSWORD}@localhost/datastore",
    f"postgres:/ana:{PASSWORD}@localhost/datastore",
    f"ana:{PASSWORD}@localhost/datastore",
    f"host=localhost password={PASSWORD} {PASSWORD}",
    f"host=localhost password='{PASSWORD}",
    f"postgresql://ana:{PASSWORD}%@localhost/datastore",
    f"postgresql://ana:{PASSWORD}%zz@localhost/datastore",
    f"postgresql://ana:x/{PASSWORD}@localhost/datastore",
    f"postgresql://ana:{PASSWORD}/x@localhost/datastore",
    f"postgresql://ana:1/{PASSWORD}@localhost/datastore",
    f"postgresql://ana:x@{PASSWORD}@localhost/datastore",
    f"postgresql://ana:{PASSWORD}@localhost:{PASSWORD}/datastore",
    f"postgresql://ana:x?/{PASSWORD}@localhost/datastore",
    f"postgresql://ana@localhost/datastore?pasword={PASSWORD}",
    f"postgresql://ana@localhost/datastore?{PASSWORD}",
    f"postgresql://ana:{PASSWORD}@[::1/datastore",
    f"postgresql://ana:{PASSWORD}@localhost/datastore\0",
    f"DATASTORE_DB_URL=postgresql://ana:{PASSWORD}@localhost/datastore",
]
UNREACHABLE = [
    f"postgresql://ana:{PASSWORD}@127.0.0.1:1/datastore",
    f"postgresql://ana:{PASSWORD}@host.invalid/datastore",
    f"postgresql://ana:{PASSWORD}@localhost/datastore?host=/nowhere",
    f"host=127.0.0.1 port=1 user=ana password={PASSWORD}",
    f"postgresql://ana:{PASSWORD}@localhost/datastore?sslmode=nonsense",
    f"postgresql://ana:{PASSWORD}@127.0.0.1:99999999/datastore",
]


def frames(error: BaseException) -> Iterator[FrameType]:
    """The frames of an error's traceback, and of those that it keeps, but for the test's own."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        kept = waiting.pop()
        if kept is None or id(kept) in seen:
            continue
        seen.add(id(kept))
        waiting += [kept.__context__, kept.__cause__]
        traceback: TracebackType | None = kept.__traceback__
        while traceback is not None:
            if traceback.tb_frame.f_code.co_filename != __file__:
                yield traceback.tb_frame
            traceback = traceback.tb_next


def text_of(error: BaseException) -> str:
    """Everything that a report of an error could hold: its words, and the locals of each frame."""
    found = [str(error), repr(error)]
    for frame in frames(error):
        found += [f"{frame.f_code.co_qualname}: {name} = {value!r}" for name, value in frame.f_locals.items()]
    return "\n".join(found)


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    return caplog


class TestErrorsOfConnect:
    @pytest.mark.parametrize("by", ["argument", "environment", "async"])
    @pytest.mark.parametrize("url", MALFORMED + UNREACHABLE)
    def test_errors_show_no_password(
        self, url: str, by: str, logged: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        expected = Unreachable if url in UNREACHABLE else DatastoreError
        given: str | None = url
        if by == "environment" and "\0" not in url:
            monkeypatch.setenv("DATASTORE_DB_URL", url)
            given = None
        with pytest.raises(expected) as raised:
            asyncio.run(connect_async(given)) if by == "async" else connect(given)
        assert PASSWORD not in text_of(raised.value)
        assert PASSWORD not in logged.text
        if url in MALFORMED:
            assert "DATASTORE_DB_URL is no address of a database" in str(raised.value)

    def test_the_error_of_a_refused_login_shows_no_password(
        self, urls: dict[str, str], empty_database: str, logged: pytest.LogCaptureFixture
    ) -> None:
        there = urls["app"]
        secret = {"password": PASSWORD}
        for url, expected in [
            (make_url(there, user="no_such_user", **secret), Unreachable),
            (make_url(there, dbname="no_such_database", **secret), Unreachable),
            (make_url(empty_database, **secret), DatastoreError),
            (make_url(there, user=str(conninfo_to_dict(urls["nothing"])["user"]), **secret), NotAllowed),
        ]:
            with pytest.raises(expected) as raised:
                connect(url)
            assert PASSWORD not in text_of(raised.value)
        assert PASSWORD not in logged.text

    def test_errors_of_storage_show_no_key(self, database_url: str) -> None:
        with connect(database_url, f"AccountName=a;AccountKey={PASSWORD}") as store:
            with pytest.raises(DatastoreError) as raised:
                store.register_user("ana@example.org")
            assert PASSWORD not in str(raised.value)
        with pytest.raises(DatastoreError) as raised:
            connect(storage_connection_string=f"AccountName=a;AccountKey={PASSWORD}")
        assert PASSWORD not in text_of(raised.value)

    def test_errors_after_the_server_ended_show_no_password(
        self, urls: dict[str, str], logged: pytest.LogCaptureFixture
    ) -> None:
        url = make_url(urls["app"], password=PASSWORD)
        with connect(url) as store:
            with psycopg.connect(urls["app"], autocommit=True) as connection:
                connection.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where datname = current_database() and pid <> pg_backend_pid() and usename = current_user"
                )
            with pytest.raises(DatastoreError) as raised:
                store.find_user("ana@example.org")
            assert PASSWORD not in text_of(raised.value)
        assert PASSWORD not in logged.text

    def test_the_walk_finds_a_planted_password(self) -> None:
        with pytest.raises(psycopg.ProgrammingError) as raised:
            conninfo_to_dict(MALFORMED[0])
        assert "conninfo_to_dict" in text_of(raised.value)
        assert PASSWORD in text_of(raised.value)


async def connect_async(url: str | None) -> None:
    async with aio.connect(url):
        pass


class TestOtherPlaces:
    @pytest.mark.parametrize("url", MALFORMED[:-2])
    def test_errors_of_migrate_show_no_password(self, url: str) -> None:
        with pytest.raises(DatastoreError) as raised:
            migrate(url)
        assert PASSWORD not in str(raised.value)

    @pytest.mark.parametrize("command", [["migrate"], ["ls"], ["register", "ana@example.org"], ["keys", "renew"]])
    def test_errors_of_commands_show_no_password(self, command: list[str]) -> None:
        for url in (MALFORMED[0], MALFORMED[7], UNREACHABLE[0]):
            done = run(os.environ | {"DATASTORE_DB_URL": url}, *command)
            assert done.status == 2
            assert "DATASTORE_DB_URL" in done.err
            assert PASSWORD not in done.out + done.err

    def test_reprs_show_no_password(self) -> None:
        url = f"postgresql://ana:{PASSWORD}@localhost/datastore"
        for hidden in (DatabaseUrl(url), Given(url, url), Settings(url, url), aio.connect(url)):
            assert PASSWORD not in repr(hidden) + str(hidden)

    @pytest.mark.parametrize(
        "url",
        [
            "postgresql:///datastore",
            "postgres://ana@localhost,other:5432,5433/datastore",
            "postgresql://a%40b:c%2Fd%40e%3F@[::1]:5432/datastore?sslmode=prefer&application_name=a@b",
            "postgresql://ana@/datastore?host=/var/run/postgresql",
            "host=localhost dbname='a@b/c' user=ana",
            "dbname=datastore",
        ],
    )
    def test_valid_addresses_are_accepted(self, url: str) -> None:
        DatabaseUrl(url).check()

    def test_a_function_can_give_each_new_connection_its_password(self, urls: dict[str, str]) -> None:
        """As for tokens, which are good for an hour."""
        asked: list[str] = []

        async def password() -> str:
            asked.append("once more")
            return PASSWORD

        async def use() -> None:
            database = await Database.connect(DatabaseUrl(urls["app"]), password=password, max_connections=2)
            try:
                async with database._pool.connection() as one, database._pool.connection() as two:
                    assert one.info.password == two.info.password == PASSWORD
            finally:
                await database.close()

        asyncio.run(use())
        assert len(asked) == 3
