"""Storage without an account key: an identity's tokens, and user delegation keys that sign keys and links.

The token service is a stand-in; azure-identity, the SDK and Azurite's OAuth mode are real.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import ssl
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline.transport import AioHttpTransport, RequestsTransport
from azure.storage.blob import BlobServiceClient, ContainerClient

from datastore_db import DatastoreError, InvalidDocument, Store, connect
from datastore_db.aio import User
from datastore_db.identity.credential import AccountRefused, NoToken
from datastore_db.sealing.key_ring import new_key
from datastore_db.sealing.sealed import SecretText
from datastore_db.storage import blobs as storage_blobs
from datastore_db.storage import signing
from datastore_db.storage.account import Account
from datastore_db.storage.blobs import Connections
from datastore_db.storage.signing import DelegationKeys
from tests.support import identity
from tests.support.commands import run
from tests.support.identity import SecureStorage, TokenService, secure_storage, token_service
from tests.support.pictures import picture, write_folder


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureStorage]:
    with secure_storage(tmp_path_factory.mktemp("secure")) as found:
        yield found


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch) -> Iterator[TokenService]:
    """The token service, which this process has a managed identity of."""
    with token_service() as service:
        for name, value in service.environment.items():
            monkeypatch.setenv(name, value)
        yield service


@pytest.fixture(autouse=True)
def kek(monkeypatch: pytest.MonkeyPatch, secure: SecureStorage) -> None:
    """A key-encryption key, and trust in the certificate of this test's storage."""
    monkeypatch.setenv("DATASTORE_KEK", new_key("k1"))
    trusting = partial(AioHttpTransport, connection_verify=str(secure.certificate))
    monkeypatch.setattr(storage_blobs, "AioHttpTransport", trusting)


@pytest.fixture
def by_identity(database_url: str, secure: SecureStorage, tokens: TokenService) -> Iterator[Store]:
    """A store with the storage's address and no key of it."""
    with connect(database_url, secure.url, as_role="owner") as store:
        yield store


@pytest.fixture
def by_key(database_url: str, secure: SecureStorage) -> Iterator[Store]:
    """A store with the account's key, on the same database and storage."""
    with connect(database_url, secure.connection_string, as_role="owner") as store:
        yield store


def opened(secure: SecureStorage, url: str) -> ContainerClient:
    """A container as somebody opens it who has only this address."""
    transport = RequestsTransport(connection_verify=str(secure.certificate))
    return ContainerClient.from_container_url(url, transport=transport)


def policies(secure: SecureStorage, container: str) -> list[str]:
    transport = RequestsTransport(connection_verify=str(secure.certificate))
    with BlobServiceClient.from_connection_string(secure.connection_string, transport=transport) as service:
        found = service.get_container_client(container).get_container_access_policy()
        return sorted(str(policy.id) for policy in found["signed_identifiers"])


def fetched(secure: SecureStorage, url: str) -> bytes:
    """What a browser gets."""
    context = ssl.create_default_context(cafile=str(secure.certificate))
    with urllib.request.urlopen(url, context=context) as answer:
        content: bytes = answer.read()
    return content


def keys_of(database: psycopg.Connection) -> list[tuple[str, str | None, timedelta]]:
    """Each key's permission, policy, and for how long it is good from now on."""
    return database.execute(
        "select permission, policy_name, expires_at - now() from datastore.container_key"
        " where removed_at is null and not is_handed_out order by permission, issued_at"
    ).fetchall()


