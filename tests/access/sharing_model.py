"""The rights of users: the rules of docs/access.md as a plain class, without SQL.

Users are named by their first names, and a container by the name of its owner. What a user asks for answers None where
it is done, else the SQLSTATE with which it is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field

NOT_FOUND, NOT_ALLOWED, CONFLICT, NO_PRIVILEGE = "DS404", "DS403", "DS409", "42501"


@dataclass
class Member:
    """A user's place in a group; until it is accepted it is an invitation, and opens nothing."""

    role: str
    accepted: bool


@dataclass
class Group:
    name: str
    creator: str
    members: dict[str, Member] = field(default_factory=dict)
    # What each owner shares with it, and what its members may do there at most
    shares: dict[str, str] = field(default_factory=dict)

    def is_joined_by(self, user: str) -> bool:
        return user in self.members and self.members[user].accepted

    def owners(self) -> set[str]:
        return {user for user, member in self.members.items() if member.accepted and member.role == "owner"}


class SharingModel:
    """Groups, shares, publications and site roles, and what follows from them."""

    def __init__(self, users: tuple[str, ...]) -> None:
        self.groups: dict[str, Group] = {}
        self.published: set[str] = set()
        # Owners whose pictures' personal data is seen by every user of the container
        self.personal: set[str] = set()
        self.site_roles = dict.fromkeys(users, "user")
        self.without_pictures: set[str] = set()

    # The consequences: access by user

    def permission(self, user: str, owner: str) -> str | None:
        """owner, contributor, reader or None. Leaving a group ends no share: that is for the owner of the container."""
        if user == owner:
            return "owner"
        found = "reader" if owner in self.published else None
        for group in self.groups.values():
            if owner in group.shares and group.is_joined_by(user):
                if group.members[user].role != "reader" and group.shares[owner] == "contributor":
                    return "contributor"
                found = "reader"
        return found

    def sees(self, user: str, owner: str) -> bool:
        return self.permission(user, owner) is not None

    def changes(self, user: str, owner: str) -> bool:
        return self.permission(user, owner) in ("owner", "contributor")

    def knows(self, user: str, other: str) -> bool:
        """Sees their email address: joined the same group, invited them, or sees their container."""
        together = any(
            (user in group.owners() and other in group.members)
            or (group.is_joined_by(user) and group.is_joined_by(other))
            for group in self.groups.values()
        )
        return user == other or together or self.sees(user, other)

    def sees_personal_data(self, user: str, owner: str) -> bool:
        return user == owner or (self.sees(user, owner) and owner in self.personal)

    def sees_group(self, user: str, group_id: str) -> bool:
        """Invited users see its name."""
        return group_id in self.groups and user in self.groups[group_id].members

    def sees_member(self, user: str, group_id: str, other: str) -> bool:
        """Of invitations know owners and the invited user."""
        if not self.sees_group(user, group_id):
            return False
        group = self.groups[group_id]
        return user == other or user in group.owners() or (group.is_joined_by(user) and group.is_joined_by(other))

    def sees_row(self, user: str, table: str, owner: str | None, part: str) -> bool:
        """By plain SQL. part: what of the row counts besides its container, see sharing_session.PARTS."""
        match table:
            case "user_account":
                return self.knows(user, part)
            case "user_group":
                return self.sees_group(user, part)
            case "membership":
                return self.sees_member(user, *part.split(" "))
            case "history" if owner is None:
                entity, _, entity_id = part.partition(" ")
                owned = entity_id in self.groups and user in self.groups[entity_id].owners()
                return self.site_roles[user] == "administrator" or (entity in ("user_group", "membership") and owned)
        assert owner is not None, table
        match table:
            case "history":
                return self.changes(user, owner)
            case "container_share":
                return user == owner or (part in self.groups and self.groups[part].is_joined_by(user))
            case "container_key":
                return self.changes(user, owner) or (part == "read" and self.sees(user, owner))
            case "link":
                return self.changes(user, owner) or (part == user and self.sees(user, owner))
            case "picture_personal_data":
                return self.sees_personal_data(user, owner)
            case _:
                return self.sees(user, owner)

    # What a user may do

    def read(self, user: str, owner: str) -> str | None:
        return None if self.sees(user, owner) else NOT_FOUND

    def write(self, user: str, owner: str) -> str | None:
        return self.read(user, owner) or (None if self.changes(user, owner) else NOT_ALLOWED)

    def own(self, user: str, owner: str) -> str | None:
        return self.read(user, owner) or (None if user == owner else NOT_ALLOWED)

    def read_picture(self, user: str, owner: str) -> str | None:
        return NOT_FOUND if owner in self.without_pictures else self.read(user, owner)

    def write_picture(self, user: str, owner: str) -> str | None:
        return NOT_FOUND if owner in self.without_pictures else self.write(user, owner)

    def link(self, user: str, owner: str, personal_data: bool) -> str | None:
        """To the original, or to a copy without personal data."""
        allowed = not personal_data or self.sees_personal_data(user, owner)
        return self.read_picture(user, owner) or (None if allowed else NOT_ALLOWED)

    def publish(self, user: str, owner: str, is_public: bool) -> str | None:
        refused = self.own(user, owner)
        if refused is None:
            self.published = self.published | {owner} if is_public else self.published - {owner}
        return refused

    def show_personal_data(self, user: str, owner: str, is_shown: bool) -> str | None:
        refused = self.own(user, owner)
        if refused is None:
            self.personal = self.personal | {owner} if is_shown else self.personal - {owner}
        return refused

    def share(self, user: str, owner: str, group_id: str, role: str) -> str | None:
        refused = self.own(user, owner) or (None if self.sees_group(user, group_id) else NOT_FOUND)
        refused = refused or (None if self.groups[group_id].is_joined_by(user) else NOT_ALLOWED)
        if refused is None:
            self.groups[group_id].shares[owner] = role
        return refused

    def unshare(self, user: str, owner: str, group_id: str) -> str | None:
        """Also from a group that the owner has left."""
        is_shared = group_id in self.groups and owner in self.groups[group_id].shares
        refused = self.own(user, owner) or (None if is_shared else NOT_FOUND)
        if refused is None:
            del self.groups[group_id].shares[owner]
        return refused

    # Groups

    def create_group(self, user: str, name: str) -> str | None:
        """A name that another user gave is free; the id comes with `made`."""
        taken = any((group.creator, group.name) == (user, name) for group in self.groups.values())
        return CONFLICT if taken else None

    def made(self, user: str, name: str, group_id: str) -> None:
        self.groups[group_id] = Group(name, user, {user: Member("owner", accepted=True)})

    def as_group_owner(self, user: str, group_id: str) -> str | None:
        if not self.sees_group(user, group_id):
            return NOT_FOUND
        return None if user in self.groups[group_id].owners() else NOT_ALLOWED

    def invite(self, user: str, group_id: str, other: str, role: str) -> str | None:
        """Or give a member another role, which needs no acceptance."""
        refused = self.as_group_owner(user, group_id)
        if refused is None and role != "owner" and self.groups[group_id].owners() == {other}:
            refused = CONFLICT
        if refused is None:
            self.groups[group_id].members.setdefault(other, Member(role, accepted=False)).role = role
        return refused

    def add(self, group_id: str, other: str, role: str) -> str | None:
        """By a DBA: accepted at once, unless it was an invitation already."""
        if group_id not in self.groups:
            return NOT_FOUND
        if role != "owner" and self.groups[group_id].owners() == {other}:
            return CONFLICT
        self.groups[group_id].members.setdefault(other, Member(role, accepted=True)).role = role
        return None

    def join(self, user: str, group_id: str) -> str | None:
        if not self.sees_group(user, group_id):
            return NOT_FOUND
        self.groups[group_id].members[user].accepted = True
        return None

    def remove(self, user: str, group_id: str, other: str) -> str | None:
        """Others by an owner; oneself always, which is to leave or to decline."""
        refused = self.as_group_owner(user, group_id)
        if refused == NOT_ALLOWED and user == other:
            refused = None
        if refused is None and self.groups[group_id].owners() == {other}:
            refused = CONFLICT
        if refused is None and other not in self.groups[group_id].members:
            refused = NOT_FOUND
        if refused is None:
            del self.groups[group_id].members[other]
        return refused

    def delete_group(self, user: str, group_id: str) -> str | None:
        """With it go all shares."""
        refused = self.as_group_owner(user, group_id)
        if refused is None:
            del self.groups[group_id]
        return refused

    # What all containers share

    def as_site(self, user: str, *roles: str) -> str | None:
        return None if self.site_roles[user] in roles else NOT_ALLOWED

    def set_site_role(self, user: str, other: str, role: str) -> str | None:
        refused = self.as_site(user, "administrator")
        if refused is None:
            self.site_roles[other] = role
        return refused
