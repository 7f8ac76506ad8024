"""Key-encryption keys in an Azure Key Vault.

No vault can be reached from here: `FakeVault` stands for the service's client. It wraps with real RSA keys, of which it
may have several versions, and refuses as the service does; how Azure itself answers is not proven by these tests.
"""

from __future__ import annotations

import psycopg
import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.keyvault.keys.crypto import CryptographyClient, KeyWrapAlgorithm, UnwrapResult, WrapResult
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from datastore_db import connect
from datastore_db.sealing import CannotUnseal, NoKey, find_keys, seal, unseal, vault
from datastore_db.sealing.key_ring import new_key
from tests.support.pictures import picture

KEY = "https://pictures.vault.azure.net/keys/datastore"
V1, V2 = (f"{KEY}/{digit * 32}" for digit in "12")
PURPOSE = ("a", "test")
OAEP = padding.OAEP(padding.MGF1(SHA256()), SHA256(), None)


class FakeVault:
    """A vault with one key in two versions; `newest` is the one that a name without a version stands for."""

    def __init__(self) -> None:
        self.keys = {version: rsa.generate_private_key(65537, 2048) for version in (V1, V2)}
        self.newest = V1
        self.calls = 0

    def client(self, key: str) -> FakeClient:
        return FakeClient(self, key)


class FakeClient:
    """The methods in use of `azure.keyvault.keys.crypto.CryptographyClient`."""

    def __init__(self, of: FakeVault, key: str) -> None:
        self._vault = of
        self._key = key

    def _version(self) -> str:
        self._vault.calls += 1
        version = self._vault.newest if self._key == KEY else self._key
        if version not in self._vault.keys:
            raise ResourceNotFoundError("(KeyNotFound) A key with (name/id) was not found")
        return version

    def wrap_key(self, algorithm: KeyWrapAlgorithm, key: bytes) -> WrapResult:
        assert algorithm == KeyWrapAlgorithm.rsa_oaep_256
        version = self._version()
        return WrapResult(version, algorithm, self._vault.keys[version].public_key().encrypt(key, OAEP))

    def unwrap_key(self, algorithm: KeyWrapAlgorithm, encrypted_key: bytes) -> UnwrapResult:
        assert algorithm == KeyWrapAlgorithm.rsa_oaep_256
        version = self._version()
        try:
            return UnwrapResult(version, algorithm, self._vault.keys[version].decrypt(encrypted_key, OAEP))
        except ValueError:
            raise HttpResponseError("(BadParameter) The parameter is incorrect.") from None


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeVault:
    made = FakeVault()
    monkeypatch.setattr(vault, "open_client", made.client)
    monkeypatch.setenv("DATASTORE_KEK", KEY)
    vault.the_vault_key.cache_clear()
    return made


def forget() -> None:
    """Forget the opened keys, as another process would start."""
    vault.the_vault_key.cache_clear()


def test_the_fake_has_the_methods_of_the_real_client() -> None:
    for name in ("wrap_key", "unwrap_key"):
        assert callable(getattr(CryptographyClient, name))


def test_another_process_opens_the_secret(fake: FakeVault) -> None:
    sealed = seal("secret", PURPOSE, find_keys(None))
    assert sealed.kek_id == V1
    forget()
    assert unseal(sealed, PURPOSE, find_keys(None)) == "secret"


def test_an_opened_key_is_remembered_for_a_while(fake: FakeVault, monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = seal("secret", PURPOSE, find_keys(None))
    forget()
    before = fake.calls
    for _ in range(5):
        unseal(sealed, PURPOSE, find_keys(None))
    assert fake.calls == before + 1
    monkeypatch.setattr(vault, "SECONDS_KEPT", -1.0)
    forget()
    for _ in range(2):
        unseal(sealed, PURPOSE, find_keys(None))
    assert fake.calls == before + 3


def test_a_new_version_of_the_key_seals_and_old_ones_open(fake: FakeVault) -> None:
    old = seal("secret", PURPOSE, find_keys(None))
    fake.newest = V2
    forget()
    assert seal("secret", PURPOSE, find_keys(None)).kek_id == V2
    assert unseal(old, PURPOSE, find_keys(None)) == "secret"


def test_secrets_move_from_the_environment_into_a_vault(fake: FakeVault, monkeypatch: pytest.MonkeyPatch) -> None:
    key = new_key("k1")
    monkeypatch.setenv("DATASTORE_KEK", key)
    old = seal("secret", PURPOSE, find_keys(None))
    monkeypatch.setenv("DATASTORE_KEK", f"{KEY},{key}")
    assert find_keys(None).ids == [KEY, "k1"]
    assert unseal(old, PURPOSE, find_keys(None)) == "secret"
    assert seal("secret", PURPOSE, find_keys(None)).kek_id == V1


def test_no_row_chooses_the_vault(fake: FakeVault) -> None:
    sealed = seal("secret", PURPOSE, find_keys(None))
    for elsewhere in ("https://evil.vault.azure.net/keys/datastore/" + "1" * 32, f"{KEY}2/{'1' * 32}", f"{V1}/x", "k1"):
        before = fake.calls
        with pytest.raises(CannotUnseal, match="was sealed with the key-encryption key"):
            find_keys(None).unwrap(elsewhere, sealed.ciphertext)
        assert fake.calls == before


def test_errors_of_the_vault_name_the_remedy(fake: FakeVault, monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = seal("secret", PURPOSE, find_keys(None))
    forget()
    with pytest.raises(CannotUnseal, match="unwrapKey"):
        find_keys(None).unwrap(V1, bytes(256))
    del fake.keys[V1]
    with pytest.raises(CannotUnseal, match=r"datastore/1+: .*enabled, and an identity"):
        unseal(sealed, PURPOSE, find_keys(None))
    with pytest.raises(NoKey, match="wrapKey"):
        seal("secret", PURPOSE, find_keys(None))
    monkeypatch.setattr(FakeClient, "_version", lambda self: KEY)
    fake.keys[KEY] = fake.keys[V2]
    with pytest.raises(NoKey, match="name the version"):
        seal("secret", PURPOSE, find_keys(None))


@pytest.mark.parametrize(
    "text", ["http://pictures.vault.azure.net/keys/datastore", "https://example.org/keys/datastore"]
)
def test_an_invalid_vault_address_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATASTORE_KEK", text)
    with pytest.raises(NoKey, match="key 1"):
        find_keys(None)


def test_a_store_with_a_vault(
    fake: FakeVault, database_url: str, storage_connection_string: str, database: psycopg.Connection
) -> None:
    with connect(database_url, storage_connection_string) as store:
        user = store.register_user("ana@example.org")
    forget()
    before = fake.calls
    with connect(database_url) as alone:
        (uploaded,) = alone.upload_pictures([(picture(1, "PNG"), None)], user_id=user["user_id"])
        assert alone.read_picture(uploaded["picture_id"], user_id=user["user_id"])[0] == picture(1, "PNG")
        assert fake.calls == before + 2  # a key to write and one to read
        fake.newest = V2
        forget()
    with connect(database_url, as_role="worker") as alone:
        assert (alone.rotate_key_encryption_key().secrets, alone.rotate_key_encryption_key().secrets) == (2, 0)
    assert database.execute("select distinct kek_id from datastore.container_key").fetchall() == [(V2,)]