class TestStorageByItsAddress:
    def test_a_folder_goes_up_and_comes_down_by_commands(
        self, tmp_path: Path, environment: dict[str, str], secure: SecureStorage, tokens: TokenService
    ) -> None:
        kek = {"DATASTORE_KEK": os.environ["DATASTORE_KEK"], "SSL_CERT_FILE": str(secure.certificate)}
        here = environment | kek | tokens.environment | {"DATASTORE_STORAGE_CONNECTION_STRING": secure.url}
        folder = write_folder(tmp_path / "folder", {"a.tiff": picture(1), "b.tiff": picture(2)})
        registered = run(here, "register", "ana@example.org", "--json")
        assert registered.status == 0, registered.err
        container = json.loads(registered.out)["container_name"]
        sent = run(here, "upload", folder, "--user", "ana@example.org")
        assert sent.status == 0, sent.err
        assert policies(secure, container) == []
        assert {resource for resource, _ in tokens.given} == {identity.STORAGE}

        # A backend beside it has neither an identity nor a key of the account: the keys in the database open it.
        backend = {name: value for name, value in here.items() if name not in tokens.environment}
        del backend["DATASTORE_STORAGE_CONNECTION_STRING"]
        listed = run(backend, "ls", "--json", "--user", "ana@example.org")
        assert listed.status == 0, listed.err
        (found,) = [folder for folder in json.loads(listed.out) if folder["pictures"]]
        came = run(backend, "download", found["picture_set_id"], tmp_path / "down", "--user", "ana@example.org")
        assert came.status == 0, came.err
        assert sorted(file.read_bytes() for file in (tmp_path / "down").rglob("*.tiff")) == sorted(
            [picture(1), picture(2)]
        )

        revoked = run(here, "keys", "revoke", "--container", "ana@example.org")
        assert revoked.status == 1
        assert "az storage account revoke-delegation-keys" in revoked.err
        told = json.loads(run(here, "keys", "revoke", "--container", "ana@example.org", "--json").out)
        assert (told["in_storage"], "until 20" in told["to_do"]) == (False, True)

    def test_keys_live_a_day_and_do_only_what_they_are_for(
        self, by_identity: Store, secure: SecureStorage, database: psycopg.Connection
    ) -> None:
        ana = by_identity.register_user("ana@example.org")
        keys = keys_of(database)
        assert [key[:2] for key in keys] == [("read", None), ("write", None)]
        assert all(timedelta(hours=23) < key[2] <= timedelta(days=1) for key in keys)
        issued = {
            permission: opened(secure, str(by_identity.issue_key("ana@example.org", permission=permission)["url"]))
            for permission in ("write", "read")
        }
        issued["write"].upload_blob("x", b"1")
        assert issued["read"].download_blob("x").readall() == b"1"
        for refused in (
            lambda: issued["read"].upload_blob("y", b"1"),
            lambda: list(issued["read"].list_blobs()),
            lambda: issued["write"].delete_blob("x"),
        ):
            with pytest.raises(HttpResponseError):
                refused()
        assert policies(secure, ana["container_name"]) == []

    def test_a_key_for_a_person_lives_a_day_at_most(self, by_identity: Store) -> None:
        by_identity.register_user("ana@example.org")
        with pytest.raises(InvalidDocument) as refused:
            by_identity.issue_key("ana@example.org", hours=25)
        assert "1 day, because an identity signs the key" in refused.value.errors[0]["message"]

    def test_links_are_signed(self, by_identity: Store, secure: SecureStorage) -> None:
        ana = by_identity.register_user("ana@example.org")
        (uploaded,) = by_identity.upload_pictures([(picture(1), None)], user_id=ana["user_id"])
        link = by_identity.link(uploaded["picture_id"], user_id=ana["user_id"])
        assert fetched(secure, link["url"]) == picture(1)
        assert "skoid=" in link["url"]
        (known,) = by_identity.links(user_id=ana["user_id"])
        assert known["is_revocable"] is False
        revoked = by_identity.revoke_links("ana@example.org", user_id=ana["user_id"])
        assert (revoked["links"], revoked["to_do"]) == (0, None)

    def test_a_revoked_key_is_given_to_no_process_and_replaced(
        self, by_identity: Store, database: psycopg.Connection
    ) -> None:
        ana = by_identity.register_user("ana@example.org")
        revoked = by_identity.revoke_keys(container="ana@example.org")
        assert not revoked["in_storage"]
        assert [key["has_policy"] for key in revoked["keys"]] == [False, False]
        assert "until 20" in str(revoked["to_do"])
        assert "revoke-delegation-keys" in str(revoked["to_do"])
        states = {key["key_id"]: key["state"] for key in by_identity.keys("ana@example.org")}
        assert [states.pop(key["key_id"]) for key in revoked["keys"]] == ["revoked", "revoked"]
        assert list(states.values()) == ["current", "current"]
        assert by_identity.renew_keys() == []
        database.execute(
            "update datastore.container_key set starts_at = now() - interval '2 days', expires_at = now()"
            " where revoked_at is not null"
        )
        (done,) = by_identity.renew_keys()
        assert (done.issued, done.removed) == ([], 2)
        (uploaded,) = by_identity.upload_pictures([(picture(1), None)], user_id=ana["user_id"])
        assert uploaded["picture_id"]

    def test_all_that_is_revoked_after_a_theft_is_said_to_be_left(self, by_identity: Store) -> None:
        by_identity.register_user("ana@example.org")
        by_identity.register_user("bob@example.org")
        revoked = by_identity.revoke_all_keys()
        assert (len(revoked["keys"]), revoked["in_storage"]) == (4, False)
        assert "revoke-delegation-keys" in str(revoked["to_do"])

    def test_a_key_is_renewed_before_it_ends(self, by_identity: Store, database: psycopg.Connection) -> None:
        by_identity.register_user("ana@example.org")
        database.execute(
            "update datastore.container_key"
            " set starts_at = now() - interval '20 hours', expires_at = now() + interval '4 hours'"
        )
        (done,) = by_identity.renew_keys()
        assert sorted(done.issued) == ["read", "write"]
        assert len(keys_of(database)) == 4
        assert by_identity.renew_keys() == []


