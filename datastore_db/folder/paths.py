"""Names of files and directories: which are refused, which are passed over, and their order."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from .problems import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_PATH_BYTES = 1024

# Files that macOS adds to its archives
_OF_MACOS = "__MACOSX"
_REFUSED = {
    "Cc": "its name holds a control character",
    "Cs": "its name is not valid UTF-8",
    "Zl": "its name holds a line break",
    "Zp": "its name holds a line break",
}
_DRIVE = re.compile(r"[A-Za-z]:/")
_DIGITS = re.compile("([0-9]+)")

NaturalKey: TypeAlias = "tuple[list[str | int], str]"


@dataclass(frozen=True, slots=True)
class CheckedPath:
    """A path with Unicode in composed form; if a step of it is `refused` or `passed_over`, the path up to there."""

    path: str
    refused: str | None = None
    passed_over: str | None = None

    @property
    def usable(self) -> bool:
        return self.refused is None and self.passed_over is None


def normalized(path: str) -> str:
    """The path with its Unicode in composed form, whatever the disk or the archive prefers."""
    return unicodedata.normalize("NFC", path)


def refused_name(name: str) -> str | None:
    """Why a file or directory cannot have this name, if it cannot."""
    if name.isascii() and name.isprintable():
        return None
    return next((_REFUSED[kind] for kind in map(unicodedata.category, name) if kind in _REFUSED), None)


def check(path: str) -> CheckedPath:
    """Judge a relative path, with "/" at its end for a directory."""
    path = normalized(path)
    if refused := _leads_out(path):
        return CheckedPath(shown(path), refused=refused)
    steps = _steps(path)
    if not steps:
        return CheckedPath(shown(path), refused="it has no name")
    size = -1
    for number, step in enumerate(steps, 1):
        size += 1 + len(step.encode("utf-8", "replace"))
        refused = refused_name(step)
        if refused is None and size > MAX_PATH_BYTES:
            refused = f"its path is longer than {MAX_PATH_BYTES} bytes"
        if refused or _is_hidden(step):
            is_directory = number < len(steps) or path.endswith("/")
            so_far = "/".join(steps[:number]) + "/" * is_directory
            if refused:
                return CheckedPath(shown(so_far), refused=refused)
            kind = "directory" if is_directory else "file"
            return CheckedPath(so_far, passed_over=f"a hidden {kind}" if step != _OF_MACOS else "added by macOS")
    return CheckedPath("/".join(steps))


def _steps(path: str) -> list[str]:
    return [step for step in path.split("/") if step not in {"", "."}]


def _leads_out(path: str) -> str | None:
    if path.startswith("/") or _DRIVE.match(path):
        return "its path is absolute"
    return "its path holds '..'" if ".." in path.split("/") else None


def _is_hidden(step: str) -> bool:
    return step.startswith(".") or step == _OF_MACOS


def common_root(paths: Iterable[str]) -> str | None:
    """The directory that all of these paths begin with, apart from those that are refused or hidden at its level."""
    roots: set[str | None] = set()
    for path in paths:
        steps = _steps(normalized(path))
        if steps and not (_leads_out(path) or _is_hidden(steps[0]) or refused_name(steps[0])):
            roots.add(steps[0] if len(steps) > 1 else None)
    return roots.pop() if len(roots) == 1 else None


def below(root: str, path: str) -> str:
    """The path as seen from the root directory, if it leads through it."""
    steps = normalized(path).split("/")
    while len(steps) > 1 and steps[0] == ".":
        del steps[0]
    return "/".join(steps[1:]) if steps[0] == root else path


def ancestors(path: str) -> Iterator[str]:
    """The directory itself, the one around it, and so on up to the root, which is the empty path."""
    while path:
        yield path
        path = path.rpartition("/")[0]
    yield ""


def natural(name: str) -> NaturalKey:
    """A sort key by which 2 comes before 10."""
    parts = _DIGITS.split(name.casefold())
    return [int(part) if position % 2 else part for position, part in enumerate(parts)], name


def natural_path(path: str) -> list[NaturalKey]:
    """A sort key by which a directory comes before what it holds."""
    return [natural(step) for step in path.split("/")] if path else []
