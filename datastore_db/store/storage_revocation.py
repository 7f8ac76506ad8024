"""The next step after keys or links were revoked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict, cast

from datastore_db.database.calls import Document
from datastore_db.ids import Id
from datastore_db.json_codec import JsonObject
from datastore_db.settings import STORAGE
from datastore_db.store.base import StoreBase


class Revoked(TypedDict):
    """Revoked keys. in_storage: False where storage still accepts them; to_do: the step that ends that, then."""

    keys: list[JsonObject]
    in_storage: bool
    to_do: str | None


class RevokedLinks(TypedDict):
    """The number of ended links. in_storage: False where storage still accepts them; to_do: the step that ends that."""

    links: int
    in_storage: bool
    to_do: str | None


def remaining_steps(keys: Sequence[JsonObject], *, ends_policies: bool) -> str | None:
    """The step after which storage refuses revoked keys; None: it does already.

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
            f"storage accepts an identity's signatures until {max(ends)}. To end them before, with all else that was "
            "signed so for the account: az storage account revoke-delegation-keys --name ACCOUNT --resource-group "
            "GROUP, then datastore-db keys rotate (docs/azure.md)"
        )
    return "; ".join(left) or None


class Revocation(StoreBase):
    """The common part of keys and links of containers."""

    def _to_do(self, keys: Sequence[JsonObject]) -> str | None:
        ends_policies = self._renewals is not None and self._renewals.with_policies
        return remaining_steps(keys, ends_policies=ends_policies)

    async def _named(self, container: str | None, user_id: Id | None) -> Document | None:
        """A container by its name as the array of ids that functions take; None stays None, for all."""
        if container is None:
            return None
        found = cast(JsonObject, await self._call("container_called", user_id, container=container))
        return Document([found["container_id"]])
