"""The errors of this package. Each derives from `DatastoreError`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict


class DocumentError(TypedDict):
    """One error in a document: its place (a JSON Pointer), the rule, and the expected value."""

    instance_path: str
    keyword: str
    message: str


class Remaining(TypedDict):
    """A blob that should be deleted and is still in storage, and why."""

    container_name: str
    blob_name: str | None
    error: str


class DatastoreError(Exception):
    """The base of every error that this package raises on purpose.

    errors: what is wrong with which part of a document, where that is known.
    """

    def __init__(self, message: str = "", errors: Sequence[DocumentError] = ()) -> None:
        self.errors = list(errors)
        super().__init__(message)


class InvalidDocument(DatastoreError):
    """A document breaks its schema or its rules (SQLSTATE DS400); `errors` lists every way in which it does."""

    def __init__(self, errors: list[DocumentError], what: str = "the document") -> None:
        lines = [f"{error['instance_path'] or '(the whole document)'}: {error['message']}" for error in errors]
        super().__init__(f"{what} is not valid: " + "; ".join(lines), errors)


class NotAllowed(DatastoreError):
    """The acting user may see this, but not change it (SQLSTATE DS403)."""


class NotFound(DatastoreError):
    """No such thing, or the acting user may not see it (SQLSTATE DS404)."""


class Conflict(DatastoreError):
    """It contradicts stored data (SQLSTATE DS409)."""


class BlobsRemain(Conflict):
    """Some blobs that should be deleted are still in storage. deleted: how many are gone. remaining: the others.

    Each of those is `{container_name, blob_name, error}`; blob_name is None where a whole container was left alone.
    """

    def __init__(self, deleted: int, remaining: Sequence[Remaining]) -> None:
        self.deleted = deleted
        self.remaining = list(remaining)
        named = [f"{one['container_name']}/{one['blob_name'] or ''}: {one['error']}" for one in remaining]
        super().__init__(f"deleted {deleted} blobs, and not all that are due: " + "; ".join(named))


class Unreachable(DatastoreError):
    """The database or the storage does not answer; the message says which one, where, and what to do."""


class PictureChanged(DatastoreError):
    """The blob in storage differs from the picture that was stored."""


class TookTooLong(DatastoreError):
    """A call took longer than `statement_timeout`, and nothing of it was done; the message says what to do."""


class NotReady(DatastoreError):
    """A container is not in storage yet, or has no key, and this process can make neither."""


class CannotSign(DatastoreError):
    """Only the storage account's credentials can do it, and this process has none; the message says where to go."""


class NotAPicture(DatastoreError):
    """The content of a file is of no picture format that this package knows."""


class BrokenPicture(DatastoreError):
    """A file is refused: damaged, empty, of absurd size, or named after another format."""
