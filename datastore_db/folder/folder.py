"""A folder of pictures: its picture sets, each picture with what was written about it, and all that is left over."""

from __future__ import annotations

from operator import attrgetter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, BinaryIO

from datastore_db.inspection import KNOWN_EXTENSIONS, detect

from .documents import EXTENSIONS, INDEX, DocumentFile
from .inheritance import Given
from .paths import check, first_step, natural, natural_path
from .problems import DocumentProblem, FolderError, FolderProblem, NotProcessed, Place, Problem, shown
from .sources import MAX_FILE_SIZE, UNREADABLE, Entry, FileSource, Source, open_source, reason
from .tree import Node, Places, to_object

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType
    from typing import Self

    from datastore_db.json_codec import JsonObject

_HEAD_SIZE = 64


def open_folder(source: Source, *, name: str | None = None, max_file_size: int = MAX_FILE_SIZE) -> Folder:
    """List a folder: a directory, a zip file, or pairs of (relative path, stream).

    The paths of a browser's folder, and those in most zips, all begin with the folder's own name: a first directory
    that all files share is the root. `name` overrides the root's name, and is needed for pairs that share none.

    Raises `FolderError` when there is nothing to list. What is wrong with single files is in `Folder.problems`.
    """
    files = open_source(source, max_file_size)
    try:
        return Folder(files, name)
    except BaseException:
        files.close()
        raise


class FolderPicture:
    """A picture in a folder, by its path relative to the root."""

    __slots__ = ("_directory", "_entry", "relative_path")

    def __init__(self, directory: _Directory, relative_path: str, entry: Entry) -> None:
        self._directory = directory
        self._entry = entry
        self.relative_path = relative_path

    def __repr__(self) -> str:
        return f"FolderPicture({self.relative_path!r})"

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.relative_path.rpartition("/")[2]

    @property
    def size(self) -> int:
        """How many bytes it had when the folder was listed."""
        return self._entry.size

    def open(self) -> BinaryIO:
        """Its content: seekable, and independent of any other that was opened. Raises `FolderProblem`."""
        try:
            return self._directory.source.open(self._entry)
        except UNREADABLE as error:
            raise FolderProblem([Problem(self.relative_path, reason(error))]) from error

    def read_document(self) -> tuple[JsonObject, Places]:
        """What its own file and those above it say. Raises `DocumentProblem`."""
        given = self._directory.given()
        own = self._directory.document_of(self.name)
        node = Node({}, Place(self.relative_path)) if own is None else own.read(self._directory.source)
        document = given.picture(node)
        return to_object(document), Places(document)


class FolderPictureSet:
    """A directory that directly holds pictures; the root's relative path is empty."""

    __slots__ = ("_directory", "name", "pictures")

    def __init__(self, directory: _Directory, name: str, pictures: Sequence[FolderPicture]) -> None:
        self._directory = directory
        self.name = name
        self.pictures = pictures

    def __repr__(self) -> str:
        return f"FolderPictureSet({self.relative_path!r}, {len(self.pictures)} pictures)"

    @property
    def relative_path(self) -> str:
        return self._directory.path

    def read_document(self) -> tuple[JsonObject, Places]:
        """What the index files say of the set; its name only if one says so. Raises `DocumentProblem`."""
        document = self._directory.given().own_set
        return to_object(document), Places(document)


class Folder:
    """A listed folder. It holds a zip or a temporary file open until it is closed."""

    def __init__(self, source: FileSource, name: str | None = None) -> None:
        self._source = source
        self.problems: list[Problem] = []
        self.not_processed: list[NotProcessed] = []
        entries = list(source.entries())
        root = None if source.rooted else _common_root(entries)
        self.name = _checked_name(name or root or source.name)
        if not entries:
            raise FolderError(f"{shown(self.name)}: there is nothing in this folder")
        directories = self._arrange(entries, root)
        self.picture_sets: Sequence[FolderPictureSet] = list(self._find_sets(directories))
        for directory in directories.values():
            self.not_processed += directory.unused_documents()
        if not self.picture_sets:
            self.problems.append(Problem(self.name, "there is no picture in this folder"))
        self.problems.sort(key=lambda problem: natural_path(problem.file))
        self.not_processed.sort(key=lambda left: natural_path(left.file))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the zip or the temporary file; nothing can be read afterwards."""
        self._source.close()

    def _arrange(self, entries: list[Entry], root: str | None) -> dict[str, _Directory]:
        """Each file in its directory, by its normalized name; what cannot be there is told."""
        directories = {"": _Directory("", None, self._source)}
        left_over: dict[str, NotProcessed | Problem] = {}
        for entry in entries:
            checked = check(entry.path.removeprefix(f"{root}/") if root else entry.path)
            path = checked.path
            if checked.refused:
                left_over[path] = Problem(path, checked.refused)
            elif checked.passed_over:
                left_over[path] = NotProcessed(path, checked.passed_over)
            elif entry.path.endswith("/"):
                if entry.trouble:
                    left_over[path] = Problem(f"{path}/", entry.trouble)
            else:
                self._directory(path.rpartition("/")[0], directories).add(path.rpartition("/")[2], entry)
        self.problems += [left for left in left_over.values() if isinstance(left, Problem)]
        self.not_processed += [left for left in left_over.values() if isinstance(left, NotProcessed)]
        return dict(sorted(directories.items(), key=lambda item: natural_path(item[0])))

    def _directory(self, path: str, directories: dict[str, _Directory]) -> _Directory:
        missing = []
        while path not in directories:
            missing.append(path)
            path = path.rpartition("/")[0]
        for step in reversed(missing):
            directories[step] = _Directory(step, directories[step.rpartition("/")[0]], self._source)
        return directories[missing[0] if missing else path]

    def _find_sets(self, directories: dict[str, _Directory]) -> Iterator[FolderPictureSet]:
        for directory in directories.values():
            pictures = []
            for name, entry in directory.take_files():
                path = directory.path_of(name)
                if entry.trouble is not None:
                    self.problems.append(Problem(path, entry.trouble))
                if directory.add_document(name, entry):
                    continue
                if entry.special:
                    self.not_processed.append(NotProcessed(path, "not a regular file"))
                elif entry.trouble is None and self._is_picture(path, entry):
                    pictures.append(FolderPicture(directory, path, entry))
            if pictures:
                directory.holds(pictures)
                yield FolderPictureSet(directory, directory.name or self.name, pictures)

    def _is_picture(self, path: str, entry: Entry) -> bool:
        if PurePosixPath(path).suffix.lower() in KNOWN_EXTENSIONS:
            return True
        try:
            if detect(self._source.head(entry, _HEAD_SIZE)) is not None:
                return True
        except UNREADABLE as error:
            self.problems.append(Problem(path, reason(error)))
        else:
            self.not_processed.append(NotProcessed(path, "not a picture"))
        return False
