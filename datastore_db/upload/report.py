"""The report of an upload, file by file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args
from uuid import UUID

from datastore_db.folder import NotProcessed, Problem

State: TypeAlias = Literal["uploaded", "finished", "restored", "updated", "unchanged", "conflict", "refused"]
"""uploaded: its bytes went to storage. finished: they were there, from an upload that was cut off. restored: it was
stored, its blob was lost, and is back. updated: it was stored, its document changed. unchanged: nothing to do.
conflict: its path holds other bytes. refused: it is wrong.
"""


@dataclass(frozen=True, slots=True)
class FileResult:
    """The outcome for one picture file. picture_id: None where it was refused."""

    file: str
    state: State
    picture_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an upload is. `bytes_done` counts the files that are done, whether or not they had to be sent."""

    pictures_done: int
    pictures: int
    bytes_done: int
    bytes: int


ProgressListener: TypeAlias = Callable[[Progress], None]


@dataclass(slots=True)
class UploadReport:
    """The report of a folder's upload. `complete`: every file was uploaded."""

    folder: str
    container_name: str
    picture_sets: list[tuple[UUID, str]] = field(default_factory=list)
    """Each set's id and its path inside the folder."""
    results: list[FileResult] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    not_processed: list[NotProcessed] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        return not self.problems

    @property
    def counts(self) -> dict[State, int]:
        """How many pictures came to which state, in the order of `State`."""
        counted = Counter(result.state for result in self.results)
        return {state: counted[state] for state in get_args(State) if counted[state]}
