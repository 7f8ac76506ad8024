"""The identity that this process has in Azure: tokens in the place of secrets. Needs the extra `identity`."""

from __future__ import annotations

import importlib.util
import re
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from azure.core.exceptions import AzureError

from datastore_db.errors import DatastoreError

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken
    from azure.identity.aio import DefaultAzureCredential

ADDRESS = re.compile(r"\s*https?://", re.IGNORECASE)
"""How an account's address begins, where a connection string could be."""


class AccountRefused(DatastoreError):
    """The credentials of the storage account, or this process's identity, are refused."""


class NoToken(AccountRefused):
    """Azure gives this process no token: it has no identity there, or not the right one."""


class Identity:
    """Tokens of Azure's `DefaultAzureCredential`, fetched when first asked for and again before they end.

    It is an `AsyncTokenCredential` of the SDK. Raises `NoToken` in the place of the SDK's errors.
    """

    def __init__(self) -> None:
        see_that_it_is_installed()
        self._credential: DefaultAzureCredential | None = None

    async def get_token(
        self,
        *scopes: str,
        claims: str | None = None,
        tenant_id: str | None = None,
        **options: Any,  # noqa: ANN401  # as the SDK has it
    ) -> AccessToken:
        """A token for a scope, such as `https://storage.azure.com/.default`."""
        from azure.identity.aio import DefaultAzureCredential

        if self._credential is None:
            self._credential = DefaultAzureCredential()
        try:
            return await self._credential.get_token(*scopes, claims=claims, tenant_id=tenant_id, **options)
        except AzureError as error:
            problem = no_token(scopes[0], error)
        raise problem

    async def close(self) -> None:
        """Close its connections."""
        if self._credential is not None:
            await self._credential.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self.close()


def see_that_it_is_installed() -> None:
    """Raise `NoToken` without the extra."""
    if importlib.util.find_spec("azure.identity") is None:
        raise NoToken("an identity in Azure needs azure.identity: pip install 'datastore-db[identity]'")


def no_token(scope: str, error: AzureError) -> NoToken:
    """The message where Azure gives no token."""
    reason = re.search(r"AADSTS\d+", str(error))
    return NoToken(
        f"Azure gives this process no token for {scope.removesuffix('/.default')} "
        f"({reason.group() if reason else type(error).__name__}). Expected a managed identity, or AZURE_TENANT_ID, "
        "AZURE_CLIENT_ID and what belongs to them: docs/azure.md"
    )
