"""Storage that takes tokens, and the service that gives them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from azure.core.pipeline.transport import AioHttpTransport

from datastore_db import Store, connect
from datastore_db.sealing.key_ring import new_key
from datastore_db.storage import blobs as storage_blobs
from tests.support.identity import SecureStorage, TokenService, secure_storage, token_service


@pytest.fixture(scope="session")
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


@pytest.fixture
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
