"""A database login without a password: each new connection has a token of the process's identity.

The server is real, and takes the newest token as the login's password; it stands in for Azure's, which checks tokens.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from datastore_db import DatastoreError, Unreachable, connect
from datastore_db.aio import connect as connect_async
from datastore_db.database.migrations import migrate
from datastore_db.database.token import is_asked_for
from datastore_db.database.url import DatabaseUrl
from datastore_db.identity.credential import NoToken
from datastore_db.local import postgres
from datastore_db.local.home import Home
from datastore_db.local.postgres import Postgres
from datastore_db.local.storage import HOST, free_port
from tests.support.commands import run
from tests.support.identity import DATABASES, TokenService, token_service

LOGIN = "seed-backend"


@dataclass(frozen=True)
class Server:
    """A server that asks for passwords over TCP. owner: by its socket, without one."""

    owner: str
    url: str


@pytest.fixture(scope="module")
def server(temporary_home: Path) -> Iterator[Server]:
    port = free_port(0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(postgres, "PORT", port)
        patch.setitem(postgres.SETTINGS, "listen_addresses", HOST)
        process = Postgres(Home.at(temporary_home / "tcp"), int(os.environ.get("DATASTORE_TEST_POSTGRES", "18")))
        process.launch()
        try:
            process.wait_until_ready()
            process.create_database()
            _ask_for_passwords(process)
            yield Server(process.url(), f"postgresql://{LOGIN}@{HOST}:{port}/{_name_of(process.url())}")
        finally:
            process.stop()


def _ask_for_passwords(process: Postgres) -> None:
    migrate(process.url())
    (process.data / "pg_hba.conf").write_text(f"local all all trust\nhost all all {HOST}/32 scram-sha-256\n")
    with psycopg.connect(process.url(), autocommit=True) as connection:
        connection.execute(sql.SQL("create role {} login in role datastore_app").format(sql.Identifier(LOGIN)))
        connection.execute("select pg_reload_conf()")


def _name_of(url: str) -> str:
    return DatabaseUrl(url).parameters["dbname"]


@pytest.fixture
def tokens(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[TokenService]:
    """The token service; the server takes the newest token that it gave, and no other."""
    with token_service() as service, psycopg.connect(server.owner, autocommit=True) as owner:
        service.when_given = lambda token: owner.execute(
            sql.SQL("alter role {} password {}").format(sql.Identifier(LOGIN), sql.Literal(token))
        )
        for name, value in service.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("DATASTORE_DB_AUTH", "azure")
        yield service


def given(tokens: TokenService) -> list[str]:
    assert {resource for resource, _ in tokens.given} <= {DATABASES}
    return tokens.tokens_for(DATABASES)


def test_connections_share_a_token_while_it_is_good(server: Server, tokens: TokenService) -> None:
    with connect(server.url) as store:
        ana = store.register_user("shared@example.org")
        assert store.folders(user_id=ana["user_id"])
    assert len(given(tokens)) == 1


def test_each_new_connection_has_a_token_that_is_good(server: Server, tokens: TokenService) -> None:
    tokens.seconds = 0

    async def work() -> int:
        async with connect_async(server.url) as store:
            ana = await store.register_user("new@example.org")
            before = len(given(tokens))
            for _ in range(20):
                await asyncio.gather(*(store.folders(user_id=ana["user_id"]) for _ in range(16)))
                if len(given(tokens)) > before:
                    break
            return before

    before = asyncio.run(work())
    made = given(tokens)
    assert before == 2  # one to look, and the pool's first
    assert len(set(made)) == len(made) > before
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.url, password=made[0])


def test_a_database_is_migrated_with_a_token(server: Server, tokens: TokenService) -> None:
    with psycopg.connect(server.owner, autocommit=True) as owner:
        owner.execute(sql.SQL("alter role {} superuser").format(sql.Identifier(LOGIN)))
        owner.execute("create database migrated")
        try:
            url = make_conninfo(server.url, dbname="migrated")
            assert migrate(url) != []
            assert migrate(url) == []
            assert len(given(tokens)) == 2
            done = run(os.environ | {"DATASTORE_DB_URL": url}, "migrate")
            assert (done.status, done.out) == (0, "the database is up to date\n"), done.err
        finally:
            owner.execute(sql.SQL("alter role {} nosuperuser").format(sql.Identifier(LOGIN)))
            owner.execute("drop database migrated with (force)")


def test_without_an_identity_connecting_is_an_error(server: Server, tokens: TokenService) -> None:
    tokens.is_refusing = True
    for use in (lambda: connect(server.url), lambda: migrate(server.url)):
        with pytest.raises(NoToken, match=r"no token for https://ossrdbms-aad\.database\.windows\.net"):
            use()


def test_a_token_that_the_server_refuses_is_not_shown(server: Server, tokens: TokenService) -> None:
    tokens.when_given = lambda token: None
    with pytest.raises(Unreachable, match="password authentication failed") as refused:
        connect(server.url)
    (token,) = given(tokens)
    assert token not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("postgresql://a:secret@127.0.0.1/x", "has a password"),
        ("postgresql://127.0.0.1/x", "has no user"),
        ("postgresql://a@db.example.org/x", "sslmode=verify-full"),
        ("postgresql://a@db.example.org/x?sslmode=prefer", "sslmode=verify-full"),
        ("postgresql://a@localhost/x?hostaddr=192.0.2.1", "sslmode=verify-full"),
        ("postgresql://a@127.0.0.1,db.example.org/x", "sslmode=verify-full"),
        ("postgresql://a@/x?service=there", "sslmode=verify-full"),
    ],
)
def test_a_token_is_sent_only_over_tls_to_a_server_of_azure(
    url: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATASTORE_DB_AUTH", "azure")
    with pytest.raises(DatastoreError, match=what) as refused:
        is_asked_for(DatabaseUrl(url))
    assert "secret" not in str(refused.value)


def test_tokens_are_for_tcp_connections_by_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    url = DatabaseUrl("postgresql://a@db.example.org/x?sslmode=verify-full&sslrootcert=system")
    assert not is_asked_for(url)
    monkeypatch.setenv("DATASTORE_DB_AUTH", "azure")
    assert is_asked_for(url)
    assert not is_asked_for(DatabaseUrl("host=/var/run/postgresql dbname=x user=a"))
    monkeypatch.setenv("DATASTORE_DB_AUTH", "Entra")
    with pytest.raises(DatastoreError, match="expected azure"):
        is_asked_for(url)
