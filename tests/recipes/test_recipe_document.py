"""The recipe "a kind of document" of CONTRIBUTING.md, on a copy of this repository, with a document of another domain:
the labels of fertilisers as a food inspector records them (tests/recipes/fertiliser).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.recipes import fertiliser
from tests.support.recipe import Edit, changed_files, follow, stated
from tests.support.tree import commit, git, repository

# The files that are new, each with its place
NEW = {
    "fertiliser_label.v1.json": "sql/documents/fertiliser_label.v1.json",
    "tables.sql": "sql/fertilisers/tables.sql",
    "rules.sql": "sql/fertilisers/rules.sql",
    "functions.sql": "sql/fertilisers/functions.sql",
    "model.py": "datastore_db/models/fertiliser_label.py",
    "kind.py": "tests/documents/kinds/fertiliser_label.py",
    "growth.py": "tests/growth/fertilisers.py",
    "cases.py": "tests/documents/test_fertiliser_labels.py",
}
PRIVILEGES = """
  -- Labels of fertilisers
  ('app worker reader', 'execute', 'rebuild_fertiliser_label', 'reads labels, as far as policies show them'),
  ('app worker reader', 'select', 'fertiliser_label fertiliser_label_picture fertiliser_nutrient',
    'the rows behind them'),
  ('app', 'execute', 'import_fertiliser_label', 'labels are written for the acting user'),
  ('app', 'insert', 'fertiliser_label(container_id, document)', 'import_fertiliser_label'),
  ('app', 'insert', 'fertiliser_label_picture(label_id, container_id, place, picture_id)', 'import_fertiliser_label'),
  ('app', 'insert', 'fertiliser_nutrient(label_id, container_id, place, document)', 'import_fertiliser_label'),
"""
# What is added to files that are there already
LISTS = [
    Edit("sql/base.sql", "\n\\ir fertilisers/tables.sql", after="\\ir evaluation/tables.sql"),
    Edit("sql/repeatable.sql", "\n\\ir fertilisers/rules.sql", after="\\ir pipelines/rules.sql"),
    Edit("sql/repeatable.sql", "\n\\ir fertilisers/functions.sql", after="\\ir evaluation/views.sql"),
    Edit(
        "sql/access/privileges.sql",
        PRIVILEGES,
        after="'documents are taken apart and put together again'),\n",
    ),
    Edit(
        "datastore_db/models/__init__.py",
        "\nfrom datastore_db.models.fertiliser_label import FertiliserLabel",
        after="from datastore_db.models.feedback import Feedback, FeedbackBox",
    ),
    Edit("datastore_db/models/__init__.py", '\n    "FertiliserLabel",', after='"FeedbackBox",'),
    Edit(
        "docs/sql/end.md",
        "| `sql/fertilisers/tables.sql`, `sql/fertilisers/rules.sql`, `sql/fertilisers/functions.sql` "
        "| labels of fertilisers |\n",
        after="They may change with any release.\n\n| file | what is in it |\n| --- | --- |\n",
    ),
    Edit("CHANGELOG.md", "\n- Labels of fertilisers are imported and rebuilt.", after="## Unreleased\n"),
]
# What must hold for each kind of document, as the tests of the copy say it
TESTS = {
    "tests/documents/test_fertiliser_labels.py": 10,
    "tests/documents/test_schemas.py": 2,
    "tests/documents/test_two_judges.py": 1,
    "tests/growth/test_growth.py": 1,
    "tests/access/test_declared_privileges.py": 2,
    "tests/pictures": 1,
    "tests/documentation/test_names.py": 1,
}
NAMES = (
    "fertiliser",
    "test_every_jsonb_column_is_checked_by_a_compiled_function",
    "a_label_of_nutrients",
    "test_granted_and_declared_privileges_are_the_same",
    "test_each_privilege_is_declared_once_with_a_reason",
    "test_every_object_has_a_comment",
    "test_every_file_with_functions_is_named",
)


def test_a_kind_of_document(tmp_path: Path, server_url: str) -> None:
    tree = repository(tmp_path / "tree")
    carried = Path(fertiliser.__file__).parent
    follow(tree, [Edit(place, (carried / name).read_text(encoding="utf-8")) for name, place in NEW.items()])
    follow(tree, LISTS)
    touched = changed_files(tree)
    assert len(touched) <= stated("A kind of document")[0] == 6, touched
    commit(tree, "Add the labels of fertilisers")

    def python(*arguments: str, **settings: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=tree, env=os.environ | {"PYTHONPATH": str(tree)} | settings,
            capture_output=True, text=True, timeout=500, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    # make documents
    python("tools/documents_to_sql.py")
    python("-m", "tools.sql_reference")
    assert set(git(tree, "diff", "--name-only").split()) == {
        "docs/sql-reference.md",
        "sql/documents/install.sql",
        "sql/documents/rules.sql",
        "sql/documents/versions.sql",
    }
    python("-m", "ruff", "check", "--quiet", "datastore_db", "tests")
    ran = python(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS, "-k", " or ".join(NAMES),
        DATASTORE_DB_URL=server_url, DATASTORE_TEST_EXAMPLES="100",
    )  # fmt: skip
    assert f"{sum(TESTS.values())} passed" in ran, ran
