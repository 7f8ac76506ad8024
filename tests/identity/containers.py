"""Helpers of tests of storage without an account key."""

from __future__ import annotations

import ssl
import urllib.request
from datetime import timedelta

import psycopg
from azure.core.pipeline.transport import RequestsTransport
from azure.storage.blob import BlobServiceClient, ContainerClient

from tests.support.identity import SecureStorage


def opened(secure: SecureStorage, url: str) -> ContainerClient:
    """A container, opened with this address alone."""
    transport = RequestsTransport(connection_verify=str(secure.certificate))
    return ContainerClient.from_container_url(url, transport=transport)


def policies(secure: SecureStorage, container: str) -> list[str]:
    transport = RequestsTransport(connection_verify=str(secure.certificate))
    with BlobServiceClient.from_connection_string(secure.connection_string, transport=transport) as service:
        found = service.get_container_client(container).get_container_access_policy()
        return sorted(str(policy.id) for policy in found["signed_identifiers"])


def fetched(secure: SecureStorage, url: str) -> bytes:
    """The answer to a browser."""
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
