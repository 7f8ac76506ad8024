"""Containers in storage, the keys to them, and links to single pictures."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import TypedDict, cast

from datastore_db.containers import Permission
from datastore_db.database import Document
from datastore_db.ids import Id, to_uuid
from datastore_db.json_codec import JsonObject
from datastore_db.keys.find import KEK
from datastore_db.keys.renewal import Renewed
from datastore_db.keys.rewrapping import Rewrapped, rewrap
from datastore_db.links import MINUTES, Link, read_link, write_link
from datastore_db.settings import STORAGE
from datastore_db.store.base import StoreBase
from datastore_db.upload.link import confirm_upload

_log = logging.getLogger("datastore_db")


class Revoked(TypedDict):
    """Keys that were taken back. in_storage: False where storage still accepts them; to_do: what ends that, then."""

    keys: list[JsonObject]
    in_storage: bool
    to_do: str | None


class RevokedLinks(TypedDict):
    """How many links were ended. in_storage: False where storage still accepts them; to_do: what ends that, then."""

    links: int
    in_storage: bool
    to_do: str | None


def what_is_left(keys: Sequence[JsonObject], *, ends_policies: bool) -> str | None:
    """What is to be done so that storage refuses keys that were revoked; None: it does.

    ends_policies: whether the policies that keys name were removed by this process.
    """
    left: list[str] = []
    if not ends_policies and any(key["has_policy"] for key in keys):
        left.append(
            "storage still accepts them: this process cannot remove their policies, which takes the storage account's "
            f"key. Run datastore-db keys renew where that is ({STORAGE})"
        )
    ends = [str(key["expires_at"]) for key in keys if not key["has_policy"]]
    if ends:
        left.append(
            f"storage accepts what an identity signed until {max(ends)}. To end it before, with all else that was "
            "signed so for the account: az storage account revoke-delegation-keys --name ACCOUNT --resource-group "
            "GROUP, then datastore-db keys rotate (docs/azure.md)"
        )
    return "; ".join(left) or None


class ContainerKeys(StoreBase):
    """The keys and links of a store."""

    async def link(
        self, picture_id: Id, *, minutes: int = MINUTES, personal_data: bool = False, user_id: Id | None = None
    ) -> Link:
        """An address at which anyone can read one picture from storage itself, for a time; that is recorded.

        A file that says something of people or places is not handed out: the link is to a copy without that, made once,
        whose pixels are the same. personal_data: to the original nevertheless, for who may see what it says.
        Raises `NotFound`, `NotAllowed` where they may not, and where there can be no copy, `Conflict` while its bytes
        have not arrived, or `CannotSign` where the storage account's credentials are not.
        """
        account = self._needed_account("signs a link")
        return await read_link(
            self._database, account, to_uuid(picture_id), minutes, self._who(user_id), personal_data=personal_data
        )

    async def upload_link(self, picture_id: Id, *, minutes: int = MINUTES, user_id: Id | None = None) -> Link:
        """An address at which anyone can upload the bytes of one announced picture, for a time; that is recorded.

        What comes is stored by `confirm_upload`, within an hour after the link ended. Raises `NotFound`, `Conflict` for
        a picture that is stored, or `CannotSign`.
        """
        account = self._needed_account("signs a link")
        return await write_link(self._database, account, to_uuid(picture_id), minutes, self._who(user_id))

    async def confirm_upload(self, picture_id: Id, *, user_id: Id | None = None) -> JsonObject:
        """Look into what came through a link to upload, and store it; answers the picture's document.

        Raises `NotFound`, `NotAllowed`, `Conflict` where nothing came, or other bytes than were announced,
        `BrokenPicture` or `NotAPicture`.
        """
        return await confirm_upload(
            self._database, self._containers, to_uuid(picture_id), self._who(user_id), self._uploads
        )

    async def links(
        self, container: str | None = None, *, include_past: bool = False, user_id: Id | None = None
    ) -> list[JsonObject]:
        """The links to pictures of a container (its name, its id, or its user's email address), or of all.

        Not the links themselves. include_past: also those that open nothing any more. Raises `NotFound`.
        """
        ids = await self._named(container, user_id)
        answer = await self._call("list_links", user_id, container_ids=ids, include_past=include_past)
        return cast(list[JsonObject], answer)

    async def revoke_links(self, container: str, *, user_id: Id | None = None) -> RevokedLinks:
        """End all open links to read pictures of a container; links to upload end by themselves.

        Azure takes up to 30 seconds. Without the storage account's credentials the answer's `in_storage` is False: run
        `renew_keys` where they are. Raises `NotFound`.
        """
        ids = await self._named(container, user_id)
        answer = cast(JsonObject, await self._call("revoke_links", user_id, container_ids=ids))
        if self._renewals is not None:
            for container_id in cast(list[str], answer["container_ids"]):
                await self._renewals.make(container_id)
        to_do = self._to_do([{"has_policy": True}] if answer["container_ids"] else [])
        return {"links": int(str(answer["links"])), "in_storage": to_do is None, "to_do": to_do}

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
        return await renewals.hand_out(str(found["container_id"]), permission, hours, self._who(user_id))

    async def renew_keys(self, container: str | None = None) -> list[Renewed]:
        """Make in storage what is due: pending containers, new keys before old ones expire, the end of old policies.

        container: this one, with its policies, whether or not something seems due. Several processes may do it at
        once. What went wrong with single containers is in the answer. Raises `CannotSign`.
        """
        renewals = self._needed_renewals("makes containers and keys")
        self._database.check_is_for_all("renew_keys")
        if not renewals.with_keys:
            _log.warning("no keys are made: that needs %s, and an AccountKey in %s", KEK, STORAGE)
        if container is None:
            return await renewals.renew()
        found = cast(JsonObject, await self._call_for_nobody("container_called", container=container))
        return await renewals.repair_all([found])

    async def rotate_keys(self, container: str | None = None, *, overlap_hours: float = 1) -> list[Renewed]:
        """Replace the keys of a container, or of all. The old ones stay good for a while; the next renewal ends them.

        Raises `CannotSign`, or `datastore_db.keys.NoKey`.
        """
        renewals = self._needed_renewals("makes keys")
        await self._keys.get()
        overlap = f"{overlap_hours} hours"
        if container is None:
            await self._call_for_nobody("rotate_keys", overlap=overlap)
            return await renewals.renew()
        found = cast(JsonObject, await self._call_for_nobody("container_called", container=container))
        ids = Document([found["container_id"]])
        await self._call_for_nobody("rotate_keys", container_ids=ids, overlap=overlap)
        return await renewals.repair_all([found])

    async def rotate_key_encryption_key(self) -> Rewrapped:
        """Wrap the keys of all sealed secrets with the current key-encryption key: the others are needed no more.

        Raises `datastore_db.keys.NoKey`.
        """
        return await rewrap(self._database, self._keys)

    async def revoke_keys(
        self, key_ids: Iterable[Id] = (), *, container: str | None = None, user_id: Id | None = None
    ) -> Revoked:
        """Take keys back, or all keys of a container, at once; the datastore makes new ones for its own use.

        Azure takes up to 30 seconds. Keys that were handed out for one container go together. Where storage still
        accepts them the answer's `in_storage` is False, and `to_do` says what to do: without the storage account's key
        policies stay, and what an identity signed names no policy. Raises `NotFound`.
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

    def _to_do(self, keys: Sequence[JsonObject]) -> str | None:
        ends_policies = self._renewals is not None and self._renewals.with_policies
        return what_is_left(keys, ends_policies=ends_policies)

    async def revoke_all_keys(self) -> Revoked:
        """Take back the keys and links of every container, after a theft; the datastore makes new keys for its own use.

        In a store that was opened as worker or owner; as `revoke_keys` otherwise.
        """
        containers = cast(list[JsonObject], await self._call_for_nobody("rebuild_containers"))
        ids = Document([found["container_id"] for found in containers])
        answer = cast(JsonObject, await self._call_for_nobody("revoke_keys", container_ids=ids))
        if self._renewals is not None:
            await self._renewals.renew()
        keys = cast(list[JsonObject], answer["keys"])
        to_do = self._to_do(keys)
        return {"keys": keys, "in_storage": to_do is None, "to_do": to_do}

    async def claim_containers(self, container: str | None = None) -> list[Renewed]:
        """Take over a container in storage, or all, from another database that this one takes the place of.

        The other one, if it is still there, does not touch them any more. Raises `CannotSign`.
        """
        renewals = self._needed_renewals("takes over containers")
        if container is not None:
            found = [cast(JsonObject, await self._call_for_nobody("container_called", container=container))]
        else:
            found = cast(list[JsonObject], await self._call_for_nobody("rebuild_containers"))
        return await renewals.claim(found)

    async def instance(self) -> str:
        """The id of this database, which its containers in storage carry."""
        return str(await self._call_for_nobody("own_instance"))

    async def new_instance(self) -> str:
        """Make this database another instance, which touches no container in storage until it claims it."""
        return str(await self._call_for_nobody("new_instance"))

    async def _named(self, container: str | None, user_id: Id | None) -> Document | None:
        """A container by its name as the array of ids that functions take; None stays None, for all."""
        if container is None:
            return None
        found = cast(JsonObject, await self._call("container_called", user_id, container=container))
        return Document([found["container_id"]])
