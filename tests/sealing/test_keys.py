"""Key-encryption keys and what they seal."""

from __future__ import annotations

import base64
import json
import multiprocessing
import stat
from pathlib import Path

import pytest

from datastore_db.sealing import CannotUnseal, KeyRing, NoKey, Sealed, SecretText, find_keys, seal, unseal
from datastore_db.sealing.key_ring import new_key

PURPOSE = ("model", "swin", "api_key")
SECRET = "a secret: ключ 🔑"


@pytest.fixture(autouse=True)
def _no_key_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATASTORE_KEK", raising=False)


@pytest.fixture
def ring() -> KeyRing:
    return KeyRing.parse(new_key("k1"), "a test")


class TestSealing:
    @pytest.mark.parametrize("text", [SECRET, "", "x" * 100_000])
    def test_a_sealed_secret_opens_after_json(self, ring: KeyRing, text: str) -> None:
        sealed = seal(text, PURPOSE, ring)
        written = json.loads(json.dumps(sealed.as_json()))
        assert written.keys() == {"kek_id", "nonce", "ciphertext"}
        assert unseal(Sealed.from_json(written), PURPOSE, ring) == text

    def test_sealing_twice_gives_different_ciphertexts(self, ring: KeyRing) -> None:
        one, other = (seal(SECRET, PURPOSE, ring) for _ in range(2))
        assert one.nonce != other.nonce
        assert one.ciphertext != other.ciphertext

    @pytest.mark.parametrize(
        "other", [("model", "swin", "endpoint"), ("model", "swan", "api_key"), ("model",), ("model", 'swin","api_key')]
    )
    def test_a_secret_opens_for_its_purpose_only(self, ring: KeyRing, other: tuple[str, ...]) -> None:
        with pytest.raises(CannotUnseal, match="sealed for something else"):
            unseal(seal(SECRET, PURPOSE, ring), other, ring)

    def test_every_changed_bit_is_found(self, ring: KeyRing) -> None:
        sealed = seal(SECRET, PURPOSE, ring)
        for field in ("nonce", "ciphertext"):
            good: bytes = getattr(sealed, field)
            for place in range(len(good)):
                changed = bytearray(good)
                changed[place] ^= 1
                parts = {"nonce": sealed.nonce, "ciphertext": sealed.ciphertext} | {field: bytes(changed)}
                with pytest.raises(CannotUnseal):
                    unseal(Sealed(sealed.kek_id, **parts), PURPOSE, ring)

    @pytest.mark.parametrize("ciphertext", [b"", b"\0", b"\0\0", b"\xff\xff", b"\0\x28" + bytes(40), bytes(100)])
    @pytest.mark.parametrize("nonce", [b"", bytes(12), bytes(1000)])
    def test_nonsense_does_not_open(self, ring: KeyRing, nonce: bytes, ciphertext: bytes) -> None:
        with pytest.raises(CannotUnseal):
            unseal(Sealed("k1", nonce, ciphertext), PURPOSE, ring)

    @pytest.mark.parametrize(
        "value",
        [
            None,
            "text",
            {},
            {"kek_id": "k1", "nonce": "!", "ciphertext": "!"},
            {"kek_id": 1, "nonce": "", "ciphertext": ""},
        ],
    )
    def test_other_json_is_no_sealed_secret(self, value: object) -> None:
        with pytest.raises(CannotUnseal):
            Sealed.from_json(value)

    def test_an_opened_secret_does_not_show(self, ring: KeyRing) -> None:
        opened = unseal(seal(SECRET, PURPOSE, ring), PURPOSE, ring)
        assert isinstance(opened, SecretText)
        assert SECRET not in repr({"api_key": [opened]})
        assert (opened, json.loads(json.dumps(opened)), f"{opened}") == (SECRET, SECRET, SECRET)


