"""A folder of pictures: its picture sets, each picture with what was written about it, and all that is left over."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, BinaryIO

from datastore_db.inspection import KNOWN_EXTENSIONS, detect

from .directory import Directory
from .documents import document_stem
from .entries import UNREADABLE, reason
from .paths import ancestors, below, check, common_root, natural_path, normalized, refused_name
from .problems import FolderError, FolderProblem, NotProcessed, Place, Problem, shown
from .sources import MAX_FILE_SIZE, open_source
from .tree import Node, Places, to_object

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType
    from typing import Self

    from datastore_db.json_codec import JsonObject

    from .entries import Entry, FileSource
    from .sources import Source

_HEAD_SIZE = 64
_SPECIAL = "is not a regular file"


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

    def __init__(self, directory: Directory, relative_path: str, entry: Entry) -> None:
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
        """The values of its own file and those above it. Raises `DocumentProblem`."""
        given = self._directory.given()
        own = self._directory.document_of(self.name)
        node = Node({}, Place(self.relative_path)) if own is None else own.read(self._directory.source)
        document = given.picture(node)
        return to_object(document), Places(document)


class FolderPictureSet:
    """A directory that directly holds pictures; the root's relative path is empty."""

    __slots__ = ("_directory", "name", "pictures")

    def __init__(self, directory: Directory, name: str, pictures: Sequence[FolderPicture]) -> None:
        self._directory = directory
        self.name = name
        self.pictures = pictures

    def __repr__(self) -> str:
        return f"FolderPictureSet({self.relative_path!r}, {len(self.pictures)} pictures)"

    @property
    def relative_path(self) -> str:
        return self._directory.path

    def read_document(self) -> tuple[JsonObject, Places]:
        """The values of the index files for the set; its name only if one gives it. Raises `DocumentProblem`."""
        document = self._directory.given().own_set
        if not document.place.file:
            document = Node(document.value, Place(f"{self.relative_path or '.'}/"))
        return to_object(document), Places(document)


class Folder:
    """A listed folder. It may hold a zip or a temporary file open until it is closed."""

    def __init__(self, source: FileSource, name: str | None = None) -> None:
        self._source = source
        self.problems: list[Problem] = []
        self.not_processed: list[NotProcessed] = []
        entries = list(source.entries())
        if not entries:
            raise FolderError(f"{shown(source.name or 'the folder')}: there is nothing in it")
        root = None if source.rooted else common_root(entry.path for entry in entries)
        self.name = _checked_name(name or root or source.name)
        directories = self._arrange(entries, root)
        self.picture_sets: Sequence[FolderPictureSet] = list(self._find_sets(directories))
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

    def _arrange(self, entries: list[Entry], root: str | None) -> list[Directory]:
        """The directories, in order, with their files; what cannot stand in one is reported, once for all below it."""
        directories = {"": Directory("", None, self._source)}
        reported: set[str] = set()
        for entry in entries:
            checked = check(entry.path if root is None else below(root, entry.path))
            if checked.usable and not entry.path.endswith("/"):
                parent, _, name = checked.path.rpartition("/")
                _directory(parent, directories).add(name, entry)
            elif checked.path not in reported:
                reported.add(checked.path)
                if checked.passed_over:
                    self.not_processed.append(NotProcessed(checked.path, checked.passed_over))
                else:
                    path = checked.path if checked.refused else f"{checked.path}/"
                    self.problems.append(Problem(path, checked.refused or entry.trouble or "cannot be read"))
        return sorted(directories.values(), key=lambda directory: natural_path(directory.path))

    def _find_sets(self, directories: list[Directory]) -> Iterator[FolderPictureSet]:
        in_use: set[str] = set()
        for directory in directories:
            pictures = list(self._find_pictures(directory))
            self.not_processed += directory.set_pictures(picture.name for picture in pictures)
            if pictures:
                in_use.update(ancestors(directory.path))
                yield FolderPictureSet(directory, directory.name or self.name, pictures)
        for directory in directories:
            if directory.path not in in_use:
                self.not_processed += directory.unused_index()

    def _find_pictures(self, directory: Directory) -> Iterator[FolderPicture]:
        for name, entry in directory.take_files():
            path = directory.path_of(name)
            is_document = document_stem(name) is not None
            if entry.special and is_document:
                entry.trouble = entry.trouble or _SPECIAL
            if entry.trouble is not None:
                self.problems.append(Problem(path, entry.trouble))
            elif entry.special:
                self.not_processed.append(NotProcessed(path, _SPECIAL))
            elif not is_document and self._is_picture(path, entry):
                yield FolderPicture(directory, path, entry)
            if is_document:
                directory.add_document(name, entry)

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


def _directory(path: str, directories: dict[str, Directory]) -> Directory:
    if path in directories:
        return directories[path]
    for step in reversed([*ancestors(path)]):
        if step not in directories:
            directories[step] = Directory(step, directories[step.rpartition("/")[0]], directories[""].source)
    return directories[path]


def _checked_name(name: str | None) -> str:
    if not name:
        raise FolderError("these files share no directory that could name the folder: give it a name")
    if refused := refused_name(name):
        raise FolderError(f"{shown(name)}: this folder needs another name: {refused}")
    return normalized(name)
