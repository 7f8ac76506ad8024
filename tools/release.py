"""Make a release: `make release VERSION=1.2.0`.

It checks what is frozen, freezes what is new, dates CHANGELOG.md, sets the version, builds wheel and sdist, and tries
the wheel in an empty environment: all in a copy of the repository, which changes only when all that has worked. DRY=1
stops before that. The commit and its tag are left to be made; ARGS=--commit makes them, here and nowhere else.
"""

from __future__ import annotations

import argparse
import datetime
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from tools import released
from tools.trial import TrialFailedError, try_wheel

ROOT = Path(__file__).parent.parent
_HEADING = re.compile(r"^## (\d+)\.(\d+)\.(\d+)\b", re.MULTILINE)
_VERSION = re.compile(r'^version = "[^"]*"$', re.MULTILINE)


class NoReleaseError(Exception):
    """Why nothing was released."""


def release(
    root: Path,
    version: str,
    *,
    dry_run: bool = False,
    commit: bool = False,
    trial: Callable[[Path, Path], None] = try_wheel,
) -> None:
    """All steps, in their order. Raises `NoReleaseError`, and then nothing has changed."""
    check_tree(root)
    with tempfile.TemporaryDirectory(prefix="datastore-db-release-") as work:
        copy = Path(work) / "tree"
        git(root, "clone", "--quiet", str(root), str(copy))
        prepare(copy, version, datetime.datetime.now(datetime.UTC).date())
        wheel = build(copy)
        say(f"built {', '.join(sorted(path.name for path in (copy / 'dist').iterdir()))}")
        trial(copy, wheel)
        say("tried the wheel in an empty environment: it migrates, takes pictures and gives them back")
        if dry_run:
            say("a dry run: nothing was changed")
            return
        take_over(copy, root)
    message = f"Release {version}"
    if commit:
        git(root, "commit", "--quiet", "--message", message)
        git(root, "tag", "--annotate", f"v{version}", "--message", message)
        say(f"committed and tagged v{version}, here; push both to publish them")
    else:
        say(f"ready in the index: git commit -m '{message}' && git tag -a v{version} -m '{message}'")


def check_tree(root: Path) -> None:
    """A release is made of the branch main."""
    if (branch := git(root, "branch", "--show-current").strip()) != "main":
        raise NoReleaseError(f"the branch is {branch or 'none'}; releases are made on main")
    if changed := git(root, "status", "--porcelain").splitlines():
        raise NoReleaseError(f"there are changes that are not committed: {', '.join(line[3:] for line in changed)}")


def prepare(root: Path, version: str, date: datetime.date) -> None:
    """The files that a release changes."""
    changelog = root / "CHANGELOG.md"
    text = changelog.read_text(encoding="utf-8")
    check_version(version, text)
    if changes := released.changes(root):
        raise NoReleaseError(
            f"what was released never changes, and {'; '.join(changes)}. Put the change into a new file: the next "
            "migration, or the next version of the document"
        )
    for name in released.freeze(root):
        say(f"frozen from now on: {name}")
    changelog.write_text(dated(text, version, date), encoding="utf-8")
    project = root / "pyproject.toml"
    replaced, count = _VERSION.subn(f'version = "{version}"', project.read_text(encoding="utf-8"))
    if count != 1:
        raise NoReleaseError("pyproject.toml has no line of its own for the version")
    project.write_text(replaced, encoding="utf-8")


def check_version(version: str, changelog: str) -> None:
    """The version is newer than each that the change log has."""
    if not re.fullmatch(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", version):
        raise NoReleaseError(f"{version!r} is no version: three numbers are expected, such as 1.2.0")
    earlier = [tuple(map(int, match)) for match in _HEADING.findall(changelog)]
    if earlier and tuple(map(int, version.split("."))) <= max(earlier):
        raise NoReleaseError(f"{version} is not newer than {'.'.join(map(str, max(earlier)))}, which was released")


def dated(changelog: str, version: str, date: datetime.date) -> str:
    """The change log with what was unreleased under its version."""
    before, heading, after = changelog.partition("## Unreleased\n")
    if not heading or not re.split(r"^## ", after, maxsplit=1, flags=re.MULTILINE)[0].strip():
        raise NoReleaseError("CHANGELOG.md has nothing under the heading Unreleased: say there what is new")
    return f"{before}{heading}\n## {version} ({date.isoformat()})\n{after}"


def build(root: Path) -> Path:
    """Wheel and sdist in dist/; answers the wheel. The wheel of the sdist has the same files."""
    _hatch(root, root / "dist")
    (wheel,) = (root / "dist").glob("*.whl")
    (sdist,) = (root / "dist").glob("*.tar.gz")
    with tempfile.TemporaryDirectory(prefix="datastore-db-sdist-") as folder:
        with tarfile.open(sdist) as archive:
            archive.extractall(folder, filter="data")
        (unpacked,) = Path(folder).iterdir()
        _hatch(unpacked, Path(folder) / "dist", "--target", "wheel")
        (again,) = (Path(folder) / "dist").glob("*.whl")
        if difference := _contents(wheel) ^ _contents(again):
            names = sorted({name for name, _ in difference})
            raise NoReleaseError(f"the wheel that the sdist makes differs from the wheel: {', '.join(names)}")
    return wheel


def _hatch(root: Path, to: Path, *arguments: str) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(to), *arguments]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoReleaseError(f"it could not be built:\n{done.stdout}{done.stderr}")


def _contents(wheel: Path) -> set[tuple[str, int]]:
    with zipfile.ZipFile(wheel) as archive:
        return {(item.filename, item.CRC) for item in archive.infolist()}


def take_over(copy: Path, root: Path) -> None:
    """Make the changes of the copy in the repository: in its files and its index, and in dist/."""
    git(copy, "add", "--all")
    difference = git(copy, "diff", "--cached", "--binary")
    git(root, "apply", "--index", text=difference)
    shutil.copytree(copy / "dist", root / "dist", dirs_exist_ok=True)


def git(root: Path, *arguments: str, text: str | None = None) -> str:
    """The output of git; `NoReleaseError` with its words where it refuses."""
    done = subprocess.run(["git", "-C", root, *arguments], input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoReleaseError(f"git {arguments[0]}: {done.stderr.strip()}")
    return done.stdout


def say(line: str) -> None:
    """Print the progress of the release."""
    print(line, flush=True)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="make release", description="Make a release of this repository.")
    parser.add_argument("version", metavar="VERSION", help="three numbers, such as 1.2.0")
    parser.add_argument("--dry-run", action="store_true", help="do all of it in a copy, and change nothing")
    parser.add_argument("--commit", action="store_true", help="commit and tag, in this repository")
    arguments = parser.parse_args()
    try:
        release(ROOT, arguments.version, dry_run=arguments.dry_run, commit=arguments.commit)
    except (NoReleaseError, TrialFailedError) as error:
        sys.exit(f"no release: {error}")


if __name__ == "__main__":
    main()
