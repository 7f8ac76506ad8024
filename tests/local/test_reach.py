"""As root PostgreSQL runs as another user, without access to every folder: no folder's permissions change for that."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import psycopg
import pytest

from datastore_db.local import LocalStackError, reach, start
from datastore_db.local.home import Home

SOMEBODY = "nobody"


def modes(path: Path) -> dict[Path, int]:
    return {folder: stat.S_IMODE(folder.stat().st_mode) for folder in (path, *path.parents)}


@pytest.fixture
def closed(temporary_home: Path) -> Path:
    """A folder like /root, that is closed to other users, in one that is not."""
    folder = temporary_home / "closed"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture(autouse=True)
def is_tidy(temporary_home: Path) -> None:
    shutil.rmtree(temporary_home / "closed", ignore_errors=True)


def test_closed_folders_stay_closed(closed: Path) -> None:
    before = modes(closed)
    home = closed / "home"
    data = home / "postgres-18"
    try:
        with start(home) as local, psycopg.connect(local.database_url, autocommit=True) as connection:
            connection.execute("create table kept (what text)")
            assert modes(closed) == before
        with start(home) as local, psycopg.connect(local.database_url) as connection:
            assert connection.execute("select * from kept").fetchall() == []
        assert modes(closed) == before
        assert (data / "PG_VERSION").read_text() == "18\n"
        assert stat.S_IMODE(data.stat().st_mode) == 0o700
        assert not Home.at(home).has_left_behind()
    finally:
        if data.is_symlink():
            assert (data.resolve().parent / "home").read_text() == f"{home}\n"
            shutil.rmtree(data.resolve().parent)


def test_the_first_closed_folder_is_named(closed: Path) -> None:
    inner = closed / "inner"
    inner.mkdir(mode=0o755)
    assert reach.closed_folder(SOMEBODY, inner / "data") == closed
    assert reach.closed_folder(SOMEBODY, closed.parent / "data") is None
    assert reach.closed_folder(SOMEBODY, closed.parent / "to come" / "data") is None


def test_the_error_without_a_place_names_the_remedy(closed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "ELSEWHERE", closed / "lib")
    with pytest.raises(LocalStackError, match=rf"through {closed} \(mode 700\).*DATASTORE_HOME.*chmod o\+x {closed}"):
        reach.make_place(SOMEBODY, "postgres-18", closed / "home", closed)


def test_a_place_has_a_file_with_its_home(closed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "ELSEWHERE", closed.parent / "lib")
    place = reach.make_place(SOMEBODY, "postgres-18", closed / "home", closed)
    assert place.parent.parent == closed.parent / "lib"
    assert (place.parent / "home").read_text() == f"{closed}/home\n"
    assert reach.closed_folder(SOMEBODY, place) is None
    shutil.rmtree(closed.parent / "lib")


def test_programs_in_a_closed_folder_are_copied_once(closed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "ELSEWHERE", closed.parent / "lib")
    programs, libraries = closed / "package" / "pginstall", closed / "package.libs"
    for folder in (programs.parent, programs, libraries):
        folder.mkdir(mode=0o755)
    (programs / "postgres").write_text("a program")
    (libraries / "libpq.so").write_text("a library")
    copy = reach.reachable_programs(SOMEBODY, programs)
    assert (copy / "postgres").read_text() == "a program"
    assert (copy / "../../package.libs/libpq.so").read_text() == "a library"
    assert reach.closed_folder(SOMEBODY, copy / "postgres") is None
    assert reach.reachable_programs(SOMEBODY, programs) == copy
    assert [path.name for path in (closed.parent / "lib").iterdir()] == [copy.parents[1].name]
    assert reach.reachable_programs(SOMEBODY, copy) == copy
    shutil.rmtree(closed.parent / "lib")
