"""Hand-written migrations are read by squawk before they land, as `make check` does."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SQUAWK = str(Path(sys.executable).with_name("squawk"))


def findings(folder: Path, text: str) -> str:
    shutil.copy(ROOT / ".squawk.toml", folder)
    (folder / "0002.pre.note.sql").write_text(text, encoding="utf-8")
    command = [SQUAWK, "--reporter", "gcc", "0002.pre.note.sql"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == int(done.stdout != ""), done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("create index note on datastore.picture (note);", "require-concurrent-index-creation"),
        ("alter table datastore.picture alter column note set not null;", "adding-not-nullable-field"),
        ("alter table datastore.picture alter column note type text using '';", "changing-column-type"),
        ("alter table datastore.picture drop column note;", "ban-drop-column"),
    ],
)
def test_a_statement_that_blocks_or_breaks_is_found(tmp_path: Path, text: str, rule: str) -> None:
    assert rule in findings(tmp_path, text)


def test_a_column_that_blocks_nothing_passes(tmp_path: Path) -> None:
    assert findings(tmp_path, "alter table datastore.picture add column note text;\n") == ""
