"""A recipe of CONTRIBUTING.md, followed on a copy of the tree: its edits, and how many places they are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tests.support.tree import ROOT, git

_NUMBERS = {name: number for number, name in enumerate(["one", "two", "three", "four", "five", "six"], 1)}


@dataclass(frozen=True)
class Edit:
    """One edit: a text that is added to a file, after another one, in its place, or at its end; or a new file."""

    file: str
    text: str
    after: str | None = None
    instead_of: str | None = None


def follow(tree: Path, edits: list[Edit]) -> None:
    """Make the edits."""
    for edit in edits:
        file = tree / edit.file
        old = edit.after or edit.instead_of
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        if old is None:
            text += edit.text
        else:
            assert text.count(old) == 1, (edit.file, old, text.count(old))
            text = text.replace(old, (old if edit.after else "") + edit.text)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def places(tree: Path) -> list[str]:
    """The changes by hand since the last commit: each new file, and each hunk of a changed one, as git shows it."""
    git(tree, "add", "--all", "--intent-to-add")
    found: list[str] = []
    for line in git(tree, "diff", "HEAD").splitlines():
        if line.startswith("+++ "):
            file = line.removeprefix("+++ b/")
        elif line.startswith("@@"):
            found.append(file)
    return found


def changed_files(tree: Path) -> list[str]:
    """The files that were there at the last commit, and differ now."""
    return git(tree, "diff", "HEAD", "--name-only", "--diff-filter=M").split()


def stated(recipe: str) -> list[int]:
    """The numbers in the first sentence of a recipe: "Three places before a release, five after one."."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.partition(f"\n### {recipe}\n")[2].strip()
    words = re.findall(r"\w+", section.partition(".")[0].lower())
    return [_NUMBERS[word] for word in words if word in _NUMBERS and word != "one"]
