"""The recipe "a command over a new function" of CONTRIBUTING.md, on a copy of this repository.

Four places by hand; the blocking store, the SQL reference and the list of commands follow by `make documents`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.tree import commit, git, repository


@dataclass(frozen=True)
class Edit:
    """One place: a text that is added to a file, after another one, or at its end."""

    file: str
    text: str
    after: str | None = None


RECIPE = [
    Edit(
        "sql/seeds/review.sql",
        """
create or replace function datastore.labels_of_seed(seed_id uuid) returns jsonb
language sql stable
return (
  select coalesce(jsonb_agg(label.label order by label.label), '[]')
  from datastore.label
  where label.seed_id = labels_of_seed.seed_id
);
comment on function datastore.labels_of_seed(uuid) is
'The labels that stand for a species, as they were written.

seed_id: the species, as find_seed_named answers it
Answer: an array of texts
Errors: none';
""",
    ),
    Edit("sql/access/privileges.sql", " labels_of_seed", after="find_seed_named rebuild_seeds unreviewed_seeds"),
    Edit(
        "datastore_db/store/seeds.py",
        '''
    async def labels_of_seed(self, seed_id: Id, *, user_id: Id | None = None) -> list[str]:
        """The labels that stand for a species, as they were written."""
        return cast(list[str], await self._call("labels_of_seed", user_id, seed_id=to_uuid(seed_id)))
''',
    ),
    Edit(
        "datastore_db/cli/seeds.py",
        '''

@seeds_group.command("labels")
@seed_argument
@acting_option
@json_option
@prints_errors
def labels_command(seed: str, email: str | None, as_json: bool) -> None:
    """List the labels that stand for a species.

    \\b
    Example:
      datastore-db seeds labels "Setaria faberi"
    """
    with acting_store(email) as store:
        labels = store.labels_of_seed(str(store.find_seed_named(seed)["seed_id"]))
    if as_json:
        print_json(cast("JsonObject", {"labels": labels}))
    else:
        click.echo("\\n".join(labels))
''',
    ),
]

# What must hold for a function and for a command, as the tests of the copy say it.
RULES = (
    "test_granted_and_declared_privileges_are_the_same",
    "test_each_privilege_is_declared_once_with_a_reason",
    "test_every_object_has_a_comment",
    "test_the_list_of_blocking_methods_is_up_to_date",
    "test_blocking_methods_are_the_async_ones",
    "test_functions_that_python_calls_are_documented",
    "test_documented_functions_exist_with_their_signatures",
    "test_commands_exist_with_their_options",
    "test_the_page_is_up_to_date",
    "test_the_list_of_commands_is_up_to_date",
)
FILES = (
    "tests/access/test_declared_privileges.py",
    "tests/pictures/test_rules_of_rows.py",
    "tests/store/test_python_interface.py",
    "tests/documentation",
)
REFERENCE = """
import os, psycopg
from tools.sql_reference import PAGE, reference
with psycopg.connect(os.environ["DATASTORE_DB_URL"]) as connection:
    PAGE.write_text(reference(connection), encoding="utf-8")
"""
RUN = "import sys; sys.argv[0] = 'datastore-db'; from datastore_db.cli.main import main; main()"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A repository in which the recipe was followed."""
    tree = repository(tmp_path / "tree")
    for edit in RECIPE:
        file = tree / edit.file
        text = file.read_text(encoding="utf-8")
        if edit.after is None:
            text += edit.text
        else:
            assert text.count(edit.after) == 1
            text = text.replace(edit.after, edit.after + edit.text)
        file.write_text(text, encoding="utf-8")
    return tree


def test_a_command_over_a_new_function_takes_four_places(
    tree: Path, empty_database: str, storage_connection_string: str, server_url: str
) -> None:
    assert len(git(tree, "status", "--porcelain").splitlines()) == len(RECIPE) <= 4
    commit(tree, "Add the command")
    environment = os.environ | {
        "PYTHONPATH": str(tree),
        "DATASTORE_DB_URL": empty_database,
        "DATASTORE_STORAGE_CONNECTION_STRING": storage_connection_string,
    }

    def python(*arguments: str, **settings: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=tree, env=environment | settings, capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    # make documents
    python("-m", "tools.blocking_methods")
    python("-m", "tools.commands_reference")
    python("-c", RUN, "migrate")
    python("-c", REFERENCE)
    assert set(git(tree, "diff", "--name-only").split()) == {
        "datastore_db/blocking.py",
        "docs/commands.md",
        "docs/sql-reference.md",
    }

    # The command works: a label that a picture brings is listed.
    call = (
        "select datastore.announce_pictures((datastore.register_user('ana@example.org') ->> 'picture_set_id')::uuid, "
    )
    python(
        "-c",
        "import os, psycopg\n"
        "with psycopg.connect(os.environ['DATASTORE_DB_URL']) as connection:\n"
        f"""    connection.execute({call + "'[" + '{"seed": "Setaria  faberi"}' + "]'::jsonb)"!r})""",
    )
    labels = json.loads(python("-c", RUN, "seeds", "labels", "Setaria faberi", "--json"))
    assert labels == {"labels": ["Setaria  faberi"]}

    # And what `make check` and `make test` ask of functions and commands holds.
    python("-m", "ruff", "check", "--quiet", "datastore_db")
    python("-m", "ruff", "format", "--check", "--quiet", "datastore_db")
    ran = python(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", *FILES, "-k", " or ".join(RULES), DATASTORE_DB_URL=server_url
    )
    assert f"{len(RULES)} passed" in ran
