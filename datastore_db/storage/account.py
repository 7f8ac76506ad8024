"""The work of the storage account's credentials: make containers, set their policies, sign, and delete blobs."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from urllib.parse import quote, urlsplit

from azure.core.exceptions import HttpResponseError, ResourceExistsError
from azure.storage.blob import AccessPolicy, generate_blob_sas, generate_container_sas
from azure.storage.blob.aio import BlobLeaseClient, BlobServiceClient

from datastore_db.errors import Conflict, NotFound
from datastore_db.identity.credential import Identity
from datastore_db.sealing.sealed import SecretText
from datastore_db.storage.blobs import Blobs, Connections
from datastore_db.storage.errors import ContainerMissing, Errors, code_of, translated
from datastore_db.storage.signing import AccountKey, DelegationKeys, Signer

# The container's metadata in storage: which database it belongs to
INSTANCE = "datastore_instance"
# A key's permissions, as Azure writes them. Writing over a blob is writing; an upload lists, to find lost blobs.
# Nothing here deletes.
PERMISSIONS = {"read": "r", "write": "rwl"}
CREATE_ONE_BLOB = "c"


class Account:
    """A storage account, by its connection string, or by its address and the identity of this process."""

    def __init__(self, service: BlobServiceClient) -> None:
        self._service = service
        self.endpoint = urlsplit(service.url)._replace(query="").geturl().rstrip("/")
        self.name = service.account_name or account_of(self.endpoint).partition(".")[0]
        is_identity = isinstance(service.credential, Identity)
        self.errors = Errors(service.url, with_key=False, with_identity=is_identity)
        key = getattr(service.credential, "account_key", None)
        self.signer: Signer = (
            DelegationKeys(service, self.errors) if is_identity else AccountKey(str(key) if key else None)
        )

    @classmethod
    def connect(cls, connections: Connections, connection_string: SecretText) -> Account:
        """Nothing is sent yet. Raises `DatastoreError` for a text that is no connection string and no address."""
        return cls(connections.service(connection_string))

    @property
    def can_sign(self) -> bool:
        """Whether there is a key to sign with; a connection string may have a shared access signature instead."""
        return self.signer.can_sign

    @property
    def settles_at_once(self) -> bool:
        """Whether a policy that was set is known at once, as an emulator does; Azure takes up to 30 seconds."""
        return not self.endpoint.startswith("https://")

    def has(self, endpoint: str) -> bool:
        """Whether an address is one of this account. An emulator may have moved to another port."""
        return account_of(endpoint) == account_of(self.endpoint)

    def blobs(self, container: str) -> Blobs:
        """A container, with the account's own rights."""
        return Blobs(self._service.get_container_client(container), with_key=False)

    @translated
    async def instance_of(self, container: str) -> str | None:
        """The database that a container says it belongs to. Raises `ContainerMissing`."""
        properties = await self._service.get_container_client(container).get_container_properties()
        # Names of metadata are headers: what is between may write them in other letters.
        return {name.lower(): value for name, value in (properties.metadata or {}).items()}.get(INSTANCE)

    async def make_container(self, container: str, instance_id: str, *, is_ready: bool) -> None:
        """See that a container is there and belongs to this database: made, or taken on where it belongs to none.

        is_ready: it was made before, and should be there. Raises `Conflict` for one of another database.
        """
        owner = None
        if is_ready:
            try:
                owner = await self.instance_of(container)
            except ContainerMissing:
                is_ready = False  # it was removed from storage
        if not is_ready:
            if await self._make(container, instance_id):
                return
            owner = await self.instance_of(container)
        if owner is None:
            await self.take_over(container, instance_id)
        elif owner != instance_id:
            raise Conflict(another_instance(container))

    @translated
    async def _make(self, container: str, instance_id: str) -> bool:
        """Whether it was made; otherwise it is there."""
        try:
            await self._service.create_container(container, metadata={INSTANCE: instance_id})
        except ResourceExistsError as error:
            is_going = "BeingDeleted" in str(code_of(error))
        else:
            return True
        if is_going:
            raise Conflict(f"storage is still deleting the container {container}: try again in a minute")
        return False

    @translated
    async def take_over(self, container: str, instance_id: str) -> None:
        """Make a container belong to this database, whomever it belonged to. Raises `ContainerMissing`."""
        client = self._service.get_container_client(container)
        metadata = (await client.get_container_properties()).metadata or {}
        await client.set_container_metadata({**metadata, INSTANCE: instance_id})

    @translated
    async def set_policies(self, container: str, policies: Mapping[str, AccessPolicy]) -> None:
        """Give a container these stored access policies and no others."""
        await self._service.get_container_client(container).set_container_access_policy(
            dict(policies), read_timeout=20, retry_total=0
        )

    async def delete(self, container: str, blob: str) -> None:
        """Delete a blob with its snapshots, in spite of a lease on it; that it is gone already is fine."""
        with suppress(NotFound, ContainerMissing):
            if not await self._delete(container, blob):
                await self._break_lease(container, blob)
                await self._delete(container, blob, is_leased=False)

    @translated
    async def _delete(self, container: str, blob: str, *, is_leased: bool = True) -> bool:
        """Whether it is deleted; otherwise there is a lease on it."""
        try:
            await self._service.get_blob_client(container, blob).delete_blob(delete_snapshots="include")
        except HttpResponseError as error:
            if not is_leased or code_of(error) != "LeaseIdMissing":
                raise
            return False
        return True

    @translated
    async def _break_lease(self, container: str, blob: str) -> None:
        await BlobLeaseClient(self._service.get_blob_client(container, blob)).break_lease(lease_break_period=0)

    async def see_that_it_signs(self) -> None:
        """Raise `CannotSign`, or what storage says, where keys and links cannot be signed."""
        await self.signer.key()

    async def sign_container(
        self,
        container: str,
        permission: str | None,
        *,
        policy: str | None,
        starts_at: datetime | None = None,
        expires_at: datetime | None = None,
    ) -> SecretText:
        """A shared access signature. What a stored policy says, if one is named, cannot stand in the signature, too."""
        signature = generate_container_sas(
            self.name,
            container,
            **await self.signer.key(),
            permission=permission,
            policy_id=policy,
            start=starts_at,
            expiry=expires_at,
            protocol=self._protocol,
        )
        return SecretText(signature)

    async def sign_blob(
        self,
        container: str,
        blob: str,
        permission: str | None,
        starts_at: datetime,
        expires_at: datetime,
        *,
        policy: str | None = None,
        content_type: str | None = None,
        content_disposition: str | None = None,
    ) -> str:
        """An address of one blob, good for a time. The last two: headers with which it is served.

        policy: a stored policy, which says what it may do in the place of permission, and ends it when it goes.
        """
        signature = generate_blob_sas(
            self.name,
            container,
            blob,
            **await self.signer.key(),
            permission=permission,
            policy_id=policy,
            start=starts_at,
            expiry=expires_at,
            protocol=self._protocol,
            content_type=content_type,
            content_disposition=content_disposition,
        )
        return f"{self.endpoint}/{container}/{quote(blob)}?{signature}"

    @property
    def _protocol(self) -> str | None:
        return "https" if self.endpoint.startswith("https://") else None


def account_of(endpoint: str) -> str:
    """The identity of an account: the host, or, of an emulator, the name behind host and port."""
    parts = urlsplit(endpoint)
    return parts.path.strip("/") or str(parts.hostname)


def another_account(container: str, endpoint: str, here: str) -> str:
    """The message for a container in another storage account than that of the credentials."""
    return (
        f"the container {container} is in the storage {endpoint}, and DATASTORE_STORAGE_CONNECTION_STRING is for "
        f"{here}. If its pictures were moved there: datastore-db keys take-over {container} (or --all)"
    )


def another_instance(container: str) -> str:
    """The message for a container that another database has made."""
    return (
        f"the container {container} belongs to another database: this one may be a copy of it, and must not touch its "
        f"pictures. If this database takes its place: datastore-db keys take-over {container} (or --all)"
    )


def disposition(file_name: str) -> str:
    """The header Content-Disposition with which a browser shows a picture, and saves it under this name."""
    plain = "".join(char if char.isascii() and char.isprintable() and char not in '"\\%' else "_" for char in file_name)
    return f"inline; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}"
