"""Reads one YAML or JSON file of a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from .entries import UNREADABLE, Entry, FileSource, reason
from .json_text import read_json
from .problems import DocumentProblem, NotProcessed, Place, Problem
from .spelling import unify
from .tree import Node
from .yaml_text import read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_DOCUMENT_SIZE = 1024**2
_EXTENSIONS = (".yaml", ".yml", ".json")


def document_stem(name: str) -> str | None:
    """The name of a YAML or JSON file without its ending; None for any other file."""
    return name[: name.rindex(".")] if name.lower().endswith(_EXTENSIONS) else None


class DocumentFile:
    """A YAML or JSON file: one that is there, or several of which only one should be."""

    __slots__ = ("_files",)

    def __init__(self) -> None:
        self._files: list[tuple[str, Entry]] = []

    @property
    def name(self) -> str:
        return _name(self._files[0][0])

    def add(self, path: str, entry: Entry) -> None:
        self._files.append((path, entry))

    def left_over(self, why: str) -> Iterator[NotProcessed]:
        """Whether it describes nothing; a file with an error is a problem already."""
        return (NotProcessed(path, why) for path, entry in self._files if entry.trouble is None)

    def read(self, source: FileSource) -> Node:
        """Its content, in snake_case. Raises `DocumentProblem`."""
        path, entry = self._files[0]
        if len(self._files) > 1:
            names = " and ".join(_name(path) for path, _ in self._files)
            _refuse(path, f"{names} are both there for the same: keep one")
        if entry.trouble is not None:
            _refuse(path, entry.trouble)
        try:
            with source.open(entry) as file:
                data = file.read(MAX_DOCUMENT_SIZE + 1)
        except UNREADABLE as error:
            _refuse(path, reason(error))
        if len(data) > MAX_DOCUMENT_SIZE:
            _refuse(path, f"is larger than {MAX_DOCUMENT_SIZE:,} bytes")
        node, problems = unify(_parse(data, path))
        if problems:
            raise DocumentProblem(problems)
        return node


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _parse(data: bytes, path: str) -> Node:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        _refuse(path, "is not UTF-8 text", data.count(b"\n", 0, error.start) + 1)
    if path.lower().endswith(".json"):
        return read_json(text, path)
    return read_yaml(text, path) or Node({}, Place(path))


def _refuse(path: str, message: str, line: int | None = None) -> NoReturn:
    raise DocumentProblem([Problem(path, message, line)])
