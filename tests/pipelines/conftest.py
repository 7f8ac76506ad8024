"""Calls of functions, and a key-encryption key."""

from __future__ import annotations

import psycopg
import pytest

from datastore_db.sealing.key_ring import new_key
from tests.support.calls import Call, caller


@pytest.fixture
def call(database: psycopg.Connection) -> Call:
    return caller(database, exact=False)


@pytest.fixture
def kek(monkeypatch: pytest.MonkeyPatch) -> str:
    key = new_key("k1")
    monkeypatch.setenv("DATASTORE_KEK", key)
    return key
