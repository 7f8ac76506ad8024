"""A server of ours: a process that was started here, or by a keeper that was killed."""

from __future__ import annotations

import contextlib
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

import psutil

from datastore_db.local.errors import LocalStackError, tail

if TYPE_CHECKING:
    import signal
    from collections.abc import Sequence
    from pathlib import Path

    from datastore_db.local.home import Home

LOG_SIZE_TO_ROTATE = 5_000_000


class Server(ABC):
    """One of the two servers of a home: `launch` it, wait until it answers, `stop` it."""

    name: ClassVar[str]
    # How to ask it to end, ever less politely, and how many seconds to wait each time
    ways_to_stop: ClassVar[Sequence[tuple[signal.Signals, float]]]
    seconds_to_start: ClassVar[float] = 120

    def __init__(self, home: Home) -> None:
        self.home = home
        self.process: psutil.Process | None = None
        self.log = home.logs / f"{self.name.lower()}.log"
        self._log_start = 0

    @abstractmethod
    def find(self) -> psutil.Process | None:
        """The process of this server that a keeper left behind when it was killed."""

    @abstractmethod
    def spawn(self) -> psutil.Process:
        """Start it, without waiting for it."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether it takes requests now."""

    def launch(self) -> None:
        """Take over what a killed keeper left running, for its users may still need it; else start anew."""
        if self.log.exists() and self.log.stat().st_size > LOG_SIZE_TO_ROTATE:
            self.log.replace(self.log.with_suffix(".old.log"))
        self._log_start = self.log.stat().st_size if self.log.exists() else 0
        self.process = self.find() or self.spawn()

    def wait_until_ready(self) -> None:
        """Return when it answers; raise `LocalStackError` with its last output when it does not."""
        deadline = time.monotonic() + self.seconds_to_start
        while not self.answers():
            if self.has_ended():
                raise self.failure("did not start")
            if time.monotonic() > deadline:
                raise self.failure(f"does not answer after {self.seconds_to_start:g} seconds")
            time.sleep(0.02)

    @property
    def pid(self) -> int:
        return self.process.pid if self.process else 0

    def wait(self) -> None:
        """Return when the process has ended."""
        if self.process is not None:
            self.process.wait()

    def has_ended(self) -> bool:
        if self.process is None:
            return True
        try:
            with contextlib.suppress(psutil.TimeoutExpired):
                self.process.wait(timeout=0)
            # A process that was left behind is no child of ours, and its new parent may be slow to notice its end.
            return self.process.status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True

    def _ends_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while not self.has_ended():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        return True

    def stop(self) -> None:
        """End it, and return when it is gone."""
        for number, seconds in self.ways_to_stop:
            if self.process is None or self.has_ended():
                return
            with contextlib.suppress(psutil.NoSuchProcess):
                self.process.send_signal(number)
            if self._ends_within(seconds):
                return

    def stop_left_behind(self) -> None:
        """End the server that a killed keeper left, if there is one."""
        self.process = self.find()
        self.stop()

    def failure(self, what: str) -> LocalStackError:
        lines = tail(self.log, self._log_start)
        return LocalStackError(f"{self.name} {what}; the last lines of {self.log}:\n{lines}")

    def has_logged(self, text: str) -> bool:
        """Whether the text stands in the log of this start."""
        return text in tail(self.log, self._log_start, lines=1000)


def process_of(pid_file: Path, data: Path) -> psutil.Process | None:
    """The process of a PID file, if it serves this data: the number may be another process's by now."""
    with contextlib.suppress(OSError, ValueError, IndexError, psutil.Error):
        process = psutil.Process(int(pid_file.read_text().splitlines()[0]))
        if str(data) in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE:
            return process
    return None
