"""Key-encryption keys, which wrap the keys that secrets are encrypted with."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import secrets
from collections.abc import Mapping
from typing import Protocol, Self

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from datastore_db.sealing.errors import HOW_TO_MAKE_ONE, CannotUnseal, NoKey

KEY_SIZE = 32
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class KeyEncryptionKeys(Protocol):
    """A holder of key-encryption keys: an environment variable, a file, a vault. Its methods may block."""

    @property
    def ids(self) -> list[str]:
        """The ids of the keys, the current one first."""

    def wrap(self, data_key: bytes) -> tuple[str, bytes]:
        """Encrypt a key with the current key-encryption key: that one's id, and the wrapped key."""

    def unwrap(self, kek_id: str, wrapped: bytes) -> bytes:
        """The key again. Raises `CannotUnseal`."""


class KeyRing:
    """Key-encryption keys in memory, by id; the first is current, the others only open what they once closed.

    AES-256 key wrap (RFC 3394), which tells a wrong key from a right one. The keys do not show in its repr.
    """

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._keys = dict(keys)
        self.current_id = next(iter(self._keys))

    @classmethod
    def parse(cls, text: str, source: str) -> Self:
        """Read `id:key,id:key…`, keys being 32 bytes in base64 or hex; a key without an id is named by its digest.

        source: where the text is from, for messages. Raises `NoKey`.
        """
        keys: dict[str, bytes] = {}
        for place, entry in enumerate(re.split(r"[,\s]+", text.strip(", \t\r\n")), start=1):
            name, _, encoded = entry.rpartition(":")
            key = _decode(encoded)
            if key is None:
                raise NoKey(
                    f"{source}: key {place} is not 32 bytes in base64. Expected id:key, or several with commas between "
                    f"them, the current one first; {HOW_TO_MAKE_ONE}"
                )
            name = name or key_id(key)
            if not _ID.fullmatch(name):
                raise NoKey(f"{source}: the id of key {place} may have letters, digits, dots, dashes and underscores")
            if name in keys:
                raise NoKey(f"{source}: two keys have the id {name}")
            keys[name] = key
        return cls(keys)

    @property
    def ids(self) -> list[str]:
        """The ids, the current one first."""
        return list(self._keys)

    def wrap(self, data_key: bytes) -> tuple[str, bytes]:
        return self.current_id, aes_key_wrap(self._keys[self.current_id], data_key)

    def unwrap(self, kek_id: str, wrapped: bytes) -> bytes:
        key = self._keys.get(kek_id)
        if key is None:
            raise CannotUnseal(
                f"it was sealed with the key-encryption key {kek_id!r}, and there is only "
                f"{', '.join(map(repr, self._keys))}: add that one to DATASTORE_KEK, behind the current one"
            )
        try:
            return aes_key_unwrap(key, wrapped)
        except (InvalidUnwrap, ValueError):
            raise CannotUnseal(
                f"the key-encryption key {kek_id!r} is not the one that it was sealed with, or it was changed since: "
                "see whether DATASTORE_KEK is that of this database"
            ) from None

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(self._keys)})"


def new_key(name: str | None = None) -> str:
    """A new key-encryption key as `id:key`, for DATASTORE_KEK. Raises `NoKey` for an id that cannot be one."""
    key = secrets.token_bytes(KEY_SIZE)
    text = f"{name or key_id(key)}:{base64.b64encode(key).decode()}"
    KeyRing.parse(text, "the new key")
    return text


def key_id(key: bytes) -> str:
    """The id of a key without a name: it tells nothing about the key."""
    return hashlib.sha256(b"datastore-db key-encryption key" + key).hexdigest()[:8]


def _decode(text: str) -> bytes | None:
    if re.fullmatch(r"[0-9A-Fa-f]{64}", text):
        return bytes.fromhex(text)
    try:
        key = base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) == KEY_SIZE else None
