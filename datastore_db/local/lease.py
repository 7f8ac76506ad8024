"""Locks on files.

The kernel gives a lock back when the process that holds it ends, be it by `SIGKILL`. So a lock shows whether a
process is alive, and never has to be cleaned up, unlike the number of a process in a file.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING
from weakref import WeakSet

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

_not_for_forks: WeakSet[Lock] = WeakSet()


class Lock:
    """A lock on a file, shared by many or held by one. Programs that this process starts do not inherit it.

    A fork of this process has part in it only when `for_forks` says so: then it is held until both let go of it.
    """

    def __init__(self, path: Path, *, for_forks: bool = False) -> None:
        self.fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        if not for_forks:
            _not_for_forks.add(self)

    @classmethod
    def inherited(cls, fd: int) -> Self:
        """The lock that the process which started this one holds, and handed over."""
        lock = cls.__new__(cls)
        lock.fd = fd
        os.set_inheritable(fd, False)
        return lock

    def share(self) -> None:
        """Hold it together with others, as soon as no process holds it alone."""
        fcntl.flock(self.fd, fcntl.LOCK_SH)

    def take(self) -> None:
        """Hold it alone, as soon as no other process holds it."""
        fcntl.flock(self.fd, fcntl.LOCK_EX)

    def try_to_share(self) -> bool:
        """Hold it together with others, unless a process holds it alone."""
        return self._try(fcntl.LOCK_SH)

    def try_to_take(self) -> bool:
        """Hold it alone, unless another process holds it. A lock that this one held before is lost either way."""
        return self._try(fcntl.LOCK_EX)

    def _try(self, kind: int) -> bool:
        try:
            fcntl.flock(self.fd, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(self.fd, fcntl.LOCK_UN)
            return False
        return True

    def release(self) -> None:
        """Give it back, also in the name of processes that were forked from this one and share its file."""
        if self.fd >= 0:
            fcntl.flock(self.fd, fcntl.LOCK_UN)
            self.forget()

    def forget(self) -> None:
        """Close the file; the lock stays with a process that shares it: a fork's parent, or its heir."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def _forget_in_fork() -> None:
    for lock in list(_not_for_forks):
        lock.forget()


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_forget_in_fork)
