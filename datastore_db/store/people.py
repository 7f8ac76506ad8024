"""People: registering and finding them."""

from __future__ import annotations

import logging
from typing import TypedDict, cast

from datastore_db.errors import NotAllowed
from datastore_db.ids import Id
from datastore_db.store.base import StoreBase

_log = logging.getLogger("datastore_db")


class User(TypedDict):
    """A registered user. site_role: user, verifier or administrator. picture_set_id: the default set, *General*."""

    user_id: str
    email: str
    site_role: str
    container_id: str
    container_name: str
    picture_set_id: str


class People(StoreBase):
    """The users of a store."""

    async def register_user(self, email: str, tier: str = "user", *, user_id: Id | None = None) -> User:
        """Register a user, with a container of their own; again: the same answer. Raises `Conflict` for another tier.

        The container and its keys are made in storage at once where the storage account's credentials are configured;
        else it is pending until `renew_keys` runs where they are.
        """
        user = cast(User, await self._call("register_user", user_id, email=email, tier=tier))
        if self._renewals is not None:
            try:
                await self._renewals.make(user["container_id"])
            except NotAllowed as error:  # it is pending, for a process with the account's credentials
                _log.info("the container %s is not made in storage yet: %s", user["container_name"], error)
        return user

    async def find_user(self, email: str, *, user_id: Id | None = None) -> User:
        """The user with this email address, without regard to case. Raises `NotFound`."""
        return cast(User, await self._call("find_user", user_id, email=email))

    async def set_site_role(self, email: str, site_role: str, *, user_id: Id | None = None) -> User:
        """Give a user a role on this site; answers the user. An administrator does, or the database's owner.

        site_role: `user`; `verifier`: reviews species; `administrator`: also registers models and pipelines,
        and gives site roles. Raises `NotAllowed`, `InvalidDocument` for another role, or `NotFound`.
        """
        return cast(User, await self._call("set_site_role", user_id, email=email, site_role=site_role))
