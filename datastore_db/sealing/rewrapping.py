"""Rotation of key-encryption keys: the keys of all secrets are wrapped anew; the secrets themselves stay closed."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, field
from typing import cast

from datastore_db.database.calls import Database, Document
from datastore_db.json_codec import Json, JsonObject
from datastore_db.sealing.errors import CannotUnseal
from datastore_db.sealing.key_ring import KEY_SIZE, KeyEncryptionKeys
from datastore_db.sealing.key_source import KeySource
from datastore_db.sealing.sealed import Sealed, rewrapped


@dataclass(slots=True)
class Rewrapped:
    """The report of a rotation. problems: the secrets that stayed as they were, and why."""

    kek_id: str
    secrets: int = 0
    problems: list[str] = field(default_factory=list)


async def rewrap(database: Database, keys: KeySource) -> Rewrapped:
    """Wrap the keys of all sealed secrets with the current key-encryption key. Raises `NoKey`."""
    found = await keys.get()
    kek_id, _ = await asyncio.to_thread(found.wrap, os.urandom(KEY_SIZE))
    report = Rewrapped(kek_id)
    after = ""
    while secrets := cast(
        list[JsonObject], await database.call("sealed_secrets", acting=None, except_kek_id=kek_id, after=after)
    ):
        done = await asyncio.to_thread(_rewrap_all, secrets, found, report)
        report.secrets += cast(int, await database.call("rewrap_secrets", acting=None, secrets=Document(done)))
        after = str(secrets[-1]["secret_id"])
    return report


def _rewrap_all(secrets: list[JsonObject], keys: KeyEncryptionKeys, report: Rewrapped) -> list[Json]:
    done: list[Json] = []
    for secret in secrets:
        try:
            sealed = Sealed.from_json({part: secret[part] for part in ("kek_id", "nonce", "ciphertext")})
            done.append({"secret_id": secret["secret_id"], **rewrapped(sealed, keys).as_json()})
        except CannotUnseal as error:
            report.problems.append(f"{secret['secret_id']}: {error}")
    return done
