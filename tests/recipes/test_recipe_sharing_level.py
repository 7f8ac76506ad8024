"""The recipe "a sharing level" of CONTRIBUTING.md, on a copy of this repository: annotators judge, and upload nothing.

Three places by hand; the list of commands follows by `make documents`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.access.sessions import rows
from tests.support.inferences import Document, boxes_of
from tests.support.people import World, people
from tests.support.tree import ROOT, git, repository

# (file, the text that is there, the text that takes its place)
RECIPE = [
    ("sql/access/levels.sql", "array['reader', 'contributor'", "array['reader', 'annotator', 'contributor'"),
    ("sql/access/levels.sql", "when 'judge' then 'contributor'", "when 'judge' then 'annotator'"),
    (
        "datastore_db/store/access_levels.py",
        '    CONTRIBUTOR = "',
        '    ANNOTATOR = "annotator", "judges what models say"\n    CONTRIBUTOR = "',
    ),
]
NUMBERS = {"One": 1, "Two": 2, "Three": 3, "Four": 4}
# What holds for levels in both languages, as the tests of the copy say it.
RULES = "python_names or commands_offer or each_level"
RUN = "import sys; sys.argv[0] = 'datastore-db'; from datastore_db.cli.main import main; main()"

Python = Callable[..., str]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A repository in which the recipe was followed."""
    tree = repository(tmp_path / "tree")
    for name, before, after in RECIPE:
        file = tree / name
        text = file.read_text(encoding="utf-8")
        assert text.count(before) == 1
        file.write_text(text.replace(before, after), encoding="utf-8")
    return tree


@pytest.fixture
def python(tree: Path) -> Python:
    """Runs the copy's Python; answers what it prints."""

    def run(*arguments: str, database: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=tree, env=os.environ | {"PYTHONPATH": str(tree), "DATASTORE_DB_URL": database},
            capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_a_sharing_level_takes_the_places_of_the_recipe(tree: Path, python: Python, server_url: str) -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (number,) = re.findall(r"^### A sharing level\n\n(\w+) places", text, re.MULTILINE)
    places = re.findall(r"^@@", git(tree, "diff", "--unified=0"), re.MULTILINE)
    assert len(places) == len(RECIPE) == NUMBERS[number] <= 3

    python("-m", "ruff", "check", "--quiet", "datastore_db", database=server_url)
    python("-m", "ruff", "format", "--check", "--quiet", "datastore_db", database=server_url)
    levels = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/access/test_levels.py", "-k", RULES)
    assert "4 passed" in python(*levels, database=server_url)
    assert "[reader|annotator|contributor|owner]" in python("-c", RUN, "group", "add", "--help", database=server_url)
    output = python("-c", RUN, "share", "--help", database=server_url)
    assert "annotator: judges what models say" in " ".join(output.split())


@pytest.mark.parametrize("kind", ["empty_database", "database_url"])
def test_the_added_level_works(kind: str, request: pytest.FixtureRequest, python: Python) -> None:
    """In a new database, and in one that an earlier release made."""
    url: str = request.getfixturevalue(kind)
    python("-c", RUN, "migrate", database=url)
    with psycopg.connect(url, autocommit=True) as database:
        levels = rows(database, "select unnest(enum_range(null::datastore.sharing_level))::text")
        assert [level for (level,) in levels] == ["reader", "annotator", "contributor", "owner"]
        world = people(database)
        ana, bob = world.users["owner"], world.users["stranger"]
        world.call("set_member", world.group_id, bob["email"], "annotator")
        members = world.call("rebuild_groups", acting=bob["user_id"])[0]["members"]
        assert {one["role"] for one in members if one["email"] == bob["email"]} == {"annotator"}
        assert level_of(world, "stranger") == "annotator"
        works_as_annotator(database, world, "stranger")

        # What the share says is the most: a contributor of the group is an annotator here.
        assert level_of(world, "contributor") == "contributor"
        world.call("share_container", world.group_id, "annotator", acting=ana["user_id"])
        assert [level_of(world, kind) for kind in ("reader", "contributor")] == ["reader", "annotator"]
        works_as_annotator(database, world, "contributor")
        inference_id = guessed(world)["inference_id"]
        feedback = {"inferenceId": inference_id, "boxes": []}
        assert refusal(world, "reader", "record_feedback", feedback) == "DS403"


def level_of(world: World, kind: str) -> str:
    """The permission that a user has in Ana's container, as the list of containers says it."""
    containers = world.call("rebuild_containers", acting=world.users[kind]["user_id"])
    (anas,) = [one for one in containers if one["container_id"] == world.anas["container_id"]]
    return str(anas["permission"])


def guessed(world: World) -> Document:
    """An inference about a picture of Ana's, without a verdict."""
    document = boxes_of([[("Brassica napus", 0.5), ("Solanum nigrum", 0.4)]])
    answer: Document = world.call(
        "import_inference", world.anas["picture_id"], document, acting=world.users["owner"]["user_id"]
    )
    return answer


def refusal(world: World, kind: str, function: str, *arguments: object) -> str:
    with pytest.raises(psycopg.Error) as error:
        world.call(function, *arguments, acting=world.users[kind]["user_id"])
    return str(error.value.sqlstate)


def works_as_annotator(database: psycopg.Connection, world: World, kind: str) -> None:
    """The user judges Ana's inferences, in full, and changes nothing else."""
    user_id, anas = world.users[kind]["user_id"], world.anas
    inference = guessed(world)
    feedback = [
        {"boxId": inference["boxes"][0]["box_id"], "label": "Solanum nigrum"},
        {"boxId": "", "label": "Brassica juncea", "box": {"topX": 1, "topY": 1, "bottomX": 2, "bottomY": 2}},
    ]
    document = {"inferenceId": inference["inference_id"], "boxes": feedback}
    judged = world.call("record_feedback", document, acting=user_id)
    assert judged["verified"] is True
    assert world.call("reopen_inference", inference["inference_id"], acting=user_id)["verified"] is False

    picture = {"metadata": {"relative_path": "of an annotator"}}
    assert refusal(world, kind, "announce_pictures", anas["picture_set_id"], [picture]) == "DS403"
    assert refusal(world, kind, "update_picture", anas["picture_id"], {}) == "DS403"
    assert (
        refusal(world, kind, "import_inference", anas["picture_id"], boxes_of([[("Brassica napus", 0.5)]])) == "DS403"
    )
    assert refusal(world, kind, "hand_out_link", anas["picture_set_id"], "create", 15) in ("DS403", "DS404")
    for statement in (
        "update datastore.picture set document = document where container_id = %s returning 1",
        "update datastore.picture_set set name = name where container_id = %s returning 1",
        "select from datastore.history where container_id = %s",
    ):
        with database.transaction(force_rollback=True):
            database.execute("select datastore.act_as(%s)", [user_id])
            assert rows(database, statement, anas["container_id"]) == []
