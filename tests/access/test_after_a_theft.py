"""The steps of docs/security.md after a theft end the thief's access."""

from __future__ import annotations

import os
from collections.abc import Iterator
from urllib.request import urlopen

import psycopg
import pytest
from psycopg import sql

from datastore_db import DatastoreError, connect
from datastore_db.sealing.errors import CannotUnseal
from datastore_db.sealing.key_ring import new_key
from tests.conftest import make_url
from tests.support.commands import run
from tests.support.pictures import picture


@pytest.fixture
def login(server_url: str) -> Iterator[str]:
    """The backend's login, which is stolen."""
    name = f"stolen_{os.getpid()}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        made = sql.SQL("create role {} login password 'stolen' in role datastore_app").format(sql.Identifier(name))
        connection.execute(made)
        yield name
        connection.execute(sql.SQL("drop role {}").format(sql.Identifier(name)))


def test_stolen_keys_and_links_open_nothing(
    database: psycopg.Connection,
    database_url: str,
    storage_connection_string: str,
    environment: dict[str, str],
    login: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old_kek = new_key("old")
    monkeypatch.setenv("DATASTORE_KEK", old_kek)
    with connect(database_url, storage_connection_string, as_role="owner") as owner:
        ana = owner.register_user("ana@example.org")
        (stored,) = owner.upload_pictures([(picture(1), None)], user_id=ana["user_id"])
        link = owner.link(stored["picture_id"], user_id=ana["user_id"])
        handed_out = owner.issue_key("ana@example.org", user_id=ana["user_id"])
    assert urlopen(link["url"]).read() == picture(1)

    # The thief has the password, the key-encryption key, an open session and an open store.
    stolen_url = make_url(database_url, user=login, password="stolen")
    thief = connect(stolen_url)
    session = psycopg.connect(stolen_url, autocommit=True)
    assert thief.read_picture(stored["picture_id"], user_id=ana["user_id"])[0] == picture(1)
    sealed = database.execute("select key_id::text, kek_id, nonce, ciphertext from datastore.container_key").fetchall()

    # The operator does what docs/security.md says.
    database.execute(sql.SQL("alter role {} nologin").format(sql.Identifier(login)))
    database.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = %s", [login])
    new_kek = new_key("new")
    operator = environment | {"DATASTORE_KEK": f"{new_kek},{old_kek}"}
    assert run(operator, "keys", "revoke", "--all", "--yes").status == 0
    assert run(operator, "keys", "rotate", "--kek").status == 0

    with pytest.raises(psycopg.Error):
        session.execute("select 1")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(stolen_url)
    with pytest.raises(DatastoreError):
        thief.read_picture(stored["picture_id"], user_id=ana["user_id"])
    thief.close()
    for url in (link["url"], f"{handed_out['url']}&restype=container&comp=list"):
        with pytest.raises(OSError, match="403"):
            urlopen(url)
    # Each key that was sealed with the old key-encryption key is gone, and none opens with it.
    now = database.execute(
        "select key_id::text, kek_id from datastore.container_key where ciphertext is not null"
    ).fetchall()
    assert {kek_id for _, kek_id in now} == {"new"}
    assert {key_id for key_id, _ in now} & {key_id for key_id, *_ in sealed} == set()
    with connect(database_url, as_role="owner") as without, pytest.raises(CannotUnseal):
        without.read_picture(stored["picture_id"], user_id=ana["user_id"])

    # And the backend goes on, with a login and a key of its own.
    monkeypatch.setenv("DATASTORE_KEK", new_kek)
    with connect(database_url, as_role="owner") as backend:
        assert backend.read_picture(stored["picture_id"], user_id=ana["user_id"])[0] == picture(1)
