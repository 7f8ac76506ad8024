"""The history of changes, and its seals."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict, cast

from datastore_db.database.calls import Document
from datastore_db.ids import Id, to_uuid
from datastore_db.store.base import StoreBase


class AuditEntry(TypedDict, total=False):
    """One change. at: UTC. by, email: the acting user, if any. database_user: the connection's login."""

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


class Seal(TypedDict):
    """A seal as it is kept outside of the database. hash: SHA-256, in hexadecimal digits."""

    position: int
    last_history_id: int
    hash: str
    sealed_at: str
    sealed_by: str


class Sealed(TypedDict):
    """The entries that were sealed now. waits_for: why there were none, else None."""

    rows: int
    latest_seal: Seal | None
    waits_for: str | None


class HistoryDifference(TypedDict):
    """A row or a seal that differs from the sealed one. position: the seal's."""

    what: str
    history_id: int | None
    position: int


class Verified(TypedDict):
    """The history compared with its seals; unsealed_since is the time of the first row that no seal covers."""

    differing: int
    differences: list[HistoryDifference]
    sealed_rows: int
    latest_seal: Seal | None
    unsealed_rows: int
    unsealed_since: str | None


class History(StoreBase):
    """The history of a store, sealed."""

    async def audit(
        self,
        entity_id: Id | None = None,
        *,
        container_id: Id | None = None,
        since: datetime | None = None,
        how_many: int = 100,
        user_id: Id | None = None,
    ) -> list[AuditEntry]:
        """The changes, the newest first, in the containers and groups that the acting user may change.

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

    async def seal_history(self) -> Sealed:
        """Seal the entries of the history since the last seal. For a worker, or the owner."""
        return cast(Sealed, await self._call_for_all_containers("seal_history"))

    async def verify_history(self, kept: Seal | None = None) -> Verified:
        """Compare the history with its seals, for a worker or a reader. kept: a latest seal of earlier."""
        document = None if kept is None else Document(kept)
        return cast(Verified, await self._call_for_all_containers("verify_history", kept=document))
