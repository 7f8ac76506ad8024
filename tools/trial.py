"""A wheel in an empty environment: installed with its locked dependencies, without extras, checkout or home."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from email.parser import Parser
from importlib import metadata
from pathlib import Path

import psycopg
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name
from PIL import Image
from psycopg.conninfo import make_conninfo

from benchmarks.databases import temporary_stack
from datastore_db.database.migrations import yoyo_uri
from datastore_db.local import LocalStack
from datastore_db.sealing.key_ring import new_key

USER = "ana@example.org"


class TrialFailedError(Exception):
    """The failure of a wheel."""


def try_wheel(tree: Path, wheel: Path) -> None:
    """Migrate a database in both ways, and do the main job with two pictures."""
    with (
        tempfile.TemporaryDirectory(prefix="datastore-db-trial-") as folder,
        temporary_stack("datastore-db-trial-servers-") as stack,
    ):
        Trial(Path(folder), tree, stack).run(wheel)


class Trial:
    """One trial, in a folder of its own."""

    def __init__(self, folder: Path, tree: Path, stack: LocalStack) -> None:
        self._folder = folder
        self._tree = tree
        self._stack = stack
        self._bin = folder / "venv" / "bin"
        self._home = folder / "home"
        self._home.mkdir()

    def run(self, wheel: Path) -> None:
        """All of it. Raises `TrialFailedError`."""
        self._install(wheel)
        self._call("datastore-db", "--help")
        by_command, by_yoyo, by_psql = (self._database(name) for name in ("command", "yoyo", "psql"))
        environment = {
            "DATASTORE_DB_URL": by_command,
            "DATASTORE_STORAGE_CONNECTION_STRING": self._stack.storage_connection_string,
            "DATASTORE_KEK": new_key(),
            "DATASTORE_USER": USER,
        }
        self._call("datastore-db", "migrate", **environment)
        (migrations,) = (self._folder / "venv").glob("lib/python*/site-packages/datastore_db/migrations")
        self._call("yoyo", "apply", "--batch", "--database", yoyo_uri(by_yoyo), str(migrations))
        psql = str(self._stack.postgres_bin / "psql")
        self._call(psql, "-qX", "-v", "ON_ERROR_STOP=1", "-f", str(self._tree / "sql" / "install.sql"), by_psql)
        expected = self._schema(by_psql)
        for way, url in (("datastore-db migrate", by_command), ("yoyo apply", by_yoyo)):
            if self._schema(url) != expected:
                raise TrialFailedError(f"{way} of the wheel gives another schema than sql/install.sql of the tree")
        self._main_job(environment)

    def _install(self, wheel: Path) -> None:
        lock = self._folder / "requirements.lock"
        lock.write_text(runtime_lock((self._tree / "requirements.lock").read_text(encoding="utf-8"), wheel))
        _run([sys.executable, "-m", "venv", str(self._folder / "venv")], os.environ.copy(), self._folder)
        for arguments in (("--require-hashes", "-r", str(lock)), ("--no-deps", str(wheel))):
            install = [str(self._bin / "python"), "-m", "pip", "install", "--quiet", *arguments]
            _run(install, os.environ.copy(), self._folder)  # where packages come from is this machine's setting
        self._call("python", "-m", "pip", "check")

    def _main_job(self, environment: dict[str, str]) -> None:
        pictures = self._folder / "seeds"
        pictures.mkdir()
        for number in (1, 2):
            Image.new("RGB", (64, 48), (number, 100, 200)).save(pictures / f"{number}.tiff")
        (pictures / "index.yaml").write_text("seed: Lolium temulentum\n", encoding="utf-8")
        self._call("datastore-db", "register", USER, **environment)
        self._call("datastore-db", "upload", str(pictures), **environment)
        sets = json.loads(self._call("datastore-db", "ls", "--json", **environment))
        ids = [picture["picture_id"] for folder in sets for picture in folder["pictures"]]
        documents = [json.loads(self._call("datastore-db", "show", "--json", name, **environment)) for name in ids]
        if [document["seed"] for document in documents] != ["Lolium temulentum"] * 2:
            raise TrialFailedError(f"two pictures were uploaded, and these are there: {documents}")
        for number, name in enumerate(ids):
            to = self._folder / f"back-{number}"
            self._call("datastore-db", "download", name, str(to), **environment)
        sent, back = (
            sorted(path.read_bytes() for path in self._folder.glob(pattern))
            for pattern in ("seeds/*.tiff", "back-*/**/*.tiff")
        )
        if sent != back:
            raise TrialFailedError("the pictures that came back are not those that were sent")

    def _database(self, name: str) -> str:
        with psycopg.connect(self._stack.database_url, autocommit=True) as server:
            server.execute(f"create database trial_{name}".encode())
        return make_conninfo(self._stack.database_url, dbname=f"trial_{name}")

    def _schema(self, url: str) -> list[str]:
        dump = str(self._stack.postgres_bin / "pg_dump")
        text = self._call(dump, "--schema-only", "--exclude-table=public.*", url)
        return [line for line in text.splitlines() if line and not line.startswith(("--", "\\"))]

    def _call(self, program: str, *arguments: str, **environment: str) -> str:
        """A program of the environment, in an empty home and a folder without a checkout."""
        settings = {"PATH": os.pathsep.join([str(self._bin), os.defpath]), "HOME": str(self._home), "LANG": "C.UTF-8"}
        found = shutil.which(program, path=settings["PATH"]) or program
        return _run([found, *arguments], settings | environment, self._folder)


def _run(command: list[str], environment: dict[str, str], folder: Path) -> str:
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        name = " ".join([Path(command[0]).name, *command[1:3]])
        raise TrialFailedError(f"{name} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def runtime_lock(lock: str, wheel: Path) -> str:
    """The requirements of the wheel without extras, as in the lock: versions and hashes."""
    locked = {
        canonicalize_name(block.partition("==")[0]): block
        for block in re.split(r"^(?=[a-zA-Z0-9])", lock, flags=re.MULTILINE)
        if "==" in block
    }
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        about = Parser().parsestr(archive.read(name).decode())
    needed: set[NormalizedName] = set()
    waiting = [(str(text), "") for text in about.get_all("Requires-Dist", [])]
    seen = set(waiting)
    while waiting:
        text, extra = waiting.pop()
        requirement = Requirement(text)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": extra}):
            continue
        package = canonicalize_name(requirement.name)
        if package not in locked:
            raise TrialFailedError(f"requirements.lock has no {package}: make lock")
        needed.add(package)
        follows = {(line, of) for line in metadata.requires(package) or () for of in ("", *requirement.extras)} - seen
        seen |= follows
        waiting += follows
    return "".join(locked[package] for package in sorted(needed))
