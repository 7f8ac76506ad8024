"""Azurite from npm: whole or not at all."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import platformdirs
import pytest

from datastore_db.local import LocalStackError, install

INSTALL = "from datastore_db.local import install; print(install.azurite(print))"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda _: tmp_path)
    return tmp_path


def test_killed_half_way_is_done_again(cache: Path) -> None:
    env = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "XDG_CACHE_HOME": str(cache.parent)}
    patch = (
        f"import platformdirs; platformdirs.user_cache_path = lambda _: __import__('pathlib').Path({str(cache)!r})\n"
    )
    first = subprocess.Popen([sys.executable, "-c", patch + INSTALL], env=env, start_new_session=True)
    deadline = time.monotonic() + 60
    while not list(cache.glob("*.part-*/node_modules")) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    assert list(cache.glob("*.part-*"))

    messages: list[str] = []
    main = install.azurite(messages.append)
    assert main.is_file()
    assert not list(cache.glob("*.part-*"))
    assert "downloading" in messages[0]

    assert install.azurite(messages.append) == main
    assert len(messages) == 2  # nothing to do, nothing to say


def test_the_error_names_the_remedy(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    monkeypatch.setenv("npm_config_cache", str(cache / "npm"))
    monkeypatch.setattr(install, "NPM_OPTIONS", (*install.NPM_OPTIONS, "--fetch-retries=0"))
    with pytest.raises(LocalStackError, match=r"(?s)could not be installed.*DATASTORE_DB_URL.*ECONNREFUSED"):
        install.azurite(lambda _: None)
    assert not list(cache.glob("azurite-*"))


def test_lock_file_names_hashes_and_no_addresses() -> None:
    lock = json.loads((install.PACKAGE / "package-lock.json").read_text())
    for name, package in lock["packages"].items():
        if name.startswith("node_modules/") and not package.get("link"):
            assert package["integrity"].startswith("sha512-")
            assert "resolved" not in package
    assert lock["packages"]["node_modules/azurite"]["version"] == install.version()
