"""Signers of keys and links: the storage account's key, or a user delegation key of an identity."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from datastore_db.errors import CannotSign
from datastore_db.storage.errors import Errors, translated

if TYPE_CHECKING:
    from azure.storage.blob import UserDelegationKey
    from azure.storage.blob.aio import BlobServiceClient

# Azure allows seven days. A signature is good for a day at most, and ends with the key.
GOOD_FOR = timedelta(days=2)
# So that a process works again soon after all delegation keys of the account were revoked.
KEPT_FOR = timedelta(hours=1)
# For clocks that differ.
BEFORE = timedelta(minutes=15)


class Signer(Protocol):
    """A signer of shared access signatures."""

    @property
    def can_sign(self) -> bool:
        """Whether there should be a key."""
        ...

    @property
    def names_policies(self) -> bool:
        """Whether a signature may name a stored access policy, which ends it; otherwise it says all by itself."""
        ...

    async def key(self) -> dict[str, Any]:
        """The key, as the argument that the SDK takes it by. Raises `CannotSign`, or what storage says."""
        ...


class AccountKey:
    """The key of a storage account; None where its connection string has none."""

    names_policies = True

    def __init__(self, key: str | None) -> None:
        self._key = key

    @property
    def can_sign(self) -> bool:
        return self._key is not None

    async def key(self) -> dict[str, Any]:
        if self._key is None:
            raise CannotSign(
                "keys and links are signed with the storage account's key, and the connection string of "
                "DATASTORE_STORAGE_CONNECTION_STRING has a shared access signature instead: take one with an AccountKey"
            )
        return {"account_key": self._key}


class DelegationKeys:
    """User delegation keys of an account: fetched with an identity, once for all concurrent callers, and kept a while.

    They can sign what the identity itself may do. Storage refuses policies beside them.
    """

    can_sign = True
    names_policies = False

    def __init__(self, service: BlobServiceClient, errors: Errors) -> None:
        self._service = service
        self.errors = errors
        self._lock = asyncio.Lock()
        self._key: UserDelegationKey | None = None
        self._until = datetime.min.replace(tzinfo=UTC)

    async def key(self) -> dict[str, Any]:
        async with self._lock:
            now = datetime.now(UTC)
            if self._key is None or now >= self._until:
                self._key, self._until = await self._fetch(now), now + KEPT_FOR
            return {"user_delegation_key": self._key}

    @translated
    async def _fetch(self, now: datetime) -> UserDelegationKey:
        return await self._service.get_user_delegation_key(now - BEFORE, now + GOOD_FOR)
