"""The async store. `datastore_db.connect` gives the same one for blocking code."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from pathlib import Path
from types import TracebackType

from datastore_db.database.calls import AsRole, Database
from datastore_db.database.token import is_asked_for, password_of_each_connection
from datastore_db.database.url import DatabaseUrl
from datastore_db.identity.credential import Identity
from datastore_db.settings import Given, find_settings
from datastore_db.store.access_history import History
from datastore_db.store.access_sharing import Sharing
from datastore_db.store.base import Parts
from datastore_db.store.evaluation import EvaluationOfStore
from datastore_db.store.inferences import Inferences
from datastore_db.store.people import People, User
from datastore_db.store.people_groups import Groups
from datastore_db.store.pictures import Pictures
from datastore_db.store.pipelines import PipelinesOfStore
from datastore_db.store.seeds import Seeds
from datastore_db.store.storage import Storage
from datastore_db.store.storage_container_keys import ContainerKeys
from datastore_db.store.storage_links import Links
from datastore_db.store.storage_revocation import Revoked

__all__ = ["Connecting", "Revoked", "Store", "User", "connect"]


def connect(
    database_url: str | None = None,
    storage_connection_string: str | None = None,
    *,
    home: Path | None = None,
    as_role: AsRole = "app",
) -> Connecting:
    """A store: `async with connect() as store:` or `store = await connect()`.

    Without arguments: what `DATASTORE_DB_URL` and `DATASTORE_STORAGE_CONNECTION_STRING` say, else a PostgreSQL and an
    Azurite of this machine, started for it. home: the folder of those.

    as_role: app, for backends: each call has an acting user, and sees what that user may see. worker: every container,
    for no user, to sweep, to renew keys and to report. owner: what the database login itself may do, for migrations
    and for DBAs. Raises `Unreachable`, `NotAllowed` where the login may not become that role, or
    `DatastoreError`.
    """
    return Connecting(Given(database_url, storage_connection_string, home), as_role)


class Store(
    People,
    Groups,
    Pictures,
    Seeds,
    Inferences,
    PipelinesOfStore,
    EvaluationOfStore,
    Sharing,
    History,
    Storage,
    ContainerKeys,
    Links,
):
    """Pictures, inferences and feedback, for one backend or one person.

    `for_user`, `acting_as` or the argument `user_id` of each method sets the acting user; without one a call is
    refused, unless the store was opened as worker or owner. The methods are in `datastore_db/store/`.
    """


class Connecting:
    """A store that is about to be connected: `await` it, or enter it with `async with`."""

    def __init__(self, given: Given, as_role: AsRole) -> None:
        self._given = given
        self._as_role: AsRole = as_role
        self._store: Store | None = None

    def __await__(self) -> Generator[object, None, Store]:
        return self._connect().__await__()

    async def __aenter__(self) -> Store:
        self._store = await self._connect()
        return self._store

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._store is not None:
            await self._store.close()

    async def _connect(self) -> Store:
        settings = await asyncio.to_thread(find_settings, self._given)
        identity: Identity | None = None
        try:
            url = DatabaseUrl(settings.database_url)
            identity = Identity() if is_asked_for(url) else None
            password = None if identity is None else password_of_each_connection(identity)
            database = await Database.connect(url, as_role=self._as_role, password=password)
            return Store(Parts(settings, database, identity))
        except BaseException:
            if identity is not None:
                await identity.close()
            if settings.stack is not None:
                await asyncio.to_thread(settings.stack.close)
            raise
