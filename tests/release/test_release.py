"""`make release`, on copies of the repository: what it changes, what it refuses, and that a dry run changes nothing.

With DATASTORE_TEST_RELEASE=whole the wheel is installed and tried as well (`.ci/run` does so).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from datastore_db.database.migrations import yoyo_uri
from tests.database.test_migrations import schema_of
from tests.support.tree import ROOT, commit, git, repository
from tools import released as freezing
from tools.release import NoReleaseError, check_version, release
from tools.trial import try_wheel


def look_at_the_wheel(tree: Path, wheel: Path) -> None:
    """Check that the wheel has the files that a trial uses."""
    names = zipfile.ZipFile(wheel).namelist()
    shipped = [path for folder in ("sql", "migrations") for path in (tree / folder).rglob("*.[sp]*") if path.is_file()]
    assert shipped
    missing = [path for path in shipped if f"datastore_db/{path.relative_to(tree).as_posix()}" not in names]
    assert [path for path in missing if "__pycache__" not in path.parts] == []
    about = zipfile.ZipFile(wheel).read(next(name for name in names if name.endswith("METADATA"))).decode()
    assert "Version: 1.2.0\n" in about


trial = try_wheel if os.environ.get("DATASTORE_TEST_RELEASE") == "whole" else look_at_the_wheel


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """This repository as it is before its first release."""
    return repository(tmp_path / "tree")


@pytest.fixture(scope="module")
def first_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with its first release."""
    tree = repository(tmp_path_factory.mktemp("released") / "tree")
    release(tree, "1.2.0", commit=True, trial=look_at_the_wheel)
    return tree


@pytest.fixture
def released(first_release: Path, tmp_path: Path) -> Path:
    """A copy of it, with something new."""
    tree = Path(shutil.copytree(first_release, tmp_path / "released"))
    changelog = tree / "CHANGELOG.md"
    text = changelog.read_text(encoding="utf-8").replace("## Unreleased\n", "## Unreleased\n\n- More.\n")
    changelog.write_text(text, encoding="utf-8")
    commit(tree, "Add more")
    return tree


def test_a_dry_run_does_everything_and_changes_nothing(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def files() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in tree.rglob("*") if path.is_file() and ".git" not in path.parts}

    before = files(), git(tree, "rev-parse", "HEAD")
    release(tree, "1.2.0", dry_run=True, trial=trial)
    assert (files(), git(tree, "rev-parse", "HEAD")) == before
    assert git(tree, "status", "--porcelain", "--ignored") == ""
    assert git(tree, "tag") == ""
    out = capsys.readouterr().out
    assert "frozen from now on: migrations/0001.pre.base.sql" in out
    assert "built datastore_db-1.2.0-py3-none-any.whl, datastore_db-1.2.0.tar.gz" in out


def test_the_first_release_freezes_the_base_and_dates_the_changes(first_release: Path) -> None:
    assert git(first_release, "tag").split() == ["v1.2.0"]
    assert git(first_release, "status", "--porcelain") == ""
    assert 'version = "1.2.0"' in (first_release / "pyproject.toml").read_text(encoding="utf-8")
    text = (first_release / "CHANGELOG.md").read_text(encoding="utf-8")
    assert text.index("## Unreleased\n\n## 1.2.0 (20") < text.index("The first release.")
    assert not (first_release / "migrations" / "0001.pre.base.py").exists()
    assert {"migrations/0001.pre.base.sql", "sql/documents/picture.v1.json"} <= freezing.released(first_release).keys()
    assert len(list((first_release / "dist").iterdir())) == 2


def test_the_frozen_base_gives_the_same_schema(
    first_release: Path, empty_database: str, database_url: str, postgres_bin: Path, psql: str
) -> None:
    yoyo = [str(Path(sys.executable).with_name("yoyo")), "apply", "--database", yoyo_uri(empty_database)]
    subprocess.run(yoyo, cwd=first_release, check=True, timeout=60)
    pg_dump = str(postgres_bin / "pg_dump")
    assert schema_of(pg_dump, empty_database) == schema_of(pg_dump, database_url)
    subprocess.run([yoyo[0], "rollback", *yoyo[2:]], cwd=first_release, check=True, timeout=60)
    # What psql installed is refused as before.
    install = [psql, "-qX", "-f", str(first_release / "sql" / "install.sql"), empty_database]
    subprocess.run(install, check=True, timeout=60)
    refused = subprocess.run(yoyo, cwd=first_release, capture_output=True, text=True, check=False, timeout=60)
    assert "has a schema named datastore already" in refused.stderr


def test_a_second_release_freezes_further_files(released: Path) -> None:
    before = freezing.released(released)
    migration = released / "migrations" / "0002.pre.more.sql"
    migration.write_text("comment on schema datastore is 'More.';\n", encoding="utf-8")
    commit(released, "Add a migration")
    release(released, "1.3.0", trial=lambda tree, wheel: None)
    after = freezing.released(released)
    assert after.keys() - before.keys() == {"migrations/0002.pre.more.sql"}
    assert before.items() <= after.items()
    assert git(released, "diff", "--cached", "--name-only").split() == [
        "CHANGELOG.md",
        "pyproject.toml",
        "released.sha256",
    ]
    subprocess.run(["sha256sum", "--check", "--quiet", "released.sha256"], cwd=released, check=True)


@pytest.mark.parametrize("name", ["migrations/0001.pre.base.sql", "sql/documents/picture.v1.json"])
def test_a_frozen_file_that_was_changed_is_named(released: Path, name: str) -> None:
    with (released / name).open("a", encoding="utf-8") as file:
        file.write("\n")
    commit(released, "Change what was released")
    with pytest.raises(NoReleaseError, match=f"{name} was changed. Put the change into a new file"):
        release(released, "1.3.0", dry_run=True, trial=trial)
    (released / name).unlink()
    commit(released, "Delete what was released")
    with pytest.raises(NoReleaseError, match=f"{name} is missing"):
        release(released, "1.3.0", dry_run=True, trial=trial)


def test_frozen_files_are_unchanged() -> None:
    assert freezing.changes(ROOT) == []


def test_a_release_is_made_of_main_without_changes(tree: Path) -> None:
    (tree / "README.md").write_text("changed", encoding="utf-8")
    with pytest.raises(NoReleaseError, match=r"changes that are not committed: README\.md"):
        release(tree, "1.2.0", trial=trial)
    git(tree, "checkout", "--quiet", "--", "README.md")
    git(tree, "checkout", "--quiet", "-b", "elsewhere")
    with pytest.raises(NoReleaseError, match="the branch is elsewhere"):
        release(tree, "1.2.0", trial=trial)


def test_without_a_line_in_the_change_log_there_is_no_release(first_release: Path) -> None:
    with pytest.raises(NoReleaseError, match="nothing under the heading Unreleased"):
        release(first_release, "1.3.0", trial=trial)


def test_a_version_is_newer_than_those_before() -> None:
    log = "## Unreleased\n\n## 1.9.0 (2026-01-01)\n\n## 1.10.0 (2026-02-01)\n"
    check_version("1.10.1", log)
    check_version("0.1.0", "## Unreleased\n")
    for version in ("1.10.0", "1.9.1"):
        with pytest.raises(NoReleaseError, match=r"not newer than 1\.10\.0"):
            check_version(version, log)
    for version in ("1.2", "v1.2.0", "1.02.0", "2.0.0rc1"):
        with pytest.raises(NoReleaseError, match="three numbers are expected"):
            check_version(version, log)
