"""Making containers and their keys in storage, with the account's credentials, as the database's plan says."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import cast
from uuid import UUID

from azure.storage.blob import AccessPolicy

from datastore_db.database.calls import Database, Document
from datastore_db.errors import Conflict, DatastoreError, Unreachable
from datastore_db.json_codec import JsonObject
from datastore_db.sealing.key_source import KeySource
from datastore_db.sealing.sealed import SecretText, seal
from datastore_db.storage.account import PERMISSIONS, Account, account_of, another_account
from datastore_db.storage.blobs import is_on_this_machine
from datastore_db.storage.errors import ContainerMissing

CONCURRENT_RENEWALS = 8
# The database keeps a container for one process for two minutes. This one changes policies only well before.
SECONDS_TO_CHANGE = 45.0
SECONDS_TO_WAIT = 60.0


@dataclass(slots=True)
class Renewed:
    """The result of a renewal of a container. issued: permissions of new keys. error: why nothing was done."""

    container_id: str
    container_name: str
    issued: list[str] = field(default_factory=list)
    removed: int = 0
    error: str | None = None


def purpose(container_id: str, key_id: str, endpoint: str) -> tuple[str, ...]:
    """The purpose of a container's sealed key: it opens for no other container, in no other row, for no other storage.

    An emulator on this machine may move to another port; its account is what counts there.
    """
    place = f"this machine/{account_of(endpoint)}" if is_on_this_machine(endpoint) else endpoint.rstrip("/").lower()
    return ("container_key", container_id, key_id, place)


class Renewals:
    """Makes containers, policies and keys. Its calls see every container: the role of workers asks."""

    def __init__(self, database: Database, account: Account, keys: KeySource) -> None:
        self._database = database
        self._account = account
        self._keys = keys

    @property
    def with_keys(self) -> bool:
        """Whether keys can be made: signed and sealed."""
        return self._account.can_sign and self._keys.configured

    @property
    def with_policies(self) -> bool:
        """Whether keys end with a stored policy, which is set and removed here."""
        return self._account.signer.names_policies

    async def make(self, container_id: str) -> None:
        """Make a container and its keys in storage, or wait for another process. Raises `Conflict`, `Unreachable`."""
        work = await self._turn(container_id, only_due=True)
        if work is not None:
            await self._carry_out(work)

    async def repair(self, container_id: str) -> Renewed:
        """Make a container and its policies in storage as the rows say, whether or not anything seems due."""
        work = await self._turn(container_id, only_due=False)
        assert work is not None
        return await self._carry_out(work)

    async def repair_all(self, containers: Sequence[JsonObject]) -> list[Renewed]:
        """The same for several, each with its `container_id` and `container_name`; what went wrong is in the answer."""
        return await _each(containers, lambda container: self.repair(str(container["container_id"])))

    async def renew(self) -> list[Renewed]:
        """Do what is due, for all containers; what another process is doing is left to it."""
        done: list[Renewed] = []
        after: str | None = None
        while works := await self._begin(None, only_due=True, after=after):
            done += await _each(works, self._carry_out)
            after = str(works[-1]["container_id"])
        return done

    async def replace(self, container_id: str, key_id: str) -> None:
        """Take back a key that does not open, and make a new one."""
        await self._database.call_as_worker("revoke_keys", key_ids=Document([key_id]))
        await self.make(container_id)

    async def try_to_renew(self, container_id: str) -> None:
        """Do what is due for one container, unless another process does. Raises what storage says."""
        for work in await self._begin([container_id], only_due=True):
            await self._carry_out(work)

    async def hand_out(self, container_id: str, permission: str, hours: float, acting: UUID | None) -> JsonObject:
        """Make a key for a person: the plan's fields, and `url`, with the key in it. It is kept nowhere."""
        await self._account.see_that_it_signs()  # before anything is done
        work = await self._turn(container_id, only_due=False)
        assert work is not None
        try:
            planned = await self._database.call(
                "plan_key",
                acting=acting,
                container_id=UUID(container_id),
                permission=permission,
                lifetime=f"{hours} hours",
                with_policy=self.with_policies,
            )
        except BaseException:
            await self._abandon(work)
            raise
        assert isinstance(planned, dict)
        await self._carry_out(work, handed_out=planned)
        name = str(work["container_name"])
        token = await self._sign(name, planned)
        return planned | {"container_name": name, "url": f"{self._account.endpoint}/{name}?{token}"}

    async def take_over(self, containers: Sequence[JsonObject]) -> list[Renewed]:
        """Take over containers that belong to another database, with the keys that this one knows."""
        return await _each(containers, lambda container: self._take_over(str(container["container_id"])))

    async def _take_over(self, container_id: str) -> Renewed:
        work = await self._turn(container_id, only_due=False)
        assert work is not None
        if work["endpoint"] is not None and not self._account.has(str(work["endpoint"])):
            # Keys of another storage account open nothing here.
            await self._abandon(work)
            await self._database.call_as_worker("revoke_keys", container_ids=Document([container_id]))
            work = await self._turn(container_id, only_due=False)
            assert work is not None
        try:
            await self._account.take_over(str(work["container_name"]), str(work["instance_id"]))
        except ContainerMissing:
            pass  # it is made
        except BaseException:
            await self._abandon(work)
            raise
        done = await self._carry_out(work | {"endpoint": None})
        await self._database.call_as_worker("take_over_container", container_id=UUID(container_id))
        return done

    async def _turn(self, container_id: str, *, only_due: bool) -> JsonObject | None:
        """Wait until no other process works on a container. None: nothing is due, or no longer."""
        deadline = time.monotonic() + SECONDS_TO_WAIT
        pause = 0.05
        while not (works := await self._begin([container_id], only_due=only_due)):
            if only_due:
                found = await self._database.call_as_worker(
                    "find_container_key", container_id=UUID(container_id), permission="write"
                )
                assert isinstance(found, dict)
                if found["is_ready"] and not found["is_changing"]:
                    return None
            if time.monotonic() > deadline:
                raise Unreachable(f"another process is at work on the container {container_id}: try again in a minute")
            await asyncio.sleep(pause)
            pause = min(pause * 2, 1.0)
        return works[0]

    async def _begin(
        self, container_ids: Sequence[str] | None, *, only_due: bool, after: str | None = None
    ) -> list[JsonObject]:
        works = await self._database.call_as_worker(
            "begin_renewals",
            container_ids=None if container_ids is None else Document(list(container_ids)),
            with_keys=self.with_keys,
            only_due=only_due,
            how_many=CONCURRENT_RENEWALS,
            after=None if after is None else UUID(after),
            with_policies=self.with_policies,
        )
        return cast(list[JsonObject], works)

    async def _carry_out(self, work: JsonObject, *, handed_out: JsonObject | None = None) -> Renewed:
        began = time.monotonic()
        container_id, name = str(work["container_id"]), str(work["container_name"])
        issue, keep, remove = (cast(list[JsonObject], work[part]) for part in ("issue", "keep", "remove"))
        try:
            self._see_where_it_is(work)
            await self._account.make_container(name, str(work["instance_id"]), is_ready=bool(work["is_ready"]))
            made = [await self._sealed(container_id, name, planned) for planned in issue]
            if handed_out is not None:
                made.append(handed_out)
            if handed_out is not None and self.with_policies:
                keep = [*keep, {"policy_name": handed_out["policy_name"], "permission": handed_out["permission"]}]
            if self.with_policies and (issue or keep or remove):
                if time.monotonic() - began > SECONDS_TO_CHANGE:
                    raise Unreachable(f"the storage {self._account.endpoint} is too slow: try again later")
                policies = {str(policy["policy_name"]): _policy(policy) for policy in [*keep, *issue]}
                await self._account.set_policies(name, policies)
        except BaseException:
            await self._abandon(work)
            raise
        await self._database.call_as_worker(
            "finish_renewal",
            container_id=UUID(container_id),
            renewal_id=UUID(str(work["renewal_id"])),
            endpoint=self._account.endpoint,
            keys=Document(made),
            removed=Document(remove),
        )
        return Renewed(container_id, name, [str(planned["permission"]) for planned in issue], len(remove))

    def _see_where_it_is(self, work: JsonObject) -> None:
        endpoint = work["endpoint"]
        if endpoint is not None and not self._account.has(str(endpoint)):
            raise Conflict(another_account(str(work["container_name"]), str(endpoint), self._account.endpoint))

    async def _sealed(self, container_id: str, name: str, planned: JsonObject) -> JsonObject:
        keys = await self._keys.get()
        sealed_for = purpose(container_id, str(planned["key_id"]), self._account.endpoint)
        token = await self._sign(name, planned)
        sealed = await asyncio.to_thread(seal, token, sealed_for, keys)
        settles_at_once = self._account.settles_at_once or planned["policy_name"] is None
        return planned | sealed.as_json() | {"settles_in": "0 s" if settles_at_once else "30 s"}

    async def _sign(self, name: str, planned: JsonObject) -> SecretText:
        policy = planned["policy_name"]
        starts_at, expires_at = _times(planned)
        if policy is None:
            permission = PERMISSIONS[str(planned["permission"])]
            return await self._account.sign_container(
                name, permission, policy=None, starts_at=starts_at, expires_at=expires_at
            )
        if planned.get("is_handed_out"):
            starts_at = None
        elif planned["permission"] == "write":
            starts_at = expires_at = None  # its policy says so
        return await self._account.sign_container(
            name, None, policy=str(policy), starts_at=starts_at, expires_at=expires_at
        )

    async def _abandon(self, work: JsonObject) -> None:
        with suppress(DatastoreError):  # it ends by itself; what went wrong before is what counts
            await self._database.call_as_worker(
                "abandon_renewal",
                container_id=UUID(str(work["container_id"])),
                renewal_id=UUID(str(work["renewal_id"])),
            )


async def _each(containers: Sequence[JsonObject], action: Callable[[JsonObject], Awaitable[Renewed]]) -> list[Renewed]:
    """Do something for each container, several at once; one that fails does not stop the others."""
    slots = asyncio.Semaphore(CONCURRENT_RENEWALS)

    async def do(container: JsonObject) -> Renewed:
        async with slots:
            try:
                return await action(container)
            except DatastoreError as error:
                return Renewed(str(container["container_id"]), str(container["container_name"]), error=str(error))

    return await asyncio.gather(*map(do, containers))


def _policy(planned: JsonObject) -> AccessPolicy:
    # Links name the policies of keys to read and end sooner: so the time stands in what is signed.
    starts_at, expires_at = _times(planned) if planned["permission"] == "write" else (None, None)
    return AccessPolicy(permission=PERMISSIONS[str(planned["permission"])], start=starts_at, expiry=expires_at)


def _times(planned: JsonObject) -> tuple[datetime | None, datetime | None]:
    return _time(planned.get("starts_at")), _time(planned.get("expires_at"))


def _time(value: object) -> datetime | None:
    return None if value is None else datetime.fromisoformat(str(value)).astimezone(UTC)
