"""User delegation keys: shared by many callers, fetched again in time; and what is refused."""

from __future__ import annotations

import asyncio
import importlib.util
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from datastore_db import DatastoreError, Store, connect
from datastore_db.aio import User
from datastore_db.identity.credential import AccountRefused, NoToken
from datastore_db.sealing.sealed import SecretText
from datastore_db.storage import signing
from datastore_db.storage.account import Account
from datastore_db.storage.blobs import Connections
from datastore_db.storage.signing import DelegationKeys
from tests.support.identity import SecureStorage, TokenService
from tests.support.pictures import picture

pytestmark = pytest.mark.usefixtures("kek")


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


class TestRefusedSigning:
    def test_without_an_identity_signing_is_refused(self, by_identity: Store, tokens: TokenService) -> None:
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
