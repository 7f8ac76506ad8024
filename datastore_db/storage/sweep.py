"""The sweep: it deletes blobs of deleted pictures from storage."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import cast

from datastore_db.database.calls import Database, Document
from datastore_db.errors import BlobsRemain, DatastoreError, Remaining, Unreachable
from datastore_db.identity.credential import AccountRefused
from datastore_db.json_codec import JsonObject
from datastore_db.storage.account import Account, another_account, another_instance
from datastore_db.storage.errors import ContainerMissing

CONCURRENT_DELETIONS = 16


async def sweep(database: Database, account: Account) -> int:
    """Delete what is due in the outbox; answers how many blobs. One that cannot be deleted does not stop the others.

    Raises `BlobsRemain` at the end, or `Unreachable` and `AccountRefused` at once.
    """
    own_id = str(await database.call("own_instance", acting=None))
    run = _Sweep(account, own_id)
    after = 0
    while due := cast(
        list[JsonObject],
        await database.call(
            "due_blob_deletions", acting=None, after=after, except_containers=Document(list(run.left_alone))
        ),
    ):
        after = int(str(due[-1]["blob_deletion_id"]))
        deleted, failures = await run.delete(due)
        if deleted:
            await database.call("remove_blob_deletions", acting=None, blob_deletion_ids=Document(deleted))
        if failures:
            await database.call("record_failed_deletions", acting=None, failures=Document(failures))
    if run.remaining:
        raise BlobsRemain(run.deleted, run.remaining)
    return run.deleted


class _Sweep:
    """One sweep: the blobs that it deleted, and those that it left."""

    def __init__(self, account: Account, own_id: str) -> None:
        self._account = account
        self._own_id = own_id
        self._may_touch: set[str] = set()
        self.left_alone: dict[str, str] = {}
        self._failed: list[Remaining] = []
        self.deleted = 0

    @property
    def remaining(self) -> list[Remaining]:
        """The blobs that should be gone and are not."""
        alone: list[Remaining] = [
            {"container_name": name, "blob_name": None, "error": why} for name, why in sorted(self.left_alone.items())
        ]
        return alone + self._failed

    async def delete(self, due: Sequence[JsonObject]) -> tuple[list[int], list[JsonObject]]:
        """Delete these blobs, several at once; the entries that are done with, and those that failed, each with why."""
        for entry in due:
            await self._look_at_container(str(entry["container_name"]), entry["endpoint"])
        slots = asyncio.Semaphore(CONCURRENT_DELETIONS)
        done: list[int] = []
        failures: list[JsonObject] = []

        async def delete(entry: JsonObject) -> None:
            name, blob = str(entry["container_name"]), str(entry["blob_name"])
            entry_id = int(str(entry["blob_deletion_id"]))
            async with slots:
                try:
                    await self._account.delete(name, blob)
                except (Unreachable, AccountRefused):
                    raise
                except DatastoreError as error:
                    failures.append({"blob_deletion_id": entry_id, "error": str(error)})
                    self._failed.append({"container_name": name, "blob_name": blob, "error": str(error)})
                else:
                    done.append(entry_id)

        try:
            async with asyncio.TaskGroup() as group:
                for entry in due:
                    if entry["container_name"] in self._may_touch:
                        group.create_task(delete(entry))
        except BaseExceptionGroup as group_of:
            first: BaseException = group_of
            while isinstance(first, BaseExceptionGroup):
                first = first.exceptions[0]
            raise first from None
        self.deleted += len(done)
        return done, failures

    async def _look_at_container(self, name: str, endpoint: object) -> None:
        if name in self._may_touch or name in self.left_alone:
            return
        if endpoint is not None and not self._account.has(str(endpoint)):
            self.left_alone[name] = another_account(name, str(endpoint), self._account.endpoint)
            return
        try:
            owner = await self._account.instance_of(name)
        except ContainerMissing:
            owner = None
        except (Unreachable, AccountRefused):
            raise
        except DatastoreError as error:
            self.left_alone[name] = str(error)
            return
        if owner is not None and owner != self._own_id:
            self.left_alone[name] = another_instance(name)
        else:
            self._may_touch.add(name)
