"""Errors of secrets. No message shows a key or a secret."""

from __future__ import annotations

from datastore_db.errors import DatastoreError

HOW_TO_MAKE_ONE = (
    'make one with "datastore-db keys new" (or "openssl rand -base64 32"), keep it where your other secrets are, '
    "and set DATASTORE_KEK to it"
)


class NoKey(DatastoreError):
    """There is no key-encryption key, or none that can be used."""


class CannotUnseal(DatastoreError):
    """A sealed secret does not open: its key-encryption key is missing or another one, or it was changed or moved."""


class NotSealedForThis(CannotUnseal):
    """A sealed secret was changed, or moved from where it was sealed for; its key-encryption key is the right one."""
