"""Containers, opened for reading and writing: with a key of their own where there is one, and kept open."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Literal, TypeAlias, TypeVar
from uuid import UUID

from datastore_db.database.calls import Database
from datastore_db.errors import DatastoreError, NotReady
from datastore_db.json_codec import JsonObject
from datastore_db.sealing.errors import CannotUnseal, NoKey, NotSealedForThis
from datastore_db.sealing.key_source import KEK, KeySource
from datastore_db.sealing.sealed import Sealed, unseal
from datastore_db.settings import STORAGE
from datastore_db.storage.account import Account
from datastore_db.storage.blobs import Blobs, Confirmed, Connections, ReadingOn, StoredBlob
from datastore_db.storage.errors import ContainerMissing, KeyRefused
from datastore_db.storage.renewal import Renewals, purpose

Permission: TypeAlias = Literal["read", "write"]
T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")

CONTAINERS_KEPT = 1000
# A user's right to open a container is asked of the database again after so long.
SECONDS_TRUSTED = 60.0
# For how long to wait for keys that another process is just making, and how often a request is tried with newer ones.
SECONDS_TO_WAIT = 35.0
ATTEMPTS = 5

_log = logging.getLogger("datastore_db")


@dataclass(frozen=True, slots=True)
class _Opened:
    """A container's blobs, and which key opened them; None: the account's credentials."""

    blobs: Blobs
    key_id: str | None
    expires_at: datetime | None

    @property
    def is_good(self) -> bool:
        return self.expires_at is None or self.expires_at > datetime.now(UTC)


class Container:
    """A container, to read or write. Its key is replaced when storage refuses it."""

    def __init__(
        self, containers: Containers, container_id: str, name: str, permission: Permission, acting: UUID | None
    ) -> None:
        self._containers = containers
        self.container_id = container_id
        self.name = name
        self.permission: Permission = permission
        self.acting = acting

    async def run(self, operation: Callable[[Blobs], Awaitable[T]]) -> T:
        """Do something with the blobs; once more with a newer key where storage refuses the one that was taken."""
        for attempt in range(ATTEMPTS):
            opened = await self._containers.opened(self)
            try:
                return await operation(opened.blobs)
            except (KeyRefused, ContainerMissing) as error:
                if attempt == ATTEMPTS - 1:
                    raise
                await self._containers.open_again(self, opened, error)
        raise AssertionError

    async def read(self, blob: str, confirmed: Confirmed) -> tuple[AsyncIterator[bytes], StoredBlob]:
        """The bytes of a blob, as they come, and what storage says about it. Raises `NotFound`, `PictureChanged`."""
        first = await self.run(lambda blobs: blobs.read(blob, confirmed))

        async def chunks() -> AsyncIterator[bytes]:
            reading, done = first, 0
            while True:
                try:
                    async for chunk in reading.chunks:
                        yield chunk
                        done += len(chunk)
                except KeyRefused:  # its key was replaced half-way
                    on = ReadingOn(done, first.blob.etag)
                    reading = await self.run(partial(Blobs.read, blob=blob, confirmed=confirmed, of=on))
                else:
                    return

        return chunks(), first.blob


class Containers:
    """The containers that this process has open."""

    def __init__(
        self,
        database: Database,
        connections: Connections,
        account: Account | None,
        keys: KeySource,
        renewals: Renewals | None,
    ) -> None:
        self._database = database
        self._connections = connections
        self._account = account
        self._keys = keys
        self._renewals = renewals
        self._open: OrderedDict[tuple[str, Permission], _Opened] = OrderedDict()
        self._trusted: OrderedDict[tuple[UUID | None, str, Permission], tuple[float, Container]] = OrderedDict()
        self._locks: dict[tuple[str, Permission], asyncio.Lock] = {}
        self._background: dict[str, asyncio.Task[None]] = {}

    async def close(self) -> None:
        """Finish what runs in the background."""
        await asyncio.gather(*self._background.values(), return_exceptions=True)

    async def ready(self, container_id: str, permission: Permission, acting: UUID | None) -> Container:
        """A container by its id: without a call of the database where it is open already, else with one."""
        until, container = self._trusted.get((acting, container_id, permission), (0.0, None))
        opened = self._open.get((container_id, permission))
        if container is not None and until > time.monotonic() and opened is not None and opened.is_good:
            return container
        return await self.open(await self._find(container_id, permission, acting), permission, acting)

    async def open(self, found: JsonObject, permission: Permission, acting: UUID | None) -> Container:
        """The container that a call of the database found, which brought the key along: no further call.

        Raises `NotReady`, `NoKey`, `CannotUnseal`.
        """
        container = Container(self, str(found["container_id"]), str(found["container_name"]), permission, acting)
        if not found["is_ready"] and self._renewals is not None:
            await self._renewals.make(container.container_id)
            found = await self._find(container.container_id, permission, acting)
        await self._open_with(container, found)
        if found["renewal_is_due"]:
            self._renew_in_background(container.container_id)
        self._trusted[acting, container.container_id, permission] = (time.monotonic() + SECONDS_TRUSTED, container)
        _forget_oldest(self._trusted)
        return container

    async def opened(self, container: Container) -> _Opened:
        """The blobs of a container with the newest key that is known here."""
        opened = self._open.get((container.container_id, container.permission))
        if opened is None or not opened.is_good:
            found = await self._find(container.container_id, container.permission, container.acting)
            opened = await self._open_with(container, found)
        return opened

    async def open_again(self, container: Container, refused: _Opened, error: DatastoreError) -> None:
        """Get a newer key, or make the container or its policies again. Raises the error if neither can be done."""
        place = (container.container_id, container.permission)
        async with self._locks.setdefault(place, asyncio.Lock()):
            if self._open.get(place) is not refused:
                return  # another request was quicker
            found = await self._find(container.container_id, container.permission, container.acting)
            found, waited = await self._newer(container, found, refused.key_id)
            key = found["key"]
            same = not isinstance(key, dict) or key["key_id"] == refused.key_id
            if not waited and (same or isinstance(error, ContainerMissing)):
                # The container was removed from storage, or its policies were.
                if self._renewals is None:
                    raise _explained(error, container, found) from None
                await self._renewals.repair(container.container_id)
                found = await self._find(container.container_id, container.permission, container.acting)
            self._open.pop(place, None)
            await self._open_with(container, found)

    async def _newer(self, container: Container, found: JsonObject, key_id: str | None) -> tuple[JsonObject, bool]:
        """Wait while keys are being made, or storage does not know them yet; answers also whether it had to."""
        deadline = time.monotonic() + SECONDS_TO_WAIT
        pause = 0.05
        waited = False
        while time.monotonic() < deadline:
            key = found["key"]
            if isinstance(key, dict) and key["key_id"] != key_id:
                break
            if not found["is_changing"] and (not isinstance(key, dict) or key["is_settled"]):
                break
            waited = True
            await asyncio.sleep(pause)
            pause = min(pause * 2, 2.0)
            found = await self._find(container.container_id, container.permission, container.acting)
        return found, waited

    async def _open_with(self, container: Container, found: JsonObject) -> _Opened:
        place = (container.container_id, container.permission)
        if self._account is None and found["key"] is None and found["is_ready"]:
            found, _ = await self._newer(container, found, None)
        key = found["key"]
        opened = self._open.get(place)
        with_key = isinstance(key, dict) and (self._keys.configured or self._account is None)
        if with_key and self._account is not None and isinstance(key, dict) and not key["is_settled"]:
            with_key = False  # storage may not know its policy yet, and there is another way
        if not with_key:
            if self._account is None:
                raise _not_ready(container, found)
            if opened is None or opened.key_id is not None:
                opened = _Opened(self._account.blobs(container.name), None, None)
        elif isinstance(key, dict) and (opened is None or opened.key_id != key["key_id"]):
            opened = await self._unsealed(container, found, key)
        assert opened is not None
        self._open[place] = opened
        self._open.move_to_end(place)
        _forget_oldest(self._open)
        return opened

    async def _unsealed(self, container: Container, found: JsonObject, key: JsonObject) -> _Opened:
        if not self._keys.configured:
            raise NoKey(
                f"{KEK} is not set, and the keys of containers are sealed with it: set it to the one that they were "
                f"sealed with, or {STORAGE} to the storage account's"
            )
        key_id = str(key["key_id"])
        # This machine's servers may have another port than when the row was written.
        endpoint = self._account.endpoint if self._account is not None else str(found["endpoint"])
        keys = await self._keys.get()
        problem: CannotUnseal
        try:
            sealed = Sealed.from_json({part: key[part] for part in ("kek_id", "nonce", "ciphertext")})
            sealed_for = purpose(container.container_id, key_id, endpoint)
            token = await asyncio.to_thread(unseal, sealed, sealed_for, keys)
        except CannotUnseal as error:
            problem = error
        else:
            client = self._connections.container(endpoint, container.name, token)
            return _Opened(Blobs(client, with_key=True), key_id, datetime.fromisoformat(str(key["expires_at"])))
        if isinstance(problem, NotSealedForThis) and self._renewals is not None and self._renewals.with_keys:
            _log.warning("the key %s of the container %s is replaced: %s", key_id, container.name, problem)
            await self._renewals.replace(container.container_id, key_id)
            again = await self._find(container.container_id, container.permission, container.acting)
            newer = again["key"]
            if isinstance(newer, dict) and newer["key_id"] != key_id:
                return await self._unsealed(container, again, newer)
        raise CannotUnseal(
            f"the key of the container {container.name} does not open: {problem}. To make new keys, run "
            f"datastore-db keys revoke --container {container.name} where the storage account's credentials are"
        )

    async def _find(self, container_id: str, permission: Permission, acting: UUID | None) -> JsonObject:
        found = await self._database.call(
            "find_container_key", acting=acting, container_id=UUID(container_id), permission=permission
        )
        assert isinstance(found, dict)
        return found

    def _renew_in_background(self, container_id: str) -> None:
        renewals = self._renewals
        if renewals is None or not renewals.with_keys or container_id in self._background:
            return

        async def renew() -> None:
            try:
                await renewals.try_to_renew(container_id)
            except DatastoreError as error:
                _log.warning("the keys of the container %s were not renewed: %s", container_id, error)
            finally:
                del self._background[container_id]

        self._background[container_id] = asyncio.create_task(renew())


def _forget_oldest(kept: OrderedDict[K, V]) -> None:
    while len(kept) > CONTAINERS_KEPT:
        kept.popitem(last=False)


def _where(container: Container) -> str:
    return f"run datastore-db keys renew {container.name} where the storage account's credentials are"


def _not_ready(container: Container, found: JsonObject) -> DatastoreError:
    if not found["is_ready"]:
        return NotReady(f"the container {container.name} is not made in storage yet: {_where(container)} ({STORAGE})")
    return NotReady(f"the container {container.name} has no key: {_where(container)} ({STORAGE} and {KEK})")


def _explained(error: DatastoreError, container: Container, found: JsonObject) -> DatastoreError:
    if isinstance(error, ContainerMissing):
        return NotReady(f"the container {container.name} was removed from storage: {_where(container)}")
    key = found["key"]
    if not isinstance(key, dict):
        return _not_ready(container, found)
    return KeyRefused(
        f"{error} The database has no newer one; it is good from {key['starts_at']} to {key['expires_at']}. Was its "
        f"policy, or the container, removed from storage? Then {_where(container)}"
    )
