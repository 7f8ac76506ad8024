"""Pictures as blobs in Azure Blob Storage: one container, opened with a key of its own or with the account's."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from azure.core import MatchConditions
from azure.core.credentials import AzureSasCredential
from azure.core.exceptions import AzureError
from azure.core.pipeline.transport import AioHttpTransport
from azure.storage.blob import BlobProperties, ContentSettings
from azure.storage.blob.aio import BlobServiceClient, ContainerClient, ExponentialRetry, StorageStreamDownloader

from datastore_db.errors import BrokenPicture, DatastoreError, NotFound, PictureChanged
from datastore_db.identity.credential import ADDRESS, Identity
from datastore_db.json_codec import JsonObject
from datastore_db.sealing.sealed import SecretText
from datastore_db.storage.errors import (
    FILE_CHANGED,
    NOT_AS_STORED,
    ContainerMissing,
    Errors,
    translated,
)

# Up to here a blob goes up in one request; above, in blocks of BLOCK_SIZE.
SINGLE_PUT_SIZE = 16 * 1024 * 1024
BLOCK_SIZE = 4 * 1024 * 1024
# As many blobs as storage lists in one answer.
PAGE_SIZE = 5000


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """Storage's properties of a blob. size: bytes. kind: BlockBlob, which pictures are, or AppendBlob or PageBlob."""

    size: int
    md5: bytes | None
    media_type: str
    etag: str
    kind: str
    modified_at: datetime


class Connections:
    """The connections to storage of one process; every client uses them."""

    def __init__(self) -> None:
        self._transport: AioHttpTransport | None = None
        self._identity: Identity | None = None

    def service(self, connection_string: SecretText) -> BlobServiceClient:
        """An account, by an Azure connection string, or by its address and this process's identity. Nothing is sent."""
        if ADDRESS.match(connection_string):
            return self._service_at(connection_string.strip())
        try:
            service = BlobServiceClient.from_connection_string(connection_string, **self._options())
        except ValueError:
            # The SDK's own error would repeat the connection string, and with it the key.
            service = None
        del connection_string
        if service is None:
            raise DatastoreError(
                "DATASTORE_STORAGE_CONNECTION_STRING is not an Azure connection string: expected "
                "DefaultEndpointsProtocol=…;AccountName=…;AccountKey=…;BlobEndpoint=…, or, with an identity in Azure, "
                "https://ACCOUNT.blob.core.windows.net"
            )
        _see_that_it_is_safe(service.url)
        return service

    def _service_at(self, address: str) -> BlobServiceClient:
        parts = urlsplit(address)
        if parts.scheme.lower() != "https" or not parts.hostname or parts.username or parts.query or parts.fragment:
            raise DatastoreError(
                "DATASTORE_STORAGE_CONNECTION_STRING is an address, and not one that an identity in Azure is sent to: "
                "expected https://ACCOUNT.blob.core.windows.net, with nothing behind it"
            )
        if self._identity is None:
            self._identity = Identity()
        return BlobServiceClient(address, self._identity, **self._options())

    def container(self, endpoint: str, name: str, token: SecretText) -> ContainerClient:
        """A container, by a shared access signature. Nothing is sent yet."""
        _see_that_it_is_safe(endpoint)
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
        if self._identity is not None:
            await self._identity.close()


