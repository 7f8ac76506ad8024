"""Pictures as blobs in Azure Blob Storage: one container, opened with a key of its own or with the account's."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from azure.core import MatchConditions
from azure.core.credentials import AzureSasCredential
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ResourceNotFoundError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.core.pipeline.transport import AioHttpTransport
from azure.storage.blob import BlobProperties, ContentSettings
from azure.storage.blob.aio import BlobServiceClient, ContainerClient, ExponentialRetry

from datastore_db.errors import BrokenPicture, DatastoreError, NotFound, Unreachable

# Up to here a blob goes up in one request; above, in blocks of BLOCK_SIZE.
SINGLE_PUT_SIZE = 16 * 1024 * 1024
BLOCK_SIZE = 4 * 1024 * 1024
# As many blobs as storage lists in one answer.
PAGE_SIZE = 5000
# Clocks that differ by less explain nothing: Azure allows 15 minutes, and keys begin 15 minutes before they are made.
CLOCK_TOLERANCE = timedelta(minutes=5)

_CHANGED = "the file changed while it was uploaded: upload it again"


class ContainerMissing(DatastoreError):
    """The container is not in storage."""


class KeyRefused(DatastoreError):
    """Storage refuses the key of a container: it was revoked or replaced, or its time is over."""


class AccountRefused(DatastoreError):
    """Storage refuses the credentials of its account."""


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """What storage says about a blob. size: bytes."""

    size: int
    md5: bytes | None
    media_type: str


class Connections:
    """The connections to storage of one process; every client uses them."""

    def __init__(self) -> None:
        self._transport: AioHttpTransport | None = None

    def service(self, connection_string: str) -> BlobServiceClient:
        """An account, by an Azure connection string. Nothing is sent yet."""
        try:
            return BlobServiceClient.from_connection_string(connection_string, **self._options())
        except ValueError:
            # The SDK's own message would repeat the connection string, and with it the key.
            raise DatastoreError(
                "DATASTORE_STORAGE_CONNECTION_STRING is not an Azure connection string: expected "
                "DefaultEndpointsProtocol=…;AccountName=…;AccountKey=…;BlobEndpoint=…"
            ) from None

    def container(self, endpoint: str, name: str, token: str) -> ContainerClient:
        """A container, by a shared access signature. Nothing is sent yet."""
        return ContainerClient(endpoint, name, AzureSasCredential(token), **self._options())

    def _options(self) -> dict[str, Any]:
        if self._transport is None:
            self._transport = AioHttpTransport(connection_timeout=5, read_timeout=60)
        return {
            "transport": self._transport,
            "retry_policy": ExponentialRetry(initial_backoff=1, increment_base=2, retry_total=3),
            "max_single_put_size": SINGLE_PUT_SIZE,
            "max_block_size": BLOCK_SIZE,
        }

    async def close(self) -> None:
        """Close every connection."""
        if self._transport is not None:
            await self._transport.close()


class Blobs:
    """The blobs of one container. with_key: it was opened with a key of its own, not with the account's."""

    def __init__(self, client: ContainerClient, *, with_key: bool) -> None:
        self._client = client
        self._errors = Errors(client.url, with_key=with_key)

    async def upload(self, blob: str, file: bytes | BinaryIO, *, size: int, md5: bytes, media_type: str) -> None:
        """Put a file under its final name. Storage checks each request's MD5, and the blob carries the file's.

        Raises `ContainerMissing`, `KeyRefused`, or `BrokenPicture` when the file is no longer what its MD5 says.
        """
        client = self._client.get_blob_client(blob)
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
                # The key may not delete; what is empty nobody takes for the picture.
                await client.upload_blob(b"", overwrite=True)
                raise BrokenPicture(_CHANGED)
        except AzureError as error:
            raise (
                BrokenPicture(_CHANGED) if code_of(error) == "Md5Mismatch" else self._errors.translated(error)
            ) from None

    async def look_at(self, blob: str) -> StoredBlob | None:
        """Size, MD5 and media type of a blob; None where there is none."""
        try:
            properties = await self._client.get_blob_client(blob).get_blob_properties()
        except AzureError as error:
            found = self._errors.translated(error)
            if isinstance(found, NotFound | ContainerMissing):
                return None
            raise found from None
        return _stored(properties)

    async def list(self, prefix: str, after: str | None) -> tuple[list[tuple[str, StoredBlob]], str | None]:
        """A page of the blobs whose names begin so, in their order, and what the next page is asked for with.

        One request for up to PAGE_SIZE blobs. after: what the page before answered; None for the first one. The second
        of the answer is None with the last page.
        """
        pages = self._client.list_blobs(name_starts_with=prefix, results_per_page=PAGE_SIZE).by_page(after)
        try:
            found = [(str(blob.name), _stored(blob)) async for blob in await anext(pages)]
        except AzureError as error:
            raise self._errors.translated(error) from None
        return found, pages.continuation_token or None  # type: ignore[attr-defined]

    async def read(self, blob: str, *, of: ReadingOn | None = None) -> Reading:
        """A blob's bytes as they come. of: where an earlier reading stopped. Raises `NotFound`, `KeyRefused`."""
        options: dict[str, Any] = {}
        if of is not None:
            options = {"offset": of.done, "etag": of.etag, "match_condition": MatchConditions.IfNotModified}
        try:
            stream = await self._client.get_blob_client(blob).download_blob(validate_content=True, **options)
        except AzureError as error:
            raise self._errors.translated(error) from None

        async def chunks() -> AsyncIterator[bytes]:
            try:
                async for chunk in stream.chunks():
                    yield chunk
            except AzureError as error:
                raise self._errors.translated(error) from None

        return Reading(chunks(), _stored(stream.properties), str(stream.properties.etag))