class TestFromAnAccountKeyToAnIdentity:
    def test_keys_with_policies_go_on_and_are_followed_by_keys_without(
        self, by_key: Store, by_identity: Store, secure: SecureStorage, database: psycopg.Connection
    ) -> None:
        ana = by_key.register_user("ana@example.org")
        names = policies(secure, ana["container_name"])
        assert len(names) == 2
        assert by_identity.renew_keys() == []
        (done,) = by_identity.rotate_keys()
        assert (done.error, sorted(done.issued)) == (None, ["read", "write"])
        assert policies(secure, ana["container_name"]) == names
        assert [key[1] is None for key in keys_of(database)] == [False, True, False, True]
        database.execute("update datastore.container_key set retires_at = now() where retires_at is not null")
        assert by_identity.renew_keys() == []
        (cleaned,) = by_key.renew_keys()
        assert cleaned.removed == 2
        assert policies(secure, ana["container_name"]) == []

    def test_a_policy_is_left_to_whoever_has_the_account_key(
        self, by_key: Store, by_identity: Store, secure: SecureStorage
    ) -> None:
        ana = by_key.register_user("ana@example.org")
        theirs = opened(secure, str(by_key.issue_key("ana@example.org", permission="write")["url"]))
        theirs.upload_blob("x", b"1")
        revoked = by_identity.revoke_keys(container="ana@example.org")
        assert not revoked["in_storage"]
        assert "datastore-db keys renew" in str(revoked["to_do"])
        theirs.upload_blob("y", b"1")
        by_key.renew_keys()
        with pytest.raises(HttpResponseError):
            theirs.upload_blob("z", b"1")
        assert policies(secure, ana["container_name"]) == []

    def test_and_back(self, by_key: Store, by_identity: Store, secure: SecureStorage) -> None:
        ana = by_identity.register_user("ana@example.org")
        by_identity.upload_pictures([(picture(1), None)], user_id=ana["user_id"])
        (done,) = by_key.rotate_keys()
        assert sorted(done.issued) == ["read", "write"]
        assert len(policies(secure, ana["container_name"])) == 2
        by_key.upload_pictures([(picture(2), None)], user_id=ana["user_id"])