class TestKeyRing:
    def test_the_first_key_is_current_and_all_open(self) -> None:
        old, new = new_key("old"), new_key("new")
        sealed = seal(SECRET, PURPOSE, KeyRing.parse(old, "a test"))
        both = KeyRing.parse(f"{new},{old}", "a test")
        assert (both.current_id, both.ids) == ("new", ["new", "old"])
        assert unseal(sealed, PURPOSE, both) == SECRET
        assert seal(SECRET, PURPOSE, both).kek_id == "new"

    def test_a_lost_key_and_a_wrong_one_are_errors(self, ring: KeyRing) -> None:
        sealed = seal(SECRET, PURPOSE, ring)
        with pytest.raises(CannotUnseal, match=r"'k1', and there is only 'k2': add that one to DATASTORE_KEK"):
            unseal(sealed, PURPOSE, KeyRing.parse(new_key("k2"), "a test"))
        with pytest.raises(CannotUnseal, match=r"'k1' is not the one"):
            unseal(sealed, PURPOSE, KeyRing.parse(new_key("k1"), "a test"))

    def test_keys_are_read_as_base64_or_hex(self) -> None:
        key = bytes(range(200, 232))
        texts = [base64.b64encode(key).decode(), base64.urlsafe_b64encode(key).decode(), key.hex()]
        (name,) = {KeyRing.parse(text, "a test").current_id for text in texts}
        assert len(name) == 8
        sealed = seal(SECRET, PURPOSE, KeyRing.parse(texts[0], "a test"))
        assert unseal(sealed, PURPOSE, KeyRing.parse(f"{new_key()}\n{texts[2]}\n", "a test")) == SECRET

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("a passphrase", "key 1 is not 32 bytes in base64.*datastore-db keys new"),
            (base64.b64encode(bytes(16)).decode(), "32 bytes"),
            (f"{base64.b64encode(bytes(32)).decode()},x", "key 2"),
            (f"a b:{base64.b64encode(bytes(32)).decode()}", "key 1 is not|letters"),
            (f"ä:{base64.b64encode(bytes(32)).decode()}", "letters"),
            (",", "key 1"),
            (",".join(f"k:{base64.b64encode(bytes(32)).decode()}" for _ in range(2)), "two keys have the id k"),
        ],
    )
    def test_mistakes_show_no_key(self, text: str, message: str) -> None:
        with pytest.raises(NoKey, match=message) as error:
            KeyRing.parse(text, "DATASTORE_KEK")
        assert base64.b64encode(bytes(32)).decode() not in str(error.value)
        assert "passphrase" not in str(error.value)

    def test_a_key_ring_does_not_show_its_keys(self, ring: KeyRing) -> None:
        key = new_key("k1")
        assert repr(KeyRing.parse(key, "a test")) == "KeyRing(k1)"


class TestFinding:
    def test_the_environment_comes_first(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DATASTORE_KEK", new_key("mine"))
        assert find_keys(tmp_path).ids == ["mine"]
        assert find_keys(None).ids == ["mine"]
        assert list(tmp_path.iterdir()) == []

    def test_without_a_key_the_error_names_the_setting(self) -> None:
        with pytest.raises(NoKey, match=r'DATASTORE_KEK is not set.*"datastore-db keys new".*openssl'):
            find_keys(None)

    def test_a_file_of_the_local_servers_is_made_once(self, tmp_path: Path) -> None:
        sealed = seal(SECRET, PURPOSE, find_keys(tmp_path))
        (file,) = tmp_path.iterdir()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert unseal(sealed, PURPOSE, find_keys(tmp_path)) == SECRET

    def test_a_key_file_that_others_may_read_is_refused(self, tmp_path: Path) -> None:
        find_keys(tmp_path)
        (tmp_path / "kek").chmod(0o640)
        with pytest.raises(NoKey, match="chmod 600"):
            find_keys(tmp_path)

    def test_a_file_without_a_key_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "kek").write_bytes(b"\xff")
        (tmp_path / "kek").chmod(0o600)
        with pytest.raises(NoKey, match="cannot be read"):
            find_keys(tmp_path)

    def test_ten_processes_at_once_make_one_key(self, tmp_path: Path) -> None:
        with multiprocessing.get_context("spawn").Pool(4) as pool:
            ids = pool.map(_ids, [tmp_path] * 10)
        assert len({name for (name,) in ids}) == 1
        assert [path.name for path in tmp_path.iterdir()] == ["kek"]


def _ids(home: Path) -> list[str]:
    return find_keys(home).ids
