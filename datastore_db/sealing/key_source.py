"""Where the key-encryption keys are: in the environment, in a vault, or beside this machine's own servers."""

from __future__ import annotations

import asyncio
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from datastore_db.sealing.errors import HOW_TO_MAKE_ONE, NoKey
from datastore_db.sealing.key_ring import KeyEncryptionKeys, KeyRing, new_key
from datastore_db.sealing.vault import VAULT, with_vaults

KEK = "DATASTORE_KEK"
FILE_NAME = "kek"


def find_keys(local_home: Path | None) -> KeyEncryptionKeys:
    """The keys of `DATASTORE_KEK`, else those of a file in the home of the local servers, made when first asked for.

    local_home: that folder; None where the database is somewhere else. Raises `NoKey`.
    """
    if text := os.environ.get(KEK, "").strip():
        return with_vaults(text, KEK) if VAULT.search(text) else KeyRing.parse(text, KEK)
    if local_home is None:
        raise NoKey(f"{KEK} is not set, and secrets are kept only if they are sealed with it: {HOW_TO_MAKE_ONE}")
    return _from_file(local_home / FILE_NAME)


class KeySource:
    """The key-encryption keys of a process, looked for when first needed."""

    def __init__(self, local_home: Path | None) -> None:
        self._local_home = local_home
        self._found: KeyEncryptionKeys | None = None

    @property
    def configured(self) -> bool:
        """Whether there should be any."""
        return self._local_home is not None or bool(os.environ.get(KEK, "").strip())

    async def get(self) -> KeyEncryptionKeys:
        """The keys. Raises `NoKey`."""
        if self._found is None:
            self._found = await asyncio.to_thread(find_keys, self._local_home)
        return self._found


def _from_file(path: Path) -> KeyRing:
    try:
        if not path.exists():
            _make(path)
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise NoKey(f"others may read the key-encryption key in {path}: chmod 600 {path}")
        return KeyRing.parse(path.read_text(encoding="ascii"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise NoKey(f"the key-encryption key in {path} cannot be read: {type(error).__name__}") from None


def _make(path: Path) -> None:
    """Write a new key, whole or not at all; where two do it at once, the first one's counts."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}-")  # 0600 from the start
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(new_key() + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(name, path)
    finally:
        Path(name).unlink(missing_ok=True)