class TestSigner:
    @pytest.fixture
    def asked(self, monkeypatch: pytest.MonkeyPatch) -> list[timedelta]:
        """For how long from now on each delegation key was asked for."""
        asked: list[timedelta] = []
        fetch = DelegationKeys._fetch

        async def counting(self: DelegationKeys, now: datetime) -> Any:
            key = await fetch(self, now)
            asked.append(datetime.fromisoformat(str(key.signed_expiry)) - datetime.now(UTC))
            return key

        monkeypatch.setattr(DelegationKeys, "_fetch", counting)
        return asked

    @staticmethod
    async def sign(secure: SecureStorage, times: int) -> set[str]:
        connections = Connections()
        account = Account.connect(connections, SecretText(secure.url))
        try:
            ends = datetime.now(UTC) + timedelta(hours=1)
            made = [account.sign_container("some", "r", policy=None, expires_at=ends) for _ in range(times)]
            return set(await asyncio.gather(*made))
        finally:
            await connections.close()

    def test_many_callers_share_one_key(
        self, secure: SecureStorage, tokens: TokenService, asked: list[timedelta]
    ) -> None:
        assert len(asyncio.run(self.sign(secure, 50))) == 1
        assert len(asked) == 1
        assert timedelta(days=1) + signing.KEPT_FOR < asked[0] <= timedelta(days=7)
        assert len(tokens.given) == 1

    def test_a_key_is_fetched_again_in_time(
        self, secure: SecureStorage, tokens: TokenService, asked: list[timedelta], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(signing, "KEPT_FOR", timedelta(0))
        asyncio.run(self.sign(secure, 3))
        assert len(asked) == 3


class TestWhatIsRefused:
    def test_no_identity(self, by_identity: Store, tokens: TokenService) -> None:
        tokens.is_refusing = True
        with pytest.raises(NoToken, match=r"no token for https://storage\.azure\.com .*docs/azure\.md") as refused:
            by_identity.register_user("ana@example.org")
        assert refused.value.__context__ is None

    def test_an_identity_without_rights(self, by_identity: Store, tokens: TokenService) -> None:
        tokens.audience = "https://somewhere.example"
        with pytest.raises(AccountRefused, match="Storage Blob Data Contributor"):
            by_identity.register_user("ana@example.org")

    def test_no_link_is_recorded_that_cannot_be_signed(
        self,
        by_key: Store,
        database_url: str,
        secure: SecureStorage,
        tokens: TokenService,
        database: psycopg.Connection,
    ) -> None:
        ana: User = by_key.register_user("ana@example.org")
        (uploaded,) = by_key.upload_pictures([(picture(1), None)], user_id=ana["user_id"])
        tokens.is_refusing = True
        with connect(database_url, secure.url) as store, pytest.raises(NoToken):
            store.link(uploaded["picture_id"], user_id=ana["user_id"])
        assert database.execute("select count(*) from datastore.link").fetchone() == (0,)

    @pytest.mark.parametrize(
        "address",
        [
            "http://account.blob.core.windows.net",
            "https://account.blob.core.windows.net?sv=2024&sig=c2VjcmV0",
            "https://user:c2VjcmV0@account.blob.core.windows.net",
            "https://",
        ],
    )
    def test_an_address_that_no_token_is_sent_to(self, database_url: str, tokens: TokenService, address: str) -> None:
        with connect(database_url, address) as store:
            with pytest.raises(DatastoreError, match="is an address, and not one") as refused:
                store.register_user("ana@example.org")
            assert "c2VjcmV0" not in str(refused.value)
        assert tokens.given == []

    def test_without_the_extra(self, database_url: str, secure: SecureStorage, monkeypatch: pytest.MonkeyPatch) -> None:
        find = importlib.util.find_spec
        monkeypatch.setattr(
            importlib.util, "find_spec", lambda name, *rest: None if name == "azure.identity" else find(name, *rest)
        )
        with connect(database_url, secure.url) as store, pytest.raises(NoToken, match=r"datastore-db\[identity\]"):
            store.register_user("ana@example.org")
