"""Reads one YAML or JSON file of a folder."""

from __future__ import annotations

from typing import NoReturn

from .json_text import read_json
from .problems import DocumentProblem, Place, Problem
from .sources import UNREADABLE, Entry, FileSource, reason
from .spelling import unify
from .tree import Node
from .yaml_text import read_yaml

MAX_DOCUMENT_SIZE = 1024**2
EXTENSIONS = (".yaml", ".yml", ".json")
INDEX = "index"


class DocumentFile:
    """A YAML or JSON file: one that is there, or several of which only one should be."""

    __slots__ = ("_entries", "paths")

    def __init__(self) -> None:
        self.paths: list[str] = []
        self._entries: list[Entry] = []

    def add(self, path: str, entry: Entry) -> None:
        self.paths.append(path)
        self._entries.append(entry)

    def read(self, source: FileSource) -> Node:
        """What it says, in the spelling that is used inside. Raises `DocumentProblem`."""
        path, entry = self.paths[0], self._entries[0]
        if len(self.paths) > 1:
            names = " and ".join(path.rpartition("/")[2] for path in self.paths)
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
