"""One directory of a folder: which of its files describe its pictures, and what it inherits from those above."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .documents import DocumentFile, document_stem
from .inheritance import Given
from .paths import natural
from .problems import DocumentProblem, NotProcessed, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .entries import Entry, FileSource

_INDEX = "index"


class Directory:
    """Knows its YAML and JSON files by what they describe. Nothing is read before it is asked for."""

    def __init__(self, path: str, parent: Directory | None, source: FileSource) -> None:
        self.path = path
        self.source = source
        self._parent = parent
        self._files: dict[str, Entry] = {}
        self._index: DocumentFile | None = None
        self._documents: dict[str, DocumentFile] = {}
        self._holds_pictures = False
        self._given: Given | list[Problem] | None = None

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    def path_of(self, name: str) -> str:
        return f"{self.path}/{name}" if self.path else name

    def add(self, name: str, entry: Entry) -> None:
        """A file with its name in composed Unicode, by which there must be one only."""
        known = self._files.setdefault(name, entry)
        if known is not entry:
            same = known.path == entry.path
            known.trouble = "is there twice" if same else "is there twice, with its letters encoded in two ways"

    def take_files(self) -> list[tuple[str, Entry]]:
        """Its files in order; it forgets them."""
        files = sorted(self._files.items(), key=lambda item: natural(item[0]))
        self._files = {}
        return files

    def add_document(self, name: str, entry: Entry) -> None:
        stem = document_stem(name) or ""
        if stem.casefold() == _INDEX:
            self._index = self._index or DocumentFile()
            self._index.add(self.path_of(name), entry)
        else:
            self._documents.setdefault(stem, DocumentFile()).add(self.path_of(name), entry)

    def document_of(self, picture: str) -> DocumentFile | None:
        """The file that describes a picture: 1.tiff.yaml before 1.yaml."""
        return self._documents.get(picture) or self._documents.get(_stem(picture))

    def set_pictures(self, names: Iterable[str]) -> Iterator[NotProcessed]:
        """Say which pictures it holds, and hear which of its documents describe none of them."""
        names = list(names)
        self._holds_pictures = bool(names)
        used = {id(self.document_of(name)) for name in names}
        stems = {_stem(name): name for name in names}
        for stem, document in self._documents.items():
            if id(document) not in used:
                shadowing = self.document_of(stems[stem]) if stem in stems else None
                yield from document.left_over(
                    f"{shadowing.name} is read instead" if shadowing else "no picture of this name beside it"
                )

    def unused_index(self) -> Iterator[NotProcessed]:
        """Its index, for when there is no picture in it or below it."""
        if self._index is not None:
            yield from self._index.left_over("no picture in this directory or below it")

    def given(self) -> Given:
        """The values of the index files from the root to here, read once. Raises `DocumentProblem`."""
        missing: list[Directory] = []
        directory: Directory | None = self
        while directory is not None and directory._given is None:
            missing.append(directory)
            directory = directory._parent
        given = Given.nothing() if directory is None else directory._given
        for step in reversed(missing):
            step._given = given = step._add_to(given)
        if not isinstance(given, Given):
            raise DocumentProblem(given or [])
        return given

    def _add_to(self, inherited: Given | list[Problem] | None) -> Given | list[Problem]:
        if not isinstance(inherited, Given):
            return inherited or []
        if self._index is None:
            return inherited.below()
        try:
            return inherited.add(self._index.read(self.source), holds_pictures=self._holds_pictures)
        except DocumentProblem as problem:
            return problem.problems


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name
