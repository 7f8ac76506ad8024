"""Storage as a whole: the sweep, the key-encryption key, and which instance its containers belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from datastore_db.json_codec import JsonObject
from datastore_db.sealing.rewrapping import Rewrapped, rewrap
from datastore_db.store.base import StoreBase

if TYPE_CHECKING:
    from datastore_db.storage.renewal import Renewed


class Storage(StoreBase):
    """The storage of a store."""

    async def sweep(self) -> int:
        """Delete the blobs of deleted pictures; answers how many. Needs the storage account's credentials.

        Raises `BlobsRemain` at the end, if blobs are left that should be gone: those that storage does not delete, and
        those in containers of another database or another storage account, which are left alone.
        """
        from datastore_db.storage.sweep import sweep

        account = self._needed_account("deletes blobs, which the keys of containers may not")
        return await sweep(self._database, account)

    async def rotate_key_encryption_key(self) -> Rewrapped:
        """Wrap the keys of all sealed secrets with the current key-encryption key: the others are needed no more.

        Raises `datastore_db.sealing.NoKey`.
        """
        return await rewrap(self._database, self._keys)

    async def take_over_containers(self, container: str | None = None) -> list[Renewed]:
        """Take over a container in storage, or all, from another database that this one takes the place of.

        The other one, if it is still there, does not touch them any more. Raises `CannotSign`.
        """
        renewals = self._needed_renewals("takes over containers")
        if container is not None:
            found = [cast(JsonObject, await self._call_for_all_containers("container_called", container=container))]
        else:
            found = cast(list[JsonObject], await self._call_for_all_containers("rebuild_containers"))
        return await renewals.take_over(found)

    async def instance(self) -> str:
        """The id of this database, which its containers in storage carry."""
        return str(await self._call_for_all_containers("own_instance"))

    async def new_instance(self) -> str:
        """Make this database another instance, which touches no container in storage until it takes it over."""
        return str(await self._call_for_all_containers("new_instance"))
