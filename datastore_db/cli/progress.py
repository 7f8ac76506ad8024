"""How far a long work is: a bar on a terminal, a line now and then elsewhere. Both on stderr."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.progress import Progress as Bars

if TYPE_CHECKING:
    from datastore_db.upload.report import Progress, ProgressListener

SECONDS_BETWEEN_LINES = 5.0


@contextmanager
def shown_progress(verb: str, *, quiet: bool = False) -> Iterator[ProgressListener]:
    """A listener that shows each event, for as long as the block lasts."""
    console = Console(stderr=True)
    if quiet:
        yield lambda _: None
    elif console.is_terminal:
        with _bars(console) as bars:
            pictures = bars.add_task(verb, total=None, pictures="")

            def show(progress: Progress) -> None:
                count = f"{progress.pictures_done}/{progress.pictures} pictures"
                bars.update(pictures, completed=progress.bytes_done, total=progress.bytes, pictures=count)

            yield show
    else:
        yield _Lines(console, verb)


def _bars(console: Console) -> Bars:
    return Bars(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[pictures]}"),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )


class _Lines:
    def __init__(self, console: Console, verb: str) -> None:
        self._console = console
        self._verb = verb
        self._start = self._last = time.monotonic()

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        is_last = progress.pictures_done == progress.pictures
        if not is_last and now - self._last < SECONDS_BETWEEN_LINES:
            return
        self._last = now
        elapsed = max(now - self._start, 0.001)
        rate = progress.bytes_done / elapsed
        left = (progress.bytes - progress.bytes_done) / rate if rate else 0.0
        self._console.print(
            f"{self._verb}: {progress.pictures_done} of {progress.pictures} pictures, "
            f"{decimal(progress.bytes_done)} of {decimal(progress.bytes)}, {decimal(int(rate))}/s, {left:.0f} s left",
            soft_wrap=True,
            highlight=False,
        )
