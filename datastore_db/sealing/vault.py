"""Key-encryption keys in an Azure Key Vault: they never leave it, it wraps and unwraps. Needs the extra `keyvault`."""

from __future__ import annotations

import importlib.util
import re
import threading
import time
from collections import OrderedDict
from functools import cache
from typing import TYPE_CHECKING, Protocol

from datastore_db.sealing.errors import CannotUnseal, NoKey
from datastore_db.sealing.key_ring import KeyEncryptionKeys, KeyRing

if TYPE_CHECKING:
    from azure.keyvault.keys.crypto import KeyWrapAlgorithm, UnwrapResult, WrapResult

# https://NAME.vault.azure.net/keys/KEY[/VERSION], in whichever cloud; nothing else is asked to open a key.
VAULT = re.compile(
    r"https://[a-z0-9-]+\.(?:vault|managedhsm)\.[a-z0-9.-]+/keys/[A-Za-z0-9-]+(?:/[0-9a-f]{32})?(?=[,\s]|$)"
)
# How long an unwrapped key stays in memory, and how many: so that not each secret costs a call.
SECONDS_KEPT = 300.0
KEYS_KEPT = 1000


class VaultClient(Protocol):
    """The methods in use of `azure.keyvault.keys.crypto.CryptographyClient`."""

    def wrap_key(self, algorithm: KeyWrapAlgorithm, key: bytes) -> WrapResult: ...
    def unwrap_key(self, algorithm: KeyWrapAlgorithm, encrypted_key: bytes) -> UnwrapResult: ...


class VaultKey:
    """One key of a vault, in all its versions. Its methods block: they may ask the vault."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._base = "/".join(url.split("/")[:5])
        self._clients: dict[str, VaultClient] = {}
        self._opened: OrderedDict[tuple[str, bytes], tuple[float, bytes]] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def ids(self) -> list[str]:
        return [self._url]

    def holds(self, kek_id: str) -> bool:
        """Whether this is a version of the key: a row in the database must not say which vault is asked."""
        return re.fullmatch(rf"{re.escape(self._base)}/[0-9a-f]{{32}}", kek_id) is not None

    def wrap(self, data_key: bytes) -> tuple[str, bytes]:
        see_that_it_is_installed()
        from azure.keyvault.keys.crypto import KeyWrapAlgorithm

        try:
            result = self._client(self._url).wrap_key(KeyWrapAlgorithm.rsa_oaep_256, data_key)
        except Exception as error:
            raise NoKey(_refused(self._url, error, "get, wrapKey and unwrapKey")) from None
        if result.key_id is None or not self.holds(result.key_id):
            raise NoKey(
                f"the vault does not say which version of {self._base} wraps: give this process the right to get the "
                "key, or name the version, as DATASTORE_KEK=https://…/keys/NAME/VERSION"
            )
        self._keep(result.key_id, result.encrypted_key, data_key)
        return result.key_id, result.encrypted_key

    def unwrap(self, kek_id: str, wrapped: bytes) -> bytes:
        if not self.holds(kek_id):
            raise CannotUnseal(
                f"it was sealed with the key-encryption key {kek_id!r}, and DATASTORE_KEK says {self._base!r}: "
                "add that one, behind the current one"
            )
        with self._lock:
            kept, data_key = self._opened.get((kek_id, wrapped), (0.0, b""))
            if kept > time.monotonic():
                return data_key
        see_that_it_is_installed()
        from azure.keyvault.keys.crypto import KeyWrapAlgorithm

        try:
            data_key = self._client(kek_id).unwrap_key(KeyWrapAlgorithm.rsa_oaep_256, wrapped).key
        except Exception as error:
            raise CannotUnseal(
                _refused(kek_id, error, "unwrapKey")
                + ". Where it was changed since it was sealed, the vault says the same"
            ) from None
        self._keep(kek_id, wrapped, data_key)
        return data_key

    def _keep(self, kek_id: str, wrapped: bytes, data_key: bytes) -> None:
        with self._lock:
            self._opened[kek_id, wrapped] = (time.monotonic() + SECONDS_KEPT, data_key)
            while len(self._opened) > KEYS_KEPT:
                self._opened.popitem(last=False)

    def _client(self, key: str) -> VaultClient:
        with self._lock:
            if key not in self._clients:
                self._clients[key] = open_client(key)
            return self._clients[key]

    def __repr__(self) -> str:
        return f"VaultKey({self._base})"


class SeveralKeys:
    """Keys of vaults and keys in memory: the first is current, the others only open what they once closed."""

    def __init__(self, first: KeyEncryptionKeys, vaults: list[VaultKey], ring: KeyRing | None) -> None:
        self._first = first
        self._vaults = vaults
        self._ring = ring

    @property
    def ids(self) -> list[str]:
        others = [key for vault in self._vaults for key in vault.ids] + (self._ring.ids if self._ring else [])
        return list(dict.fromkeys([*self._first.ids, *others]))

    def wrap(self, data_key: bytes) -> tuple[str, bytes]:
        return self._first.wrap(data_key)

    def unwrap(self, kek_id: str, wrapped: bytes) -> bytes:
        for vault in self._vaults:
            if vault.holds(kek_id):
                return vault.unwrap(kek_id, wrapped)
        return (self._ring or self._first).unwrap(kek_id, wrapped)


def with_vaults(text: str, source: str) -> KeyEncryptionKeys:
    """Read addresses of keys in vaults, with or without `id:key` among them. Raises `NoKey`."""
    entries = re.split(r"[,\s]+", text.strip(", \t\r\n"))
    vaults = {entry: the_vault_key(entry) for entry in entries if VAULT.fullmatch(entry)}
    others = [entry for entry in entries if entry not in vaults]
    ring = KeyRing.parse(",".join(others), source) if others else None
    first = vaults.get(entries[0], ring)
    assert first is not None
    return SeveralKeys(first, list(vaults.values()), ring)


@cache
def the_vault_key(url: str) -> VaultKey:
    """The key at an address, the same for the whole process: it knows what it has opened."""
    return VaultKey(url)


def open_client(key: str) -> VaultClient:
    """A client for one key, or one version of it, with the identity that this process has in Azure."""
    see_that_it_is_installed()
    from azure.identity import DefaultAzureCredential
    from azure.keyvault.keys.crypto import CryptographyClient

    return CryptographyClient(key, DefaultAzureCredential())


def see_that_it_is_installed() -> None:
    """Raise `NoKey`, which says what to install, unless the extra keyvault is there."""
    for package in ("azure.keyvault.keys", "azure.identity"):
        try:
            found = importlib.util.find_spec(package)
        except ModuleNotFoundError:  # not even the package above it
            found = None
        if found is None:
            raise NoKey(f"DATASTORE_KEK names a key vault, which needs {package}: pip install 'datastore-db[keyvault]'")


def _refused(key: str, error: Exception, rights: str) -> str:
    if isinstance(error, NoKey):
        return str(error)
    reason = getattr(getattr(error, "error", None), "code", None) or getattr(error, "reason", None)
    return (
        f"the key vault does not do it with {key}: {reason or type(error).__name__}. Expected a key that exists and is "
        f"enabled, and an identity of this process that has the rights {rights} on it"
    )
