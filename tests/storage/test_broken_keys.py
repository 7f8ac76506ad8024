"""Lost, wrong, changed and expired keys; and no key in an error or a log."""

from __future__ import annotations

import asyncio
import logging
import re
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote

import psycopg
import pytest
from azure.core.exceptions import AzureError
from azure.storage.blob import AccessPolicy, BlobServiceClient

from datastore_db import DatastoreError, NotReady, Store, connect
from datastore_db.aio import User
from datastore_db.aio import connect as connect_async
from datastore_db.sealing import CannotUnseal, NoKey
from datastore_db.sealing.key_ring import new_key
from datastore_db.sealing.sealed import SecretText
from datastore_db.storage.account import Account
from datastore_db.storage.blobs import Connections
from datastore_db.storage.errors import KeyRefused
from tests.storage.containers import policies, token
from tests.support.commands import run
from tests.support.pictures import picture, write_folder
from tests.support.proxy import Proxy

pytestmark = pytest.mark.usefixtures("kek")


class TestBrokenKeys:
    def upload(self, database_url: str, user: User) -> None:
        with connect(database_url) as store:
            store.upload_pictures([(picture(1), None)], user_id=user["user_id"])

    def test_a_lost_a_wrong_and_a_missing_key_are_errors(
        self, ana: User, database_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DATASTORE_KEK", new_key("k2"))
        with pytest.raises(CannotUnseal, match=r"'k1', and there is only 'k2'.*keys revoke --container user-"):
            self.upload(database_url, ana)
        monkeypatch.setenv("DATASTORE_KEK", new_key("k1"))
        with pytest.raises(CannotUnseal, match=r"'k1' is not the one.*keys revoke --container user-"):
            self.upload(database_url, ana)
        monkeypatch.delenv("DATASTORE_KEK")
        with pytest.raises(NoKey, match="DATASTORE_KEK is not set"):
            self.upload(database_url, ana)

    def test_the_remedy_for_a_lost_key_works(
        self, ana: User, database_url: str, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DATASTORE_KEK", key := new_key("k2"))
        done = run(environment | {"DATASTORE_KEK": key}, "keys", "revoke", "--container", ana["container_name"])
        assert done.status == 0, done.err
        self.upload(database_url, ana)

    def test_a_changed_or_moved_ciphertext_is_refused(
        self, store: Store, ana: User, database_url: str, database: psycopg.Connection
    ) -> None:
        store.register_user("bob@example.org")
        database.execute("""
            update datastore.container_key as one
            set kek_id = other.kek_id, nonce = other.nonce, ciphertext = other.ciphertext
            from datastore.container_key as other
            where other.container_id <> one.container_id and other.permission = one.permission
        """)
        with pytest.raises(CannotUnseal, match="sealed for something else"):
            self.upload(database_url, ana)
        database.execute("update datastore.container_key set ciphertext = set_byte(ciphertext, 90, 1)")
        with pytest.raises(CannotUnseal, match="it was changed since it was sealed"):
            self.upload(database_url, ana)

    @pytest.mark.parametrize("endpoint", ["https://evil.example.org", "https://evil.example.org/devstoreaccount1"])
    def test_an_endpoint_that_was_changed_gets_no_key(
        self, ana: User, database_url: str, database: psycopg.Connection, endpoint: str
    ) -> None:
        database.execute("update datastore.container set endpoint = %s", [endpoint])
        with pytest.raises(CannotUnseal, match="sealed for something else"):
            self.upload(database_url, ana)

    def test_nothing_is_sent_in_clear_but_on_this_machine(
        self, ana: User, database: psycopg.Connection, storage_connection_string: str, database_url: str
    ) -> None:
        for endpoint in ("http://example.org/a", "http://127.0.0.1.example.org", "http://127.0.0.1@evil.example.org"):
            with pytest.raises(psycopg.errors.CheckViolation):
                database.execute("update datastore.container set endpoint = %s", [endpoint])
            with pytest.raises(DatastoreError, match="neither https:// nor on this machine"):
                Connections().container(endpoint, "c", SecretText("sig=1"))
        elsewhere = re.sub(r"http://[^/]+", "http://example.org", storage_connection_string)
        with connect(database_url, elsewhere) as store, pytest.raises(DatastoreError, match="neither https://"):
            store.upload_pictures([(picture(1), None)], user_id=ana["user_id"])

    def test_a_key_that_does_not_open_is_replaced_where_one_can_be_made(
        self, ana: User, database_url: str, storage_connection_string: str, database: psycopg.Connection
    ) -> None:
        database.execute("update datastore.container_key set ciphertext = set_byte(ciphertext, 90, 1)")
        with connect(database_url, storage_connection_string) as store:
            (uploaded,) = store.upload_pictures([(picture(1), None)], user_id=ana["user_id"])
            assert store.read_picture(uploaded["picture_id"], user_id=ana["user_id"])[0] == picture(1)
        self.upload(database_url, ana)

    def test_keys_are_new_after_the_move_to_another_account(
        self, worker: Store, ana: User, database_url: str, database: psycopg.Connection
    ) -> None:
        database.execute("update datastore.container set endpoint = 'https://other.blob.core.windows.net'")
        (claimed,) = worker.take_over_containers("ana@example.org")
        assert (claimed.error, sorted(claimed.issued)) == (None, ["read", "write"])
        self.upload(database_url, ana)

    def test_an_expired_key_is_an_error(
        self, ana: User, database_url: str, database: psycopg.Connection, service: BlobServiceClient
    ) -> None:
        found = policies(service, ana)
        client = service.get_container_client(ana["container_name"])
        over = datetime.now(UTC) - timedelta(minutes=1)
        client.set_container_access_policy(
            {
                name: AccessPolicy(permission=policy.permission, start=over - timedelta(days=1), expiry=over)
                for name, policy in found.items()
            }
        )
        with pytest.raises(KeyRefused, match=r"\(403 .*it is good from .* to .*run datastore-db keys renew"):
            self.upload(database_url, ana)
        database.execute("update datastore.container_key set starts_at = now() - interval '2 days', expires_at = now()")
        with pytest.raises(NotReady, match=r"has no key: run datastore-db keys renew user-"):
            self.upload(database_url, ana)

    def test_the_error_names_a_clock_that_is_twenty_minutes_off(
        self, ana: User, database_url: str, database: psycopg.Connection, service: BlobServiceClient
    ) -> None:
        """Storage's clock, as its answers tell it: this machine's cannot be set for a test."""
        service.get_container_client(ana["container_name"]).set_container_access_policy({})
        with Proxy(service.url, timedelta(minutes=-20)) as storage:
            database.execute("update datastore.container set endpoint = %s", [storage.url])
            with pytest.raises(KeyRefused, match=r"clock is 20 minutes ahead of the storage's.*set the clock"):
                self.upload(database_url, ana)

    @pytest.mark.parametrize("what", ["write", "read", "list", "half-way", "no answer"])
    def test_no_error_keeps_a_key(
        self,
        store: Store,
        ana: User,
        database_url: str,
        database: psycopg.Connection,
        service: BlobServiceClient,
        tmp_path: Path,
        what: str,
    ) -> None:
        """Neither its message, nor what it came from, nor a variable of a function that it went through."""
        large = picture(1, "BMP", size=(4000, 3000)) if what == "half-way" else picture(1)
        folder = write_folder(tmp_path / "lot", {f"{n}.tiff": picture(n) for n in range(10)})
        store.upload_folder(folder, user_id=ana["user_id"])
        (stored,) = store.upload_pictures([(large, None)], user_id=ana["user_id"])
        secrets = [token(database, ana, permission) for permission in ("read", "write")]
        client = service.get_container_client(ana["container_name"])
        if what != "half-way":
            client.set_container_access_policy({})
        if what == "no answer":
            database.execute("update datastore.container set endpoint = 'http://127.0.0.1:9/devstoreaccount1'")
        with connect(database_url) as keyed:
            actions: dict[str, Callable[[], object]] = {
                "list": lambda: keyed.upload_folder(folder, user_id=ana["user_id"]),
                "read": lambda: keyed.read_picture(stored["picture_id"], user_id=ana["user_id"]),
                "half-way": lambda: asyncio.run(
                    self.read_half(database_url, ana, stored["picture_id"], client.delete_container)
                ),
            }
            action = actions.get(what, lambda: keyed.upload_pictures([(picture(2), None)], user_id=ana["user_id"]))
            with pytest.raises(DatastoreError) as raised:
                action()
        for kept in everything_kept_by(raised.value):
            for secret in secrets:
                assert secret.partition("sig=")[2].partition("&")[0] not in kept
                assert unquote(secret.partition("sig=")[2].partition("&")[0]) not in kept

    async def read_half(self, database_url: str, user: User, picture_id: str, then: Callable[[], None]) -> None:
        async with connect_async(database_url) as store:
            chunks, _ = await store.open_picture(picture_id, user_id=user["user_id"])
            await anext(chunks)
            then()
            async for _ in chunks:
                pass

    def test_no_error_keeps_the_account_key(self, database_url: str, storage_connection_string: str) -> None:
        secret = storage_connection_string.partition("AccountKey=")[2].partition(";")[0]
        broken = storage_connection_string.replace("AccountName=", "Name=").replace("BlobEndpoint=", "Endpoint=")
        with pytest.raises(DatastoreError, match="is not an Azure connection string") as raised:
            Account.connect(Connections(), SecretText(broken))
        assert not any(secret in kept for kept in everything_kept_by(raised.value))


def everything_kept_by(error: BaseException) -> Iterator[str]:
    """The parts of an error that a log may show: its chain as text, and the variables of our functions."""
    yield "".join(traceback.format_exception(error, chain=True))
    seen: set[int] = set()
    left: list[BaseException | None] = [error]
    while left:
        one = left.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        assert not isinstance(one, AzureError)
        yield repr(one) + repr(vars(one))
        left += [one.__cause__, one.__context__]
        for frame, _ in traceback.walk_tb(one.__traceback__):
            if "tests" not in frame.f_code.co_filename:
                yield repr(frame.f_locals)


def test_no_log_shows_a_key(
    worker: Store,
    owner: Store,
    keyed: Store,
    ana: User,
    database: psycopg.Connection,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.DEBUG):
        (uploaded,) = keyed.upload_pictures([(picture(1), None)], user_id=ana["user_id"])
        keyed.read_picture(uploaded["picture_id"], user_id=ana["user_id"])
        worker.rotate_keys()
        link = owner.link(uploaded["picture_id"])
    assert "Request method: 'PUT'" in caplog.text
    assert ana["container_name"] in caplog.text
    shown = [token(database, ana, permission) for permission in ("read", "write")] + [link["url"]]
    for secret in shown:
        assert secret.partition("sig=")[2].partition("&")[0] not in caplog.text
