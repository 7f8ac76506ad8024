"""The recipe "a field" of CONTRIBUTING.md before a release, on a copy of this repository.

After a release it is followed in tests/documents/test_versions.py, over rows that already hold the key.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.recipes.field import BEFORE_A_RELEASE
from tests.support.recipe import follow, places, stated
from tests.support.tree import commit, git, repository

# Everything else that knows the fields of a picture knows the new one.
CHECK = """
import os, psycopg
from psycopg.types.json import Jsonb
from datastore_db import InvalidDocument
from datastore_db.database.migrations import migrate
from datastore_db.folder.spelling import known_keys
from datastore_db.models import Picture

url = os.environ["DATASTORE_DB_URL"]
migrate(url)
camel, zero = ({"user_data": {"lensWidth": 1}}, {"user_data": {"lens_width": 0}})
assert Picture.read(camel).as_json() == {"user_data": {"lens_width": 1}}
assert "lens_width" in known_keys(1)["user_data"]
try:
    Picture.read(zero)
except InvalidDocument as error:
    by_python = [(one["instance_path"], one["keyword"]) for one in error.errors]
with psycopg.connect(url) as database:
    def by_sql(document):
        return database.execute(
            "select instance_path, keyword from datastore.document_errors('picture', %s)", [Jsonb(document)]
        ).fetchall()
    assert by_sql(camel) == [("/user_data/lensWidth", "spelling")]
    assert by_sql(zero) == by_python == [("/user_data/lens_width", "exclusiveMinimum")]
"""


def test_a_field_before_a_release(tmp_path: Path, empty_database: str, server_url: str) -> None:
    tree = repository(tmp_path / "tree")
    follow(tree, BEFORE_A_RELEASE)
    by_hand = places(tree)
    assert len(by_hand) <= stated("A field")[0] == 3, by_hand
    commit(tree, "Add the field")

    def python(*arguments: str, **settings: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=tree, env=os.environ | {"PYTHONPATH": str(tree)} | settings,
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    # make documents
    python("tools/documents_to_sql.py")
    assert set(git(tree, "diff", "--name-only").split()) == {
        "sql/documents/picture.v1.sql",
        "sql/documents/versions.sql",
    }
    python("-c", CHECK, DATASTORE_DB_URL=empty_database)
    python(
        "-m", "pytest", "-q", "-p", "no:cacheprovider",
        "tests/documents/test_schemas.py", "tests/documents/test_two_judges.py", "tests/folder/test_folder_spelling.py",
        "-k", "picture or spelling",
        DATASTORE_DB_URL=server_url, DATASTORE_TEST_EXAMPLES="70",
    )  # fmt: skip