@dataclass(frozen=True, slots=True)
class ReadingOn:
    """Where a reading stopped: after so many bytes of the blob that had this ETag."""

    done: int
    etag: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A blob that is being read."""

    chunks: AsyncIterator[bytes]
    blob: StoredBlob
    etag: str


class Errors:
    """What storage answers, in words for people, without anything secret."""

    def __init__(self, url: str, *, with_key: bool) -> None:
        self._where = urlsplit(url)._replace(query="").geturl().rstrip("/")
        self._with_key = with_key

    def translated(self, error: AzureError) -> DatastoreError:
        """The error to raise in its place."""
        code = code_of(error)
        if code in ("ContainerNotFound", "ContainerBeingDeleted"):
            return ContainerMissing("the container is not in storage")
        if isinstance(error, ResourceNotFoundError):
            return NotFound("the blob is not in storage")
        if isinstance(error, ClientAuthenticationError) or code in (
            "AuthorizationFailure",
            "AuthenticationFailed",
            "AuthorizationPermissionMismatch",
        ):
            clock = clock_hint(error, datetime.now(UTC))
            if self._with_key:
                return KeyRefused(f"the storage {self._where} refuses the container's key (403 {code}).{clock}")
            return AccountRefused(
                f"the storage {self._where} refuses the account key of DATASTORE_STORAGE_CONNECTION_STRING.{clock}"
            )
        if isinstance(error, ServiceRequestError | ServiceResponseError):
            right = "is DATASTORE_STORAGE_CONNECTION_STRING right"
            if self._with_key:
                right += ", or, without it, the endpoint in datastore.container"
            return Unreachable(f"the storage {self._where} does not answer. Is it running, and {right}?")
        reason = code or (error.reason if isinstance(error, HttpResponseError) else type(error).__name__)
        return DatastoreError(f"the storage {self._where} refuses: {reason}")


def clock_hint(error: AzureError, now: datetime) -> str:
    """What to say of this machine's clock, if it differs much from the one of storage; else nothing."""
    response = getattr(error, "response", None)
    date = None if response is None else response.headers.get("Date")
    try:
        ahead = now - parsedate_to_datetime(str(date))
    except (ValueError, TypeError):
        return ""
    if abs(ahead) < CLOCK_TOLERANCE:
        return ""
    minutes = round(abs(ahead).total_seconds() / 60)
    return (
        f" This machine's clock is {minutes} minutes {'ahead of' if ahead > timedelta() else 'behind'} the storage's, "
        "which refuses what seems to come from another time: set it right (NTP). If the database's clock was off, "
        "too, make new keys then: datastore-db keys rotate."
    )


def _stored(properties: BlobProperties) -> StoredBlob:
    settings = properties.content_settings
    md5 = bytes(settings.content_md5) if settings.content_md5 else None
    return StoredBlob(properties.size, md5, settings.content_type or "application/octet-stream")


def code_of(error: AzureError) -> str | None:
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
