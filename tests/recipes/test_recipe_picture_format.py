"""The recipe "a picture format" of CONTRIBUTING.md, on a copy of this repository: portable maps of grey and of colours.

Three files by hand; documents, media types, endings of names, and messages follow.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from datastore_db.inspection.formats import FORMATS
from tests.support.recipe import Edit, changed_files, follow, stated
from tests.support.tree import commit, git, repository

MODULE = '''"""Raw portable maps: grey (P5) and colours (P6)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .findings import Findings, damaged, truncated

if TYPE_CHECKING:
    from .source import Source

_LONGEST_HEADER = 4096
_HEADER = re.compile(rb"P([56])" + 3 * rb"(?:[ \\t\\r\\n]|#[^\\n]*\\n)+(\\d{1,9})" + rb"[ \\t\\r\\n]")


def read_pnm(source: Source, findings: Findings) -> None:
    """Inspect a portable map."""
    header = _HEADER.match(source.read(0, _LONGEST_HEADER))
    if header is None:
        raise damaged("the header of the map does not say width, height and brightest value")
    kind, width, height, brightest = map(int, header.groups())
    if not 0 < brightest < 65536:
        raise damaged(f"the map's brightest value is {brightest}; it is 1 to 65535")
    findings.set_size(width, height)
    findings.channels, findings.bit_depth = 3 if kind == 6 else 1, brightest.bit_length()
    end = header.end() + width * height * findings.channels * (2 if brightest > 255 else 1)
    if end > source.size:
        raise truncated("the pixels", end, source.size)
    findings.tags["pnm"] = {"kind": f"P{kind}", "brightest": brightest}
'''
DECLARATION = """\
    Format("PNM", "image/x-portable-anymap", ("pnm", "ppm", "pgm"), _begins(b"P5\\n", b"P6\\n"), read_pnm),
"""
MODULE_FILE, FORMATS_FILE = "datastore_db/inspection/pnm.py", "datastore_db/inspection/formats.py"
SQL_FILE = "sql/pictures/batches.sql"
RECIPE = [
    Edit(MODULE_FILE, MODULE),
    Edit(FORMATS_FILE, "\nfrom .pnm import read_pnm", after="from .png import read_png, strip_png"),
    Edit(
        FORMATS_FILE,
        DECLARATION,
        after='    Format("NPY", "application/x-npy", ("npy",), _npy, read_npy),\n',
    ),
    Edit(SQL_FILE, " when 'PNM' then '.pnm'", after="when 'NPY' then '.npy'"),
]

COLOURS = b"P6\n# by a scanner\n4 3\n255\n" + bytes(range(4 * 3 * 3))
GREY = b"P5\n3 2\n65535\n" + bytes(range(3 * 2 * 2))
# What inspection finds and refuses.
CHECK = f"""
import io
from datastore_db.errors import BrokenPicture
from datastore_db.inspection import inspect

def data(content, name):
    found = inspect(io.BytesIO(content), name)
    assert (found.format, found.media_type, found.extension) == ("PNM", "image/x-portable-anymap", "pnm")
    return {{key: value for key, value in found.image_data.items() if key != "tags"}}

def refusal(content, name="1.ppm"):
    try:
        inspect(io.BytesIO(content), name)
    except BrokenPicture as error:
        return str(error)

colours, grey = {COLOURS!r}, {GREY!r}
assert data(colours, "1.ppm") == {{"format": "PNM", "width": 4, "height": 3, "bit_depth": 8, "channels": 3}}
assert data(grey, "1") == {{"format": "PNM", "width": 3, "height": 2, "bit_depth": 16, "channels": 1}}
assert "truncated" in refusal(colours[:-1]) and "truncated" in refusal(grey[:-1])
assert "does not say width" in refusal(b"P6\\n4\\n") and "65535" in refusal(b"P6\\n1 1\\n65536\\n123456")
assert "at most" in refusal(b"P6\\n900000 900000\\n255\\n")
assert "rename it to .pnm" in refusal(colours, "1.png") and "name says PNM" in refusal(b"text", "1.pgm")
"""
RUN = "import sys; sys.argv[0] = 'datastore-db'; from datastore_db.cli.main import main; main()"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A repository in which the recipe was followed."""
    tree = repository(tmp_path / "tree")
    follow(tree, RECIPE)
    return tree


def test_a_picture_format(
    tree: Path, tmp_path: Path, empty_database: str, storage_connection_string: str, server_url: str
) -> None:
    assert set(changed_files(tree)) == {FORMATS_FILE, SQL_FILE}
    assert len(git(tree, "status", "--porcelain").splitlines()) <= stated("A picture format")[0] == 3
    commit(tree, "Read portable maps")
    environment = os.environ | {
        "PYTHONPATH": str(tree),
        "DATASTORE_DB_URL": empty_database,
        "DATASTORE_STORAGE_CONNECTION_STRING": storage_connection_string,
    }

    def python(*arguments: str, status: int = 0, **settings: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=tree, env=environment | settings, capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    python("-c", CHECK)

    # A folder goes in; the broken file in it is named, the others come back byte for byte.
    given, back = tmp_path / "barley", tmp_path / "back"
    given.mkdir()
    for name, content in (("1.ppm", COLOURS), ("2.pgm", GREY), ("3.ppm", COLOURS[:-1])):
        (given / name).write_bytes(content)
    user = ("--user", "ana@example.org", "--json")
    python("-c", RUN, "migrate")
    python("-c", RUN, "register", "ana@example.org")
    uploaded = json.loads(python("-c", RUN, "upload", str(given), *user, status=1))
    assert {one["path"]: one["state"] for one in uploaded["pictures"]} == {
        "1.ppm": "uploaded",
        "2.pgm": "uploaded",
        "3.ppm": "refused",
    }
    with psycopg.connect(empty_database) as database:
        stored = database.execute(
            "select relative_path, format, picture_set_id::text, "
            "substring(blob_name from '[.].*') from datastore.picture order by 1"
        ).fetchall()
    assert [(path, form, ending) for path, form, _, ending in stored] == [
        ("1.ppm", "PNM", ".pnm"),
        ("2.pgm", "PNM", ".pnm"),
    ]
    python("-c", RUN, "download", stored[0][2], str(back), *user)
    came_back = {hashlib.sha256(file.read_bytes()).hexdigest() for file in back.rglob("*.p?m")}
    assert came_back == {hashlib.sha256(content).hexdigest() for content in (COLOURS, GREY)}

    # And what `make check` and `make test` ask of formats holds.
    python("-m", "ruff", "check", "--quiet", "datastore_db")
    python("-m", "ruff", "format", "--check", "--quiet", "datastore_db")
    ran = python(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/inspection/test_formats.py", DATASTORE_DB_URL=server_url
    )
    assert f"{len(FORMATS) + 3} passed" in ran
