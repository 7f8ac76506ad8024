"""The keys of containers: listed, issued, renewed, rotated and revoked."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from datastore_db.database.calls import Document
from datastore_db.ids import Id, to_uuid
from datastore_db.json_codec import JsonObject
from datastore_db.sealing.key_source import KEK
from datastore_db.settings import STORAGE
from datastore_db.store.storage_revocation import Revocation, Revoked

if TYPE_CHECKING:
    from datastore_db.storage.containers import Permission
    from datastore_db.storage.renewal import Renewed

_log = logging.getLogger("datastore_db")


class ContainerKeys(Revocation):
    """The keys of the containers of a store."""

    async def keys(
        self, container: str | None = None, *, include_past: bool = False, user_id: Id | None = None
    ) -> list[JsonObject]:
        """The keys of a container (its name, its id, or its user's email address), or of all; not the keys themselves.

        include_past: also those that open nothing any more. Raises `NotFound`.
        """
        ids = await self._named(container, user_id)
        answer = await self._call("list_keys", user_id, container_ids=ids, include_past=include_past)
        return cast(list[JsonObject], answer)

    async def issue_key(
        self, container: str, *, permission: Permission = "read", hours: float = 8, user_id: Id | None = None
    ) -> JsonObject:
        """A key to a container for a person: `url` has it in it. It is kept nowhere; that it was issued is recorded.

        Raises `NotFound`, `InvalidDocument` for a time that is too long, `Conflict`, or `CannotSign`.
        """
        renewals = self._needed_renewals("makes a key")
        found = cast(JsonObject, await self._call("container_called", user_id, container=container))
        return await renewals.hand_out(str(found["container_id"]), permission, hours, self._acting(user_id))

    async def renew_keys(self, container: str | None = None) -> list[Renewed]:
        """Do the work due in storage: pending containers, new keys before old ones expire, the end of old policies.

        container: this one, with its policies, whether or not something seems due. Several processes may do it at
        once. Errors of single containers are in the answer. Raises `CannotSign`.
        """
        renewals = self._needed_renewals("makes containers and keys")
        self._database.check_is_for_all("renew_keys")
        if not renewals.with_keys:
            _log.warning("no keys are made: that needs %s, and an AccountKey in %s", KEK, STORAGE)
        if container is None:
            return await renewals.renew()
        found = cast(JsonObject, await self._call_for_all_containers("container_called", container=container))
        return await renewals.repair_all([found])

    async def rotate_keys(self, container: str | None = None, *, overlap_hours: float = 1) -> list[Renewed]:
        """Replace the keys of a container, or of all. The old ones stay good for a while; the next renewal ends them.

        Raises `CannotSign`, or `datastore_db.sealing.NoKey`.
        """
        renewals = self._needed_renewals("makes keys")
        await self._keys.get()
        overlap = f"{overlap_hours} hours"
        if container is None:
            await self._call_for_all_containers("rotate_keys", overlap=overlap)
            return await renewals.renew()
        found = cast(JsonObject, await self._call_for_all_containers("container_called", container=container))
        ids = Document([found["container_id"]])
        await self._call_for_all_containers("rotate_keys", container_ids=ids, overlap=overlap)
        return await renewals.repair_all([found])

    async def revoke_keys(
        self, key_ids: Iterable[Id] = (), *, container: str | None = None, user_id: Id | None = None
    ) -> Revoked:
        """Take keys back, or all keys of a container, at once; the datastore makes new ones for its own use.

        Azure takes up to 30 seconds. Keys that were handed out for one container go together. Where storage still
        accepts them the answer's `in_storage` is False, and `to_do` is the next step: without the storage account's key
        policies stay, and an identity's signature names no policy. Raises `NotFound`.
        """
        answer = cast(
            JsonObject,
            await self._call(
                "revoke_keys",
                user_id,
                key_ids=Document([str(to_uuid(key_id)) for key_id in key_ids]),
                container_ids=Document([]) if container is None else await self._named(container, user_id),
            ),
        )
        keys = cast(list[JsonObject], answer["keys"])
        if self._renewals is not None:
            for container_id in cast(list[str], answer["container_ids"]):
                await self._renewals.make(container_id)
        to_do = self._to_do(keys)
        return {"keys": keys, "in_storage": to_do is None, "to_do": to_do}

    async def revoke_all_keys(self) -> Revoked:
        """Take back the keys and links of every container, after a theft; the datastore makes new keys for its own use.

        In a store that was opened as worker or owner; as `revoke_keys` otherwise.
        """
        containers = cast(list[JsonObject], await self._call_for_all_containers("rebuild_containers"))
        ids = Document([found["container_id"] for found in containers])
        answer = cast(JsonObject, await self._call_for_all_containers("revoke_keys", container_ids=ids))
        done = [] if self._renewals is None else await self._renewals.repair_all(containers)
        failed = [f"{renewed.container_name}: {renewed.error}" for renewed in done if renewed.error is not None]
        keys = cast(list[JsonObject], answer["keys"])
        steps = [self._to_do(keys), *(f"storage may still accept keys of {failure}" for failure in failed)]
        to_do = "; ".join(step for step in steps if step is not None) or None
        return {"keys": keys, "in_storage": to_do is None, "to_do": to_do}
