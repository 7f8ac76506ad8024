"""Groups of people, and their members."""

from __future__ import annotations

from typing import TypedDict, cast

from datastore_db.ids import Id, to_uuid
from datastore_db.store.access_levels import SharingLevel
from datastore_db.store.base import StoreBase


class Member(TypedDict):
    """A member of a group. role: a `SharingLevel`. accepted: False while it is an invitation."""

    user_id: str
    email: str | None
    role: str
    accepted: bool


class SharedWithGroup(TypedDict):
    """A container that members of a group see. email: its owner's. role: the members' highest level."""

    container_id: str
    container_name: str | None
    email: str | None
    role: str


class Group(TypedDict):
    """Users, and the containers shared with them. invited: the acting user has yet to join, and sees the name alone."""

    group_id: str
    name: str
    invited: bool
    members: list[Member]
    containers: list[SharedWithGroup]


class Groups(StoreBase):
    """The groups of a store."""

    async def create_group(self, name: str, *, user_id: Id | None = None) -> Group:
        """Make a group, whose owner the acting user is: `{group_id, name, members, containers}`.

        Raises `InvalidDocument`, or `Conflict` for a name that the same user gave already.
        """
        return cast(Group, await self._call("create_group", user_id, name=name))

    async def find_group(self, name: str, *, user_id: Id | None = None) -> str:
        """The id of the acting user's group with this name, or with this id. Raises `NotFound` or `Conflict`."""
        return str(await self._call("find_group_named", user_id, name=name))

    async def delete_group(self, group_id: Id, *, user_id: Id | None = None) -> None:
        """Delete a group; containers that were shared with it stay their owners'. Raises `NotAllowed` or `NotFound`."""
        await self._call("delete_group", user_id, group_id=to_uuid(group_id))

    async def set_member(
        self, group_id: Id, email: str, role: str = SharingLevel.READER, *, user_id: Id | None = None
    ) -> Group:
        """Invite a user to a group, or change a member's role, a `SharingLevel`; answers the group.

        The invited user accepts with `join_group`. Raises `NotAllowed` for a user other than the group's owners,
        `NotFound`, or `Conflict` for the last owner.
        """
        answer = await self._call("set_member", user_id, group_id=to_uuid(group_id), email=email, role=role)
        return cast(Group, answer)

    async def join_group(self, group_id: Id, *, user_id: Id | None = None) -> Group:
        """Accept the acting user's invitation to a group; answers the group. Raises `NotFound` without one."""
        return cast(Group, await self._call("join_group", user_id, group_id=to_uuid(group_id)))

    async def remove_member(self, group_id: Id, email: str, *, user_id: Id | None = None) -> Group | None:
        """Remove a member from a group, or leave it; answers the group, or None to a user who left it.

        Raises `NotAllowed`, `NotFound`, or `Conflict` for the last owner.
        """
        answer = await self._call("remove_member", user_id, group_id=to_uuid(group_id), email=email)
        return cast("Group | None", answer)

    async def groups(self, *, user_id: Id | None = None) -> list[Group]:
        """The acting user's groups, with their members and shared containers, and the user's invitations."""
        return cast(list[Group], await self._call("rebuild_groups", user_id))
