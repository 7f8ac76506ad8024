"""Which database and which storage: those of the environment, or, without any configuration, local ones."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from datastore_db.database.url import DATABASE, DatabaseUrl
from datastore_db.errors import DatastoreError

if TYPE_CHECKING:
    from datastore_db.local import LocalStack

STORAGE = "DATASTORE_STORAGE_CONNECTION_STRING"


@dataclass(frozen=True, slots=True, repr=False)
class Given:
    """The arguments of `connect`. Tracebacks show the locals of each frame, so its repr shows none of them."""

    database_url: str | None = None
    storage_connection_string: str | None = None
    home: Path | None = None

    def __repr__(self) -> str:
        return "Given(…)"


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """Where things are. `stack` is what was started for it, and must be closed.

    Its secrets do not show in its repr.
    """

    database_url: str
    storage_connection_string: str | None
    stack: LocalStack | None = None

    def __repr__(self) -> str:
        return f"Settings(local={self.stack is not None})"

    @property
    def local_home(self) -> Path | None:
        """The folder of the local servers, if it is they."""
        return None if self.stack is None else self.stack.home


def find_settings(given: Given = Given()) -> Settings:
    """The arguments, else the environment's settings, else a local PostgreSQL and Azurite, started if need be.

    A database without a storage is fine until a picture's bytes are asked for; a storage without a database is not.
    A home asks for the local ones in it whatever the environment says. Raises `DatastoreError`, also for an address
    of a database that is none; it shows no part of it.
    """
    found = given
    if given.home is None:
        found = Given(
            given.database_url or os.environ.get(DATABASE) or None,
            given.storage_connection_string or os.environ.get(STORAGE) or None,
        )
    if found.database_url is not None:
        DatabaseUrl(found.database_url).check()
        return Settings(found.database_url, found.storage_connection_string)
    if found.storage_connection_string is not None:
        raise DatastoreError(f"{DATABASE} is not set, and {STORAGE} is: set both, or neither for local ones")
    # Only here, because most installations have servers of their own and not the extra.
    from datastore_db.database.migrations import migrate
    from datastore_db.local import start

    stack = start(given.home)
    try:
        migrate(stack.database_url)
    except BaseException:
        stack.close()
        raise
    return Settings(stack.database_url, stack.storage_connection_string, stack)


def local_home() -> Path | None:
    """The folder of the local servers, if it is they that the environment asks for; nothing is started."""
    if os.environ.get(DATABASE):
        return None
    from datastore_db.local.home import Home

    try:
        return Home.at(None).path
    except OSError as error:
        raise DatastoreError(f"the folder of the local servers cannot be used: {error}") from None
