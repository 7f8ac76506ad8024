"""The base of every part of the store: the acting user, the database, the storage, and the call of a function."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Self
from uuid import UUID

from datastore_db.database.calls import Argument, Database
from datastore_db.errors import CannotSign, NotAllowed
from datastore_db.identity.credential import Identity
from datastore_db.ids import Id, to_uuid
from datastore_db.json_codec import Json
from datastore_db.sealing.key_source import KeySource
from datastore_db.sealing.sealed import SecretText
from datastore_db.settings import STORAGE, Settings

if TYPE_CHECKING:
    from datastore_db.pictures.derivatives import Copies
    from datastore_db.storage.account import Account
    from datastore_db.storage.blobs import Connections
    from datastore_db.storage.containers import Containers
    from datastore_db.storage.renewal import Renewals


class Parts:
    """The parts that stores bound to a user share: connections, and the variable with the acting user's id.

    The client of Blob Storage is imported when it is first needed: it takes longer than most calls of the database.
    """

    def __init__(self, settings: Settings, database: Database, identity: Identity | None = None) -> None:
        self.settings = settings
        self.database = database
        self.identity = identity
        self.acting: ContextVar[UUID | None] = ContextVar("acting", default=None)
        self.keys = KeySource(settings.local_home)

    @cached_property
    def uploads(self) -> asyncio.Semaphore:
        from datastore_db.upload.batch import CONCURRENT_UPLOADS

        return asyncio.Semaphore(CONCURRENT_UPLOADS)

    @cached_property
    def connections(self) -> Connections:
        from datastore_db.storage.blobs import Connections

        return Connections()

    @cached_property
    def account(self) -> Account | None:
        if self.settings.storage_connection_string is None:
            return None
        from datastore_db.storage.account import Account

        return Account.connect(self.connections, SecretText(self.settings.storage_connection_string))

    @cached_property
    def renewals(self) -> Renewals | None:
        if self.account is None:
            return None
        from datastore_db.storage.renewal import Renewals

        return Renewals(self.database, self.account, self.keys)

    @cached_property
    def containers(self) -> Containers:
        from datastore_db.storage.containers import Containers

        return Containers(self.database, self.connections, self.account, self.keys, self.renewals)

    @cached_property
    def copies(self) -> Copies | None:
        if self.account is None:
            return None
        from datastore_db.pictures.derivatives import Copies

        return Copies(self.database, self.account)

    async def close(self) -> None:
        if "containers" in self.__dict__:
            await self.containers.close()
        await self.database.close()
        if self.identity is not None:
            await self.identity.close()
        if "connections" in self.__dict__:
            await self.connections.close()
        if self.settings.stack is not None:
            await asyncio.to_thread(self.settings.stack.close)


class StoreBase:
    """A store's connections and its acting user: the one it is bound to, else that of `acting_as` around the call."""

    def __init__(self, parts: Parts, user_id: UUID | None = None) -> None:
        self._parts = parts
        self._user_id = user_id

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection, and stop the local servers if no other process uses them.

        A store that is bound to a user is closed with the one that it came from.
        """
        if self._user_id is None:
            await self._parts.close()

    def for_user(self, user_id: Id) -> Self:
        """This store, bound to a user: each call of it is asked by that user, in whichever thread or task.

        It shares the connections, and costs nothing. Raises `NotAllowed` for None.
        """
        if user_id is None:  # a request without a session has None here, whatever the types say
            raise NotAllowed(
                "the acting user is None: expected the id of the user of this request (docs/python.md, The acting user)"
            )
        return type(self)(self._parts, to_uuid(user_id))

    @contextmanager
    def acting_as(self, user_id: Id) -> Iterator[Self]:
        """Everything inside the `with` block is asked by this user.

        The block holds for this thread or task. What it gives, `with store.acting_as(user_id) as mine:`, is bound to
        the user, and may be handed to others. Raises `NotAllowed` for None.
        """
        bound = self.for_user(user_id)
        token = self._parts.acting.set(bound._user_id)
        try:
            yield bound
        finally:
            # A framework may leave the block elsewhere than where it was entered, where nothing was set.
            with suppress(ValueError):
                self._parts.acting.reset(token)

    @property
    def _settings(self) -> Settings:
        return self._parts.settings

    @property
    def _database(self) -> Database:
        return self._parts.database

    @property
    def _uploads(self) -> asyncio.Semaphore:
        return self._parts.uploads

    @property
    def _account(self) -> Account | None:
        return self._parts.account

    @property
    def _keys(self) -> KeySource:
        return self._parts.keys

    @property
    def _renewals(self) -> Renewals | None:
        return self._parts.renewals

    @property
    def _copies(self) -> Copies | None:
        return self._parts.copies

    @property
    def _containers(self) -> Containers:
        return self._parts.containers

    def _needed_account(self, does_what: str) -> Account:
        if self._account is None:
            raise CannotSign(
                f"this {does_what}: it needs the storage account's credentials. Set {STORAGE} here, or run it where "
                "that is set"
            )
        return self._account

    def _needed_renewals(self, does_what: str) -> Renewals:
        self._needed_account(does_what)
        assert self._renewals is not None
        return self._renewals

    async def _call(self, function: str, user_id: Id | None, **arguments: Argument) -> Json:
        return await self._database.call(function, acting=self._acting(user_id), **arguments)

    def _acting(self, user_id: Id | None) -> UUID | None:
        return to_uuid(user_id) if user_id is not None else self._user_id or self._parts.acting.get()

    async def _call_for_all_containers(self, function: str, **arguments: Argument) -> Json:
        """A call about all containers, without an acting user, in a store that was opened as worker or owner."""
        return await self._database.call(function, acting=None, **arguments)
