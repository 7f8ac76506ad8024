"""The levels at which a container is shared, in order: the mirror of sql/access/levels.sql."""

from __future__ import annotations

from enum import StrEnum


class SharingLevel(StrEnum):
    """The levels of access to a container, in order: each includes those before it.

    The last one is its owner's, and of a group the level of the members who manage it.
    """

    may: str

    def __new__(cls, value: str, may: str) -> SharingLevel:
        """A level, and the rights that it gives."""
        level = str.__new__(cls, value)
        level._value_ = value
        level.may = may
        return level

    READER = "reader", "sees what is shared"
    CONTRIBUTOR = "contributor", "changes it"
    OWNER = "owner", "manages the group's members"


GROUP_LEVELS = list(SharingLevel)
"""The levels of a group's members."""

SHARE_LEVELS = GROUP_LEVELS[:-1]
"""The levels at which a container is shared with a group."""


def described(levels: list[SharingLevel]) -> str:
    """The rights of these levels: "reader: sees what is shared. contributor: changes it."."""
    return " ".join(f"{level}: {level.may}." for level in levels)
