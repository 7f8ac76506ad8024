"""Sharing and publication of containers."""

from __future__ import annotations

import logging
from typing import NotRequired, TypedDict, cast

from datastore_db.errors import CannotSign, DatastoreError
from datastore_db.ids import Id, to_uuid
from datastore_db.store.access_levels import SharingLevel
from datastore_db.store.base import StoreBase

_log = logging.getLogger("datastore_db")


class Share(TypedDict):
    """A group that a container is shared with. name: None for a group that the acting user is not in."""

    group_id: str
    name: str | None
    role: str


class Container(TypedDict):
    """A container, as the acting user sees it. is_ready: is it made in storage? email: its owner's.

    shows_personal_data: does each of its users see the personal data of its pictures? permission: the acting user's
    `SharingLevel`. ended_links: how many links ended, where it was shared or public before.
    """

    container_id: str
    container_name: str
    tier: str
    is_ready: bool
    email: str | None
    is_public: bool
    shows_personal_data: bool
    permission: str
    shared_with: list[Share]
    ended_links: NotRequired[int]


class Sharing(StoreBase):
    """The containers of a store, as they are shared."""

    async def share(
        self, group_id: Id, role: str = SharingLevel.CONTRIBUTOR, *, user_id: Id | None = None
    ) -> Container:
        """Share the acting user's container with a group; answers the container.

        role: the members' highest level, a `SharingLevel` below the last: the lesser of it and their own counts.
        """
        answer = await self._call("share_container", user_id, group_id=to_uuid(group_id), role=role)
        return cast(Container, answer)

    async def unshare(self, group_id: Id, *, user_id: Id | None = None) -> Container:
        """Share the acting user's container with a group no more; answers the container. Raises `NotFound`.

        Where others had handed out links to its pictures, all open links to read end: `ended_links` says how many.
        """
        answer = cast(Container, await self._call("unshare_container", user_id, group_id=to_uuid(group_id)))
        return await self._without_links(answer)

    async def publish(self, is_public: bool = True, *, user_id: Id | None = None) -> Container:
        """Let every user see the acting user's container, or no longer; answers the container.

        No longer: links that others had handed out end as with `unshare`.
        """
        answer = cast(Container, await self._call("publish_container", user_id, is_public=is_public))
        return await self._without_links(answer)

    async def _without_links(self, container: Container) -> Container:
        """Tell storage, where this process can; else the next renewal does, and links end within the hour anyway."""
        if container["ended_links"]:
            try:
                if self._renewals is None:
                    raise CannotSign("it needs the storage account's credentials")
                await self._renewals.make(container["container_id"])
            except DatastoreError as error:
                _log.warning("links have not ended in storage yet, datastore-db keys renew ends them: %s", error)
        return container

    async def share_personal_data(self, is_shared: bool = True, *, user_id: Id | None = None) -> Container:
        """Show, or hide, the personal data of the pictures in the acting user's container to its other users.

        That is the place, the photographer, serial numbers, and comments in the file. Answers the container. Hidden
        again: links that other users had handed out end as with `unshare`.
        """
        answer = cast(Container, await self._call("share_personal_data", user_id, is_shared=is_shared))
        return await self._without_links(answer)

    async def containers(self, *, user_id: Id | None = None) -> list[Container]:
        """The containers that the acting user sees, their own first, each with their `permission` on it."""
        return cast(list[Container], await self._call("rebuild_containers", user_id))
