"""A copy of this repository's files, to try on it what people do in a checkout."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
_NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv", ".local", "dist", "__pycache__", ".*_cache", ".hypothesis", "results"
)


def copy_of_the_tree(to: Path) -> Path:
    """The files as they are now, without what is built of them."""
    return Path(shutil.copytree(ROOT, to, ignore=_NOT_COPIED))


def repository(to: Path) -> Path:
    """The same as a repository with one commit, on main."""
    copy_of_the_tree(to)
    git(to, "init", "--quiet", "--initial-branch=main")
    git(to, "config", "user.name", "Ana")
    git(to, "config", "user.email", "ana@example.org")
    commit(to, "Begin")
    return to


def commit(root: Path, message: str) -> None:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", message)


def git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", root, *arguments], capture_output=True, text=True, check=True).stdout
