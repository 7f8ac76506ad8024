"""Groups, the containers that are shared with them, and the record of who did what: a part of the store."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any, NotRequired, TypedDict, cast

from datastore_db.errors import CannotSign, DatastoreError
from datastore_db.ids import Id, to_uuid
from datastore_db.store.base import StoreBase

_log = logging.getLogger("datastore_db")


class Member(TypedDict):
    """A member of a group. role: reader, contributor or owner. accepted: False while it is an invitation."""

    user_id: str
    email: str | None
    role: str
    accepted: bool


class SharedWithGroup(TypedDict):
    """A container that members of a group see. email: its owner's. role: what members may do at most."""

    container_id: str
    container_name: str | None
    email: str | None
    role: str


class Group(TypedDict):
    """People, and what is shared with them. invited: the acting user has yet to join, and sees the name alone."""

    group_id: str
    name: str
    invited: bool
    members: list[Member]
    containers: list[SharedWithGroup]


class Share(TypedDict):
    """A group that a container is shared with. name: None for a group that the acting user is not in."""

    group_id: str
    name: str | None
    role: str


class Container(TypedDict):
    """A container, as the acting user sees it. is_ready: is it made in storage? email: its owner's.

    shows_personal_data: do all who see it see the personal data of its pictures? permission: owner, contributor or
    reader. ended_links: how many links ended, where it was shared or public before.
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


class AuditEntry(TypedDict, total=False):
    """What somebody did. at: UTC. by, email: the user, where one acted. database_user: whose connection it was."""

    at: str
    action: str
    entity: str
    entity_id: str
    container_id: str
    by: str
    email: str
    database_user: str
    before: dict[str, Any]
    after: dict[str, Any]
    claimed: dict[str, Any]


class Sharing(StoreBase):
    """Groups, shared containers, and the record of who did what."""

    async def create_group(self, name: str, *, user_id: Id | None = None) -> Group:
        """Make a group, whose owner the acting user is: `{group_id, name, members, containers}`.

        Raises `InvalidDocument`, or `Conflict` for a name that the same user gave already.
        """
        return cast(Group, await self._call("create_group", user_id, name=name))

    async def find_group(self, name: str, *, user_id: Id | None = None) -> str:
        """The id of the acting user's group with this name, or with this id. Raises `NotFound` or `Conflict`."""
        return str(await self._call("find_group_named", user_id, name=name))

    async def delete_group(self, group_id: Id, *, user_id: Id | None = None) -> None:
        """Delete a group; what was shared with it stays its owners'. Raises `NotAllowed` or `NotFound`."""
        await self._call("delete_group", user_id, group_id=to_uuid(group_id))

    async def set_member(self, group_id: Id, email: str, role: str = "reader", *, user_id: Id | None = None) -> Group:
        """Invite a user to a group, or change a member's role: reader, contributor or owner; answers the group.

        The invited user accepts with `join_group`. Raises `NotAllowed` for a user who is no owner of the group,
        `NotFound`, or `Conflict` for the last owner.
        """
        answer = await self._call("set_member", user_id, group_id=to_uuid(group_id), email=email, role=role)
        return cast(Group, answer)

    async def join_group(self, group_id: Id, *, user_id: Id | None = None) -> Group:
        """Accept the acting user's invitation to a group; answers the group. Raises `NotFound` without one."""
        return cast(Group, await self._call("join_group", user_id, group_id=to_uuid(group_id)))

    async def remove_member(self, group_id: Id, email: str, *, user_id: Id | None = None) -> Group | None:
        """Take somebody out of a group, or leave it; answers the group, None to who left it.

        Raises `NotAllowed`, `NotFound`, or `Conflict` for the last owner.
        """
        answer = await self._call("remove_member", user_id, group_id=to_uuid(group_id), email=email)
        return cast("Group | None", answer)

    async def groups(self, *, user_id: Id | None = None) -> list[Group]:
        """The acting user's groups, with their members and what is shared with them, and their invitations."""
        return cast(list[Group], await self._call("rebuild_groups", user_id))

    async def share(self, group_id: Id, role: str = "contributor", *, user_id: Id | None = None) -> Container:
        """Share the acting user's container with a group; answers the container.

        role: what its members may do at most: as a reader see it; as a contributor what their own role says.
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
                _log.warning("storage is not told yet to end links, datastore-db keys renew does it: %s", error)
        return container

    async def share_personal_data(self, is_shared: bool = True, *, user_id: Id | None = None) -> Container:
        """Show the personal data of the pictures in the acting user's container to all who see it, or no longer.

        That is where and by whom a picture was taken, serial numbers, and what people wrote into the file. Answers the
        container. No longer: links that others had handed out end as with `unshare`.
        """
        answer = cast(Container, await self._call("share_personal_data", user_id, is_shared=is_shared))
        return await self._without_links(answer)

    async def containers(self, *, user_id: Id | None = None) -> list[Container]:
        """The containers that the acting user sees, their own first, each with their `permission` on it."""
        return cast(list[Container], await self._call("rebuild_containers", user_id))

    async def audit(
        self,
        entity_id: Id | None = None,
        *,
        container_id: Id | None = None,
        since: datetime | None = None,
        how_many: int = 100,
        user_id: Id | None = None,
    ) -> list[AuditEntry]:
        """Who did what, the newest first, in the containers and groups that the acting user may change.

        entity_id: of one picture, picture set, inference, group or container. since: with a time zone.
        """
        answer = await self._call(
            "rebuild_audit",
            user_id,
            entity_id=None if entity_id is None else to_uuid(entity_id),
            container_id=None if container_id is None else to_uuid(container_id),
            since=since,
            how_many=how_many,
        )
        return cast(list[AuditEntry], answer)
