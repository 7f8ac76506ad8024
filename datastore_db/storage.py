"""Pictures as blobs in Azure Blob Storage."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import urlsplit

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.storage.blob import ContentSettings
from azure.storage.blob.aio import BlobServiceClient, ExponentialRetry

from datastore_db.errors import BrokenPicture, DatastoreError, NotFound, Unreachable

# Up to here a blob goes up in one request; above, in blocks of BLOCK_SIZE.
SINGLE_PUT_SIZE = 16 * 1024 * 1024
BLOCK_SIZE = 4 * 1024 * 1024


_CHANGED = "the file changed while it was uploaded: upload it again"


class ContainerMissing(DatastoreError):
    """The container is not in storage."""


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """What storage says about a blob. size: bytes."""

    size: int
    md5: bytes | None
    media_type: str


class Storage:
    """A storage account."""

    def __init__(self, service: BlobServiceClient) -> None:
        self._service = service
        self._where = urlsplit(service.url)._replace(query="").geturl()

    @classmethod
    def connect(cls, connection_string: str) -> Storage:
        """Use the account that an Azure connection string names. Nothing is sent yet."""
        try:
            service = BlobServiceClient.from_connection_string(
                connection_string,
                retry_policy=ExponentialRetry(initial_backoff=1, increment_base=2, retry_total=3),
                connection_timeout=5,
                max_single_put_size=SINGLE_PUT_SIZE,
                max_block_size=BLOCK_SIZE,
            )
        except ValueError:
            # The SDK's own message would repeat the connection string, and with it the key.
            raise DatastoreError(
                "DATASTORE_STORAGE_CONNECTION_STRING is not an Azure connection string: expected "
                "DefaultEndpointsProtocol=…;AccountName=…;AccountKey=…;BlobEndpoint=…"
            ) from None
        return cls(service)

    async def close(self) -> None:
        """Close every connection."""
        await self._service.close()

    async def create_container(self, container: str) -> None:
        """Create a container; that it exists already is fine."""
        try:
            await self._service.create_container(container)
        except ResourceExistsError:
            return
        except AzureError as error:
            raise self._translated(error) from None

    async def upload(
        self, container: str, blob: str, file: bytes | BinaryIO, *, size: int, md5: bytes, media_type: str
    ) -> None:
        """Put a file under its final name. Storage checks each request's MD5, and the blob carries the file's.

        Raises `ContainerMissing`, or `BrokenPicture` when the file is no longer what its MD5 says.
        """
        client = self._service.get_blob_client(container, blob)
        content = file if isinstance(file, bytes) else _Hashing(file)
        try:
            await client.upload_blob(
                content,  # type: ignore[arg-type]  # anything with read() will do
                length=size,
                overwrite=True,
                validate_content=True,
                content_settings=ContentSettings(content_type=media_type, content_md5=bytearray(md5)),
            )
            if isinstance(content, _Hashing) and content.md5.digest() != md5:
                await client.delete_blob()
                raise BrokenPicture(_CHANGED)
        except AzureError as error:
            raise BrokenPicture(_CHANGED) if _code(error) == "Md5Mismatch" else self._translated(error) from None

    async def look_at(self, container: str, blob: str) -> StoredBlob | None:
        """Size, MD5 and media type of a blob; None where there is none."""
        try:
            found = await self._service.get_blob_client(container, blob).get_blob_properties()
        except ResourceNotFoundError:
            return None
        except AzureError as error:
            raise self._translated(error) from None
        settings = found.content_settings
        md5 = bytes(settings.content_md5) if settings.content_md5 else None
        return StoredBlob(found.size, md5, settings.content_type or "application/octet-stream")

    async def read(self, container: str, blob: str) -> tuple[AsyncIterator[bytes], StoredBlob]:
        """The bytes of a blob, as they come, and what storage says about it. Raises `NotFound`."""
        try:
            stream = await self._service.get_blob_client(container, blob).download_blob(validate_content=True)
        except AzureError as error:
            raise self._translated(error) from None
        settings = stream.properties.content_settings
        md5 = bytes(settings.content_md5) if settings.content_md5 else None
        return stream.chunks(), StoredBlob(stream.size, md5, settings.content_type or "application/octet-stream")

    async def delete(self, container: str, blob: str) -> None:
        """Delete a blob; that it is gone already is fine."""
        try:
            await self._service.get_blob_client(container, blob).delete_blob()
        except ResourceNotFoundError:
            return
        except AzureError as error:
            raise self._translated(error) from None

    def _translated(self, error: AzureError) -> DatastoreError:
        code = _code(error)
        if code in ("ContainerNotFound", "ContainerBeingDeleted"):
            return ContainerMissing("the container is not in storage")
        if isinstance(error, ResourceNotFoundError):
            return NotFound("the blob is not in storage")
        if isinstance(error, ClientAuthenticationError) or code in ("AuthorizationFailure", "AuthenticationFailed"):
            return DatastoreError(
                f"the storage {self._where} refuses the account key of DATASTORE_STORAGE_CONNECTION_STRING"
            )
        if isinstance(error, ServiceRequestError | ServiceResponseError):
            return Unreachable(
                f"the storage {self._where} does not answer. Is it running, and is "
                "DATASTORE_STORAGE_CONNECTION_STRING right?"
            )
        reason = code or (error.reason if isinstance(error, HttpResponseError) else type(error).__name__)
        return DatastoreError(f"the storage {self._where} refuses: {reason}")


def _code(error: AzureError) -> str | None:
    """What Azure calls the error, such as BlobNotFound."""
    code = getattr(error, "error_code", None)
    return str(getattr(code, "value", code)) if code else None


class _Hashing:
    """A stream that keeps the MD5 of what was read from it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.md5 = hashlib.md5(usedforsecurity=False)

    def read(self, size: int = -1) -> bytes:
        chunk = self._file.read(size)
        self.md5.update(chunk)
        return chunk
