"""Tokens of an identity in Azure, in the place of the database login's password."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping

from azure.core.exceptions import AzureError

from datastore_db.database.url import DATABASE, DatabaseUrl
from datastore_db.errors import DatastoreError
from datastore_db.identity.credential import Identity, no_token, see_that_it_is_installed

AUTH = "DATASTORE_DB_AUTH"
SCOPE = "https://ossrdbms-aad.database.windows.net/.default"


def is_asked_for(url: DatabaseUrl) -> bool:
    """Whether connections are opened with tokens, as `DATASTORE_DB_AUTH=azure` says; never through a socket's file.

    Raises `DatastoreError` for another value, and for an address that says something else.
    """
    value = os.environ.get(AUTH, "").strip()
    if _place(url.parameters).startswith(("/", "@")):
        return False
    if value not in ("", "azure"):
        raise DatastoreError(f"{AUTH}: expected azure, or nothing for a password, found {value!r}")
    if not value:
        return False
    if url.parameters.get("password"):
        raise DatastoreError(f"{AUTH} is azure, and {DATABASE} has a password: take one of them out")
    if not url.parameters.get("user"):
        raise DatastoreError(
            f"{AUTH} is azure, and {DATABASE} has no user: expected the role that was made for this process's "
            "identity, as in postgresql://IDENTITY@HOST/DATABASE?sslmode=verify-full"
        )
    if not _is_encrypted(url.parameters):
        raise DatastoreError(
            f"{AUTH} is azure, and a token is sent encrypted only: add sslmode=verify-full (with sslrootcert=system) "
            f"to {DATABASE}, or sslmode=require where certificates cannot be checked"
        )
    return True


def _place(parameters: Mapping[str, str]) -> str:
    found = parameters.get("hostaddr") or parameters.get("host")
    return found or os.environ.get("PGHOSTADDR") or os.environ.get("PGHOST") or ""


def _is_encrypted(parameters: Mapping[str, str]) -> bool:
    if _place(parameters) in ("localhost", "127.0.0.1", "::1"):
        return True  # it does not leave this machine
    return parameters.get("sslmode", os.environ.get("PGSSLMODE")) in ("require", "verify-ca", "verify-full")


def password_of_each_connection(identity: Identity) -> Callable[[], Awaitable[str]]:
    """The source of passwords for a pool's new connections: a token, which the credential keeps until it ends."""

    async def password() -> str:
        return (await identity.get_token(SCOPE)).token

    return password


def with_token(database_url: str) -> str:
    """For blocking code that connects a few times: the address, with a token as its password if that is asked for.

    A token is good for an hour at least, and is asked for only when a connection begins. Raises `NoToken`.
    """
    url = DatabaseUrl(database_url)
    if not is_asked_for(url):
        return database_url
    see_that_it_is_installed()
    from azure.identity import DefaultAzureCredential
    from psycopg.conninfo import make_conninfo

    token: str | None = None
    problem: DatastoreError | None = None
    with DefaultAzureCredential() as credential:
        try:
            token = credential.get_token(SCOPE).token
        except AzureError as error:
            problem = no_token(SCOPE, error)
    if problem is not None:
        raise problem
    return make_conninfo(database_url, password=token)
