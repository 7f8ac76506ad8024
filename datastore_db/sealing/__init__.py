"""Secrets that lie in the database: sealed before it sees them, opened after it gave them back. See docs/storage.md."""

from __future__ import annotations

from datastore_db.sealing.errors import CannotUnseal, NoKey
from datastore_db.sealing.key_ring import KeyEncryptionKeys, KeyRing
from datastore_db.sealing.key_source import find_keys
from datastore_db.sealing.sealed import Sealed, SecretText, is_sealed, seal, unseal

__all__ = [
    "CannotUnseal",
    "KeyEncryptionKeys",
    "KeyRing",
    "NoKey",
    "Sealed",
    "SecretText",
    "find_keys",
    "is_sealed",
    "seal",
    "unseal",
]
