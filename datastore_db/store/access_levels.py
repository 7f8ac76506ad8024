"""The levels at which a container is shared, in order: the mirror of sql/access/levels.sql."""

from __future__ import annotations

from enum import StrEnum


class SharingLevel(StrEnum):
    """What a user may do in a container, in order: each level may do what those before it may.

    The last one is its owner's, and of a group the level of those who say who is in it.
    """

    may: str

    def __new__(cls, value: str, may: str) -> SharingLevel:
        """A level, and what a user who has it may do."""
        level = str.__new__(cls, value)
        level._value_ = value
        level.may = may
        return level

    READER = "reader", "sees what is shared"
    CONTRIBUTOR = "contributor", "changes it"
    OWNER = "owner", "says who is in the group"


GROUP_LEVELS = list(SharingLevel)
"""The levels of a group's members."""

SHARE_LEVELS = GROUP_LEVELS[:-1]
"""The levels at which a container is shared with a group."""


def described(levels: list[SharingLevel]) -> str:
    """What users of these levels may do: "reader: sees what is shared. contributor: changes it."."""
    return " ".join(f"{level}: {level.may}." for level in levels)
