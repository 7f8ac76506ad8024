"""Storage as an administrator sees it, and a process that has keys of containers alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from azure.storage.blob import BlobServiceClient, ContainerClient

from datastore_db import Store, connect
from datastore_db.aio import User
from datastore_db.sealing.key_ring import new_key


@pytest.fixture
def kek(monkeypatch: pytest.MonkeyPatch) -> str:
    """A key-encryption key for all processes of a test."""
    key = new_key("k1")
    monkeypatch.setenv("DATASTORE_KEK", key)
    return key


@pytest.fixture
def service(storage_connection_string: str) -> Iterator[BlobServiceClient]:
    """The storage as an administrator sees it."""
    with BlobServiceClient.from_connection_string(storage_connection_string) as service:
        yield service


@pytest.fixture
def keyed(database_url: str) -> Iterator[Store]:
    """A process that has the key-encryption key, and no credentials of the storage account."""
    with connect(database_url) as store:
        yield store


@pytest.fixture
def container(acting: Store, ana: User, storage_connection_string: str) -> Iterator[ContainerClient]:
    """Ana's container, as an administrator of the storage sees it."""
    with BlobServiceClient.from_connection_string(storage_connection_string) as service:
        yield service.get_container_client(ana["container_name"])
