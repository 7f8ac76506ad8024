"""A look at the storage that does not go through the package."""

from __future__ import annotations

from azure.storage.blob import BlobProperties, BlobServiceClient


def blobs(connection_string: str, container: str) -> dict[str, BlobProperties]:
    """The blobs of a container, by name; empty where there is no container."""
    with BlobServiceClient.from_connection_string(connection_string) as service:
        client = service.get_container_client(container)
        return {blob.name: blob for blob in client.list_blobs()} if client.exists() else {}
