"""What every part of the store has: who acts, the database, the storage, and the call of a function."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property
from types import TracebackType
from typing import Self
from uuid import UUID

from datastore_db.account import Account
from datastore_db.containers import Containers
from datastore_db.database import Argument, Database
from datastore_db.derivatives import Copies
from datastore_db.errors import CannotSign
from datastore_db.ids import Id, to_uuid
from datastore_db.json_codec import Json
from datastore_db.keys.find import Keys
from datastore_db.keys.renewal import Renewals
from datastore_db.keys.sealing import SecretText
from datastore_db.settings import STORAGE, Settings
from datastore_db.storage import Connections
from datastore_db.upload.batch import CONCURRENT_UPLOADS


class StoreBase:
    """A store's connections, and who acts."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._database = database
        self._acting: ContextVar[UUID | None] = ContextVar("acting", default=None)
        self._uploads = asyncio.Semaphore(CONCURRENT_UPLOADS)

    @cached_property
    def _connections(self) -> Connections:
        return Connections()

    @cached_property
    def _account(self) -> Account | None:
        if self._settings.storage_connection_string is None:
            return None
        return Account.connect(self._connections, SecretText(self._settings.storage_connection_string))

    @cached_property
    def _keys(self) -> Keys:
        return Keys(self._settings.local_home)

    @cached_property
    def _renewals(self) -> Renewals | None:
        return None if self._account is None else Renewals(self._database, self._account, self._keys)

    @cached_property
    def _copies(self) -> Copies | None:
        return None if self._account is None else Copies(self._database, self._account)

    @cached_property
    def _containers(self) -> Containers:
        return Containers(self._database, self._connections, self._account, self._keys, self._renewals)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection, and stop the local servers if nobody else uses them."""
        if "_containers" in self.__dict__:
            await self._containers.close()
        await self._database.close()
        if "_connections" in self.__dict__:
            await self._connections.close()
        if self._settings.stack is not None:
            await asyncio.to_thread(self._settings.stack.close)

    @contextmanager
    def acting_as(self, user_id: Id) -> Iterator[Self]:
        """Everything inside the `with` block is asked by this user."""
        token = self._acting.set(to_uuid(user_id))
        try:
            yield self
        finally:
            self._acting.reset(token)

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
        return await self._database.call(function, acting=self._who(user_id), **arguments)

    def _who(self, user_id: Id | None) -> UUID | None:
        return to_uuid(user_id) if user_id is not None else self._acting.get()

    async def _call_for_nobody(self, function: str, **arguments: Argument) -> Json:
        """A call about all containers, as the connection's own role, whoever acts."""
        return await self._database.call(function, acting=None, **arguments)
