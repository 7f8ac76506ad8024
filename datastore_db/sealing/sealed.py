"""Sealing: a text becomes `{"kek_id", "nonce", "ciphertext"}`, which opens only for the purpose it was sealed for.

Each text is encrypted by AES-256-GCM with a key of its own, and that key is wrapped by a key-encryption key. The
wrapped key stands at the start of `ciphertext`, after its length in two bytes. The purpose, such as the model and the
field, is the associated data: what was moved to another row does not open there.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from datastore_db.json_codec import JsonObject
from datastore_db.sealing.errors import CannotUnseal, NotSealedForThis
from datastore_db.sealing.key_ring import KeyEncryptionKeys

_FIELDS = ("kek_id", "nonce", "ciphertext")
_NONCE_SIZE, _LENGTH_SIZE = 12, 2


class SecretText(str):
    """A text that does not show in the repr of what holds it. In all else it is the text."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<secret>"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed text. It may be stored, sent and shown."""

    kek_id: str
    nonce: bytes
    ciphertext: bytes

    @classmethod
    def from_json(cls, value: object) -> Sealed:
        """Read the JSON of `as_json`. Raises `CannotUnseal`."""
        if not isinstance(value, dict) or not is_sealed(value):
            raise CannotUnseal("it is not a sealed secret")
        try:
            nonce, ciphertext = (base64.b64decode(value[name], validate=True) for name in _FIELDS[1:])
        except (binascii.Error, ValueError):
            raise CannotUnseal("its nonce or ciphertext is not base64") from None
        return cls(value["kek_id"], nonce, ciphertext)

    def as_json(self) -> JsonObject:
        """As documents and the database have it."""
        return {
            "kek_id": self.kek_id,
            "nonce": base64.b64encode(self.nonce).decode(),
            "ciphertext": base64.b64encode(self.ciphertext).decode(),
        }


def is_sealed(value: object) -> bool:
    """Whether a value of a document has the form of a sealed secret."""
    return (
        isinstance(value, dict) and set(value) == set(_FIELDS) and all(isinstance(part, str) for part in value.values())
    )


def seal(text: str, purpose: tuple[str, ...], keys: KeyEncryptionKeys) -> Sealed:
    """Encrypt a text for one purpose, such as `("model", "swin-1", "api_key")`."""
    data_key, nonce = AESGCM.generate_key(256), os.urandom(_NONCE_SIZE)
    encrypted = AESGCM(data_key).encrypt(nonce, text.encode(), _associated(purpose))
    return _assembled(*keys.wrap(data_key), nonce, encrypted)


def unseal(sealed: Sealed, purpose: tuple[str, ...], keys: KeyEncryptionKeys) -> SecretText:
    """The text again. Raises `CannotUnseal`, which says what to do; `NotSealedForThis` for another purpose."""
    wrapped, encrypted = _parts(sealed)
    text = _decrypted(keys.unwrap(sealed.kek_id, wrapped), sealed.nonce, encrypted, _associated(purpose))
    if text is None:
        raise NotSealedForThis(
            "it was changed since it was sealed, or sealed for something else: its row was written to"
        )
    return text


def rewrapped(sealed: Sealed, keys: KeyEncryptionKeys) -> Sealed:
    """The same, its key wrapped by the current key-encryption key; nothing is opened. Raises `CannotUnseal`."""
    wrapped, encrypted = _parts(sealed)
    return _assembled(*keys.wrap(keys.unwrap(sealed.kek_id, wrapped)), sealed.nonce, encrypted)


def _decrypted(data_key: bytes, nonce: bytes, encrypted: bytes, associated: bytes) -> SecretText | None:
    """None for a changed secret. Nothing is raised here, where the key is: an error keeps the variables around it."""
    try:
        return SecretText(AESGCM(data_key).decrypt(nonce, encrypted, associated).decode())
    except (InvalidTag, ValueError):
        return None


def _parts(sealed: Sealed) -> tuple[bytes, bytes]:
    start = _LENGTH_SIZE + int.from_bytes(sealed.ciphertext[:_LENGTH_SIZE], "big")
    return sealed.ciphertext[_LENGTH_SIZE:start], sealed.ciphertext[start:]


def _assembled(kek_id: str, wrapped: bytes, nonce: bytes, encrypted: bytes) -> Sealed:
    return Sealed(kek_id, nonce, len(wrapped).to_bytes(_LENGTH_SIZE, "big") + wrapped + encrypted)


def _associated(purpose: tuple[str, ...]) -> bytes:
    return json.dumps(["datastore-db", *purpose], ensure_ascii=False, separators=(",", ":")).encode()
