"""Errors of storage. They contain no part of a request, because its address holds a signature."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar
from urllib.parse import urlsplit

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ResourceNotFoundError,
    ServiceRequestError,
    ServiceResponseError,
)

from datastore_db.errors import BrokenPicture, DatastoreError, NotFound, PictureChanged, Unreachable
from datastore_db.identity.credential import AccountRefused

# Clocks that differ by less explain nothing: Azure allows 15 minutes, and keys begin 15 minutes before they are made.
CLOCK_TOLERANCE = timedelta(minutes=5)

FILE_CHANGED = "the file changed while it was uploaded: upload it again"
NOT_AS_STORED = (
    "the blob in storage differs from the picture that was stored: it was changed there. An upload of the same file "
    "restores it"
)

P = ParamSpec("P")
R = TypeVar("R")


class ContainerMissing(DatastoreError):
    """The container is not in storage."""


class KeyRefused(DatastoreError):
    """Storage refuses the key of a container: it was revoked or replaced, or its time is over."""


class BlobThere(DatastoreError):
    """A blob that should be made is there already, or the one that should be replaced has changed."""


class Errors:
    """Storage's answer in a message without secrets."""

    def __init__(self, url: str, *, with_key: bool, with_identity: bool = False) -> None:
        self._where = urlsplit(url)._replace(query="").geturl().rstrip("/")
        self._with_key = with_key
        self._with_identity = with_identity

    def translated(self, error: AzureError) -> DatastoreError:
        """The error to raise in its place."""
        code = code_of(error)
        if code in ("ContainerNotFound", "ContainerBeingDeleted"):
            return ContainerMissing("the container is not in storage")
        if code == "BlobArchived":
            return BrokenPicture("it is in the archive tier, where it cannot be read: upload it without an access tier")
        if code == "Md5Mismatch":
            return BrokenPicture(FILE_CHANGED)
        if code == "BlobAlreadyExists" or (code == "ConditionNotMet" and _is_write(error)):
            return BlobThere("another process wrote the blob meanwhile: try again")
        if code == "ConditionNotMet":
            return PictureChanged(NOT_AS_STORED)
        if isinstance(error, ResourceNotFoundError):
            return NotFound("the blob is not in storage")
        if isinstance(error, ClientAuthenticationError) or code in (
            "AuthorizationFailure",
            "AuthenticationFailed",
            "AuthorizationPermissionMismatch",
        ):
            clock = clock_hint(error, datetime.now(UTC))
            if self._with_key:
                return KeyRefused(f"the storage {self._where} refuses the container's key (403 {code}).{clock}")
            if self._with_identity:
                return AccountRefused(
                    f"the storage {self._where} refuses the identity of this process ({code}). Expected the role "
                    f"Storage Blob Data Contributor on the storage account: docs/azure.md.{clock}"
                )
            return AccountRefused(
                f"the storage {self._where} refuses the account key of DATASTORE_STORAGE_CONNECTION_STRING.{clock}"
            )
        if isinstance(error, ServiceRequestError | ServiceResponseError):
            right = "is DATASTORE_STORAGE_CONNECTION_STRING right"
            if self._with_key:
                right += ", or, without it, the endpoint in datastore.container"
            return Unreachable(f"the storage {self._where} does not answer. Is it running, and {right}?")
        reason = code or (error.reason if isinstance(error, HttpResponseError) else type(error).__name__)
        return DatastoreError(f"the storage {self._where} refuses: {reason}")


def clock_hint(error: AzureError, now: datetime) -> str:
    """The message about this machine's clock, if it differs much from that of storage; else empty."""
    response = getattr(error, "response", None)
    date = None if response is None else response.headers.get("Date")
    try:
        ahead = now - parsedate_to_datetime(str(date))
    except (ValueError, TypeError):
        return ""
    if abs(ahead) < CLOCK_TOLERANCE:
        return ""
    minutes = round(abs(ahead).total_seconds() / 60)
    return (
        f" This machine's clock is {minutes} minutes {'ahead of' if ahead > timedelta() else 'behind'} the storage's, "
        "which refuses a request from another time: set the clock (NTP). If the database's clock was off, "
        "too, make new keys then: datastore-db keys rotate."
    )


def _is_write(error: AzureError) -> bool:
    response = getattr(error, "response", None)
    return response is not None and response.request.method == "PUT"


class _HasErrors(Protocol):
    @property
    def errors(self) -> Errors: ...


S = TypeVar("S", bound=_HasErrors)


def translated(
    method: Callable[Concatenate[S, P], Awaitable[R]],
) -> Callable[Concatenate[S, P], Awaitable[R]]:
    """A method whose errors of the SDK become ours.

    They are raised when the SDK's own is gone: as the context of ours it would show the request's address, and with it
    the signature, in a log that shows an error with its context.
    """

    @wraps(method)
    async def call(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await method(self, *args, **kwargs)
        except AzureError as error:
            failure = self.errors.translated(error)
        raise failure

    return call


def code_of(error: AzureError) -> str | None:
    """Azure's code of the error, such as BlobNotFound."""
    code = getattr(error, "error_code", None)
    return str(getattr(code, "value", code)) if code else None
