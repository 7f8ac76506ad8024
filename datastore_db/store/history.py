"""The seals of the history: making them, and comparing."""

from __future__ import annotations

from typing import TypedDict, cast

from datastore_db.database import Document
from datastore_db.store.base import StoreBase


class Seal(TypedDict):
    """A seal as it is kept outside of the database. hash: SHA-256, in hexadecimal digits."""

    position: int
    last_history_id: int
    hash: str
    sealed_at: str
    sealed_by: str


class Sealed(TypedDict):
    """What was sealed now. waits_for: why it was nothing, else None."""

    rows: int
    latest_seal: Seal | None
    waits_for: str | None


class HistoryDifference(TypedDict):
    """A row or a seal that is not what was sealed. position: the seal's."""

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

    async def seal_history(self) -> Sealed:
        """Seal what was written to the history since the last seal. For a worker, or the owner."""
        return cast(Sealed, await self._call_for_nobody("seal_history"))

    async def verify_history(self, kept: Seal | None = None) -> Verified:
        """Compare the history with its seals, for a worker or a reader. kept: a latest seal of earlier."""
        document = None if kept is None else Document(kept)
        return cast(Verified, await self._call_for_nobody("verify_history", kept=document))