class Blobs:
    """The blobs of one container. with_key: it was opened with a key of its own, not with the account's."""

    def __init__(self, client: ContainerClient, *, with_key: bool) -> None:
        self._client = client
        self.errors = Errors(client.url, with_key=with_key, with_identity=isinstance(client.credential, Identity))

    @translated
    async def upload(
        self,
        blob: str,
        file: bytes | BinaryIO,
        *,
        size: int,
        md5: bytes,
        media_type: str,
        instead_of: StoredBlob | None = None,
    ) -> str:
        """Put a file under its final name; answers its ETag. Storage checks each request's MD5, and the blob carries
        the file's.

        instead_of: the blob that it replaces; without it there must be none. Raises `BlobThere` if it is otherwise,
        `ContainerMissing`, `KeyRefused`, or `BrokenPicture` when the file is no longer what its MD5 says.
        """
        client = self._client.get_blob_client(blob)
        content = file if isinstance(file, bytes) else _Hashing(file)
        made = await client.upload_blob(
            content,  # type: ignore[arg-type]  # anything with read() will do
            length=size,
            validate_content=True,
            content_settings=ContentSettings(content_type=media_type, content_md5=bytearray(md5)),
            **_only_instead_of(None if instead_of is None else instead_of.etag),
        )
        etag = _plain(made["etag"])
        if isinstance(content, _Hashing) and content.md5.digest() != md5:
            # The key may not delete; what is empty is not taken for the picture.
            await client.upload_blob(b"", **_only_instead_of(etag))
            raise BrokenPicture(FILE_CHANGED)
        return etag

    async def look_at(self, blob: str) -> StoredBlob | None:
        """Size, MD5, media type and ETag of a blob; None where there is none."""
        try:
            return await self._properties(blob)
        except (NotFound, ContainerMissing):
            return None

    @translated
    async def _properties(self, blob: str) -> StoredBlob:
        return _stored(await self._client.get_blob_client(blob).get_blob_properties())

    @translated
    async def list(self, prefix: str, after: str | None) -> tuple[list[tuple[str, StoredBlob]], str | None]:
        """A page of the blobs whose names begin so, in their order, and what the next page is asked for with.

        One request for up to PAGE_SIZE blobs. after: what the page before answered; None for the first one. The second
        of the answer is None with the last page.
        """
        pages = self._client.list_blobs(name_starts_with=prefix, results_per_page=PAGE_SIZE).by_page(after)
        found = [(str(blob.name), _stored(blob)) async for blob in await anext(pages)]
        return found, pages.continuation_token or None  # type: ignore[attr-defined]

    @translated
    async def read(self, blob: str, confirmed: Confirmed, *, of: ReadingOn | None = None) -> Reading:
        """A blob's bytes as they come. of: where an earlier reading stopped.

        Raises `PictureChanged` for a blob that is not the one that was confirmed, `NotFound`, `KeyRefused`.
        """
        etag = confirmed.etag if of is None else of.etag
        options: dict[str, Any] = {} if of is None else {"offset": of.done}
        if etag is not None:
            options |= {"etag": f'"{etag}"', "match_condition": MatchConditions.IfNotModified}
        stream = await self._client.get_blob_client(blob).download_blob(validate_content=True, **options)
        found = _stored(stream.properties)
        # The size given for a part of a blob is the part's; its ETag was compared.
        if of is None and not confirmed.is_like(found):
            raise PictureChanged(NOT_AS_STORED)
        return Reading(self._chunks(stream), found)

    async def _chunks(self, stream: StorageStreamDownloader[bytes]) -> AsyncIterator[bytes]:
        failure: DatastoreError | None = None
        try:
            async for chunk in stream.chunks():
                yield chunk
        except AzureError as error:
            failure = self.errors.translated(error)
        if failure is not None:
            raise failure


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The database's record of a confirmed blob. None: unknown. size: bytes."""

    size: int | None = None
    md5: bytes | None = None
    etag: str | None = None

    @classmethod
    def of(cls, found: JsonObject) -> Confirmed:
        """From the answer of `datastore.locate_picture`."""
        size, md5, etag = found["size"], found["md5"], found["etag"]
        return cls(
            None if size is None else int(str(size)),
            None if md5 is None else base64.b64decode(str(md5)),
            None if etag is None else str(etag),
        )

    def is_like(self, blob: StoredBlob) -> bool:
        """Whether a blob can be that one; where the ETag is known, it is compared by storage as well."""
        return self.size in (None, blob.size) and self.md5 in (None, blob.md5)


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


def is_on_this_machine(endpoint: str) -> bool:
    """Whether an address is of a server on this machine, such as an emulator."""
    return urlsplit(endpoint).hostname in ("127.0.0.1", "localhost", "::1")


def _see_that_it_is_safe(endpoint: str) -> None:
    if not endpoint.startswith("https://") and not is_on_this_machine(endpoint):
        where = urlsplit(endpoint)._replace(query="").geturl()
        raise DatastoreError(
            f"the storage {where} is neither https:// nor on this machine: keys would be sent in clear"
        )


def _stored(properties: BlobProperties) -> StoredBlob:
    settings = properties.content_settings
    md5 = bytes(settings.content_md5) if settings.content_md5 else None
    media_type = settings.content_type or "application/octet-stream"
    kind = str(getattr(properties.blob_type, "value", properties.blob_type))
    return StoredBlob(properties.size, md5, media_type, _plain(properties.etag), kind, properties.last_modified)


def _plain(etag: object) -> str:
    """An ETag without the quotes that a header has around it, and a listing has not."""
    return str(etag).strip('"')


def _only_instead_of(etag: str | None) -> dict[str, Any]:
    """The condition of a write: there is no such blob, or it is the one with this ETag."""
    if etag is None:
        return {"overwrite": False}
    return {"overwrite": True, "etag": f'"{etag}"', "match_condition": MatchConditions.IfNotModified}


class _Hashing:
    """A stream that keeps the MD5 of the bytes read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.md5 = hashlib.md5(usedforsecurity=False)

    def read(self, size: int = -1) -> bytes:
        chunk = self._file.read(size)
        self.md5.update(chunk)
        return chunk
