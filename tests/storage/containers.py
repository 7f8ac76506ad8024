"""Helpers of tests of containers and keys."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable

import psycopg
from azure.core.credentials import AzureSasCredential
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import AccessPolicy, BlobServiceClient, ContainerClient

from datastore_db.aio import User
from datastore_db.sealing import Sealed, find_keys, unseal
from datastore_db.storage.renewal import purpose

NEAR_ITS_END = (
    "update datastore.container_key set starts_at = now() - interval '25 days', expires_at = now() + interval '5 days'"
)


def token(database: psycopg.Connection, user: User, permission: str, *, place: int = 0) -> str:
    """A key in clear: the newest of a container, or one before it."""
    row = database.execute(
        "select endpoint, key_id, kek_id, nonce, ciphertext from datastore.container_key"
        " join datastore.container using (container_id)"
        " where container_id = %s and permission = %s and not is_handed_out order by issued_at desc offset %s limit 1",
        [user["container_id"], permission, place],
    ).fetchone()
    assert row is not None
    endpoint, key_id, *sealed = row
    return str(unseal(Sealed(*sealed), purpose(user["container_id"], str(key_id), endpoint), find_keys(None)))


def opened(service: BlobServiceClient, user: User, key: str) -> ContainerClient:
    """A container, opened with a key alone."""
    return ContainerClient(service.url, user["container_name"], AzureSasCredential(key))


def status_of(action: Callable[[], object]) -> int:
    """Which HTTP status storage answers."""
    try:
        action()
    except HttpResponseError as error:
        return error.status_code or 0
    return 200


def policies(service: BlobServiceClient, user: User) -> dict[str, AccessPolicy]:
    found = service.get_container_client(user["container_name"]).get_container_access_policy()
    return {policy.id: policy.access_policy for policy in found["signed_identifiers"]}


def count(database: psycopg.Connection, query: str) -> int:
    row = database.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def blobs_of(service: BlobServiceClient, user: User) -> list[str]:
    return [blob.name for blob in service.get_container_client(user["container_name"]).list_blobs()]


def status_at(url: str, method: str = "GET", data: bytes | None = None, headers: dict[str, str] | None = None) -> int:
    request = urllib.request.Request(url, data, headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
