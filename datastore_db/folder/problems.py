"""Problems of a folder, by file, line and key."""

from __future__ import annotations

import os
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from datastore_db.errors import DatastoreError

if TYPE_CHECKING:
    from collections.abc import Iterable

# Control characters, formatting ones (they can reorder what is read), lone surrogates, line and paragraph breaks
_INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def shown(text: str) -> str:
    """Text that is safe on one line of a terminal: what cannot be seen, or is not UTF-8, is escaped."""
    try:
        text.encode()
    except UnicodeEncodeError:
        text = os.fsencode(text).decode("utf-8", "backslashreplace") if _from_disk(text) else text
    return "".join(
        c.encode("unicode_escape").decode("ascii") if unicodedata.category(c) in _INVISIBLE else c for c in text
    )


def _from_disk(text: str) -> bool:
    """Whether its lone surrogates are bytes that Python could not decode."""
    return all("\udc80" <= c <= "\udcff" for c in text if unicodedata.category(c) == "Cs")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value was written: the file, the line of its key, and its JSON Pointer as the file spells it."""

    file: str
    line: int | None = None
    instance_path: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. `instance_path` is the JSON Pointer of the key, as the file spells it."""

    file: str
    message: str
    line: int | None = None
    instance_path: str | None = None

    def __str__(self) -> str:
        parts = [shown(self.file) if self.line is None else f"{shown(self.file)}:{self.line}"]
        if self.instance_path:
            parts.append(shown(self.instance_path[1:].replace("~1", "/").replace("~0", "~")))
        return ": ".join([*parts, shown(self.message)])


@dataclass(frozen=True, slots=True)
class NotProcessed:
    """A file of the folder that is no picture and describes none, and why."""

    file: str
    reason: str

    def __str__(self) -> str:
        return f"{shown(self.file)}: {shown(self.reason)}"


class FolderError(DatastoreError):
    """The folder as a whole cannot be read."""


class FolderProblem(DatastoreError):
    """Something in a folder cannot be used, and the rest can; `problems` says what, file by file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("; ".join(map(str, self.problems)))


class DocumentProblem(FolderProblem):
    """A YAML or JSON file beside the pictures, or above them, cannot be understood."""
