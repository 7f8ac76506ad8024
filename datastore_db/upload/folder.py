"""Uploading a folder: batches of pictures, several under way at once, in little memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from datastore_db.database.calls import Document
from datastore_db.errors import BrokenPicture, DocumentError, InvalidDocument, NotAPicture
from datastore_db.folder import Folder, FolderPicture, FolderPictureSet, FolderProblem, Places, Problem
from datastore_db.models import Picture, PictureSet
from datastore_db.upload.batch import Target, send_batch
from datastore_db.upload.prepared import Prepared, prepare
from datastore_db.upload.report import FileResult, Progress, ProgressListener, State, UploadReport
from datastore_db.upload.shelf import Shelf

BATCH_SIZE = 64
# The bytes that all batches under way may hold together; a small picture counts as one of LEAST_BYTES.
BYTES_IN_MEMORY = 32 * 1024 * 1024
LEAST_BYTES = 128 * 1024


async def upload_folder(
    target: Target, folder: Folder, *, replace: bool = False, progress: ProgressListener | None = None
) -> UploadReport:
    """Upload every picture of a folder, and report the outcome of each file.

    An interrupted upload is finished, and a stored file is not sent again. Raises `Unreachable` when the
    database or the storage goes away; running it again goes on from there.
    """
    run = _Run(target, folder, replace, progress)
    try:
        await run.send_everything()
    except BaseExceptionGroup as group:
        raise _first(group) from None
    return run.report


class _Run:
    """One upload of one folder; the listener of its batches."""

    def __init__(self, target: Target, folder: Folder, replace: bool, progress: ProgressListener | None) -> None:
        self._target = target
        self._folder = folder
        self._replace = replace
        self._progress = progress
        self._sets = folder.picture_sets
        self._pictures = sum(len(picture_set.pictures) for picture_set in self._sets)
        self._bytes = sum(picture.size for picture_set in self._sets for picture in picture_set.pictures)
        self._pictures_done = self._bytes_done = 0
        self._reported = set(folder.problems)
        self._memory = _Memory(BYTES_IN_MEMORY)
        self.report = UploadReport(
            folder.name, target.container.name, problems=list(folder.problems), not_processed=list(folder.not_processed)
        )

    async def send_everything(self) -> None:
        self._show_progress()

        async def send(picture_set_id: UUID, batch: list[Prepared], shelf: Shelf) -> None:
            await send_batch(self._target, picture_set_id, batch, self, shelf, replace=self._replace)
            await self._memory.give(sum(map(_weight, batch)))

        async with asyncio.TaskGroup() as group:
            for picture_set in self._sets:
                picture_set_id = await self._open(picture_set)
                if picture_set_id is None:
                    continue
                shelf = Shelf(self._target.container, picture_set_id)
                async for batch in self._batches(picture_set.pictures):
                    group.create_task(send(picture_set_id, batch, shelf))

    async def _open(self, picture_set: FolderPictureSet) -> UUID | None:
        """The set in the database, made or updated; None when its index files are wrong, and so for all in it."""
        try:
            written, places = await asyncio.to_thread(picture_set.read_document)
            document = _read(PictureSet, written, places)
        except FolderProblem as problem:
            self._leave_out(picture_set, problem.problems)
            return None
        try:
            answer = await self._target.database.call(
                "open_picture_set",
                acting=self._target.acting,
                folder_root=self._folder.name,
                folder_path=picture_set.relative_path,
                document=Document(document.as_json()),
                container_id=UUID(self._target.container.container_id),
            )
        except InvalidDocument as refusal:
            self._leave_out(picture_set, _located(refusal, places))
            return None
        assert isinstance(answer, dict)
        picture_set_id = UUID(str(answer["picture_set_id"]))
        self.report.picture_sets.append((picture_set_id, picture_set.relative_path))
        return picture_set_id

    def _leave_out(self, picture_set: FolderPictureSet, problems: Sequence[Problem]) -> None:
        self._report(problems)
        for picture in picture_set.pictures:
            self._finish(picture.relative_path, picture.size, "refused")

    async def _batches(self, pictures: Sequence[FolderPicture]) -> AsyncIterator[list[Prepared]]:
        batch: list[Prepared] = []
        for picture in pictures:
            prepared = await asyncio.to_thread(self._prepare, picture)
            if prepared is None:
                continue
            # Before it waits for memory it sends the batch it holds, or no memory would ever be given back.
            if batch and (len(batch) == BATCH_SIZE or not self._memory.has(_weight(prepared))):
                yield batch
                batch = []
            await self._memory.take(_weight(prepared))
            batch.append(prepared)
        if batch:
            yield batch

    def _prepare(self, picture: FolderPicture) -> Prepared | None:
        try:
            written, places = picture.read_document()
            document = _read(Picture, written, places)
            return prepare(
                picture.open,
                document.as_json(),
                file_name=picture.name,
                relative_path=picture.relative_path,
                size=picture.size,
            )
        except FolderProblem as problem:
            problems = problem.problems
        except (BrokenPicture, NotAPicture) as error:
            problems = [Problem(picture.relative_path, str(error))]
        self._report(problems)
        self._finish(picture.relative_path, picture.size, "refused")
        return None

    def _report(self, problems: Sequence[Problem]) -> None:
        """Once each: a problem of an index concerns every picture below it."""
        self.report.problems += [problem for problem in problems if problem not in self._reported]
        self._reported.update(problems)

    # Events of a batch.

    def done(self, picture: Prepared, state: State, picture_id: UUID) -> None:
        path = str(picture.relative_path)
        if state == "conflict":
            message = (
                "other bytes are stored under this path; --replace puts these in their place, and remembers the old"
            )
            self._report([Problem(path, message)])
        self._finish(path, picture.inspection.size, state, picture_id)

    def refused(self, picture: Prepared, errors: Sequence[DocumentError]) -> None:
        path = str(picture.relative_path)
        self._report(
            [Problem(path, error["message"], instance_path=error["instance_path"] or None) for error in errors]
        )
        self._finish(path, picture.inspection.size, "refused")

    def _finish(self, path: str, size: int, state: State, picture_id: UUID | None = None) -> None:
        self.report.results.append(FileResult(path, state, picture_id))
        self._pictures_done += 1
        self._bytes_done += size
        self._show_progress()

    def _show_progress(self) -> None:
        if self._progress is not None:
            self._progress(Progress(self._pictures_done, self._pictures, self._bytes_done, self._bytes))


class _Memory:
    """How many bytes may be held at once."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = 0
        self._changed = asyncio.Condition()

    def has(self, size: int) -> bool:
        """Whether there is room, now. Something larger than all of it is let in alone."""
        return self._held == 0 or self._held + size <= self._limit

    async def take(self, size: int) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: self.has(size))
            self._held += size

    async def give(self, size: int) -> None:
        async with self._changed:
            self._held -= size
            self._changed.notify_all()


def _weight(picture: Prepared) -> int:
    return max(len(picture.content or b""), LEAST_BYTES)


def _read(model: type[Picture] | type[PictureSet], written: object, places: Places) -> Picture | PictureSet:
    try:
        return model.read(written)
    except InvalidDocument as refusal:
        raise FolderProblem(_located(refusal, places)) from None


def _located(refusal: InvalidDocument, places: Places) -> list[Problem]:
    return [places.problem(error["instance_path"], error["message"]) for error in refusal.errors]


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The error that ended a task group; the other tasks were only cancelled."""
    first = group.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first
