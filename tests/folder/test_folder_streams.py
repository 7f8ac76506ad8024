"""Errors of streams alone, and the cost of many."""

from __future__ import annotations

import gc
import io
import os
import threading
import tracemalloc
from typing import TYPE_CHECKING, BinaryIO, cast

import pytest

from datastore_db.folder import DocumentProblem, FolderProblem, open_folder

from .trees import TIFF, OneWay, document, paths, picture, problems_in, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Failing(OneWay):
    def readinto(self, buffer: object, /) -> int:
        raise ConnectionResetError(104, "Connection reset by peer")


class WithoutSeekable:
    """As little of a stream as reads."""

    def __init__(self, content: bytes) -> None:
        self.read = io.BytesIO(content).read


def test_streams_that_fail_are_problems(tmp_path: Path) -> None:
    pairs = [
        ("b/1.tiff", io.BytesIO(TIFF)),
        ("b/1.yaml", cast("BinaryIO", Failing(b""))),
        ("b/2.tiff", cast("BinaryIO", Failing(b""))),
        ("b/3.tiff", cast("BinaryIO", WithoutSeekable(TIFF))),
        ("b/4.tiff", cast("BinaryIO", io.StringIO("text"))),
        ("b/5.tiff", closed()),
    ]
    with open_folder(pairs) as folder:
        assert paths(folder) == ["1.tiff", "3.tiff", "4.tiff"]
        assert problems_in(folder) == [
            "1.yaml: cannot be read: Connection reset by peer",
            "2.tiff: cannot be read: Connection reset by peer",
            "5.tiff: cannot be read: I/O operation on closed file",
        ]
        with pytest.raises(DocumentProblem, match=r"^1\.yaml: cannot be read"):
            document(folder, "1.tiff")
        with pytest.raises(FolderProblem, match=r"^4\.tiff: cannot be read: its stream gives text, not bytes$"):
            picture(folder, "4.tiff").open()
        with picture(folder, "3.tiff").open() as file:
            assert file.read() == TIFF


def closed() -> BinaryIO:
    stream = io.BytesIO(TIFF)
    stream.close()
    return stream


def test_a_stream_that_was_closed_is_a_problem() -> None:
    stream = io.BytesIO(TIFF)
    with open_folder([("b/1.tiff", stream)]) as folder:
        stream.close()
        with pytest.raises(FolderProblem, match=r"^1\.tiff: cannot be read: "):
            picture(folder, "1.tiff").open()


def test_a_stream_counts_from_its_beginning() -> None:
    stream = io.BytesIO(TIFF)
    stream.read(5)
    with open_folder([("b/1.tiff", stream)]) as folder:
        assert picture(folder, "1.tiff").size == len(TIFF)
        with picture(folder, "1.tiff").open() as file:
            assert file.read() == TIFF
        assert not stream.closed


@pytest.mark.parametrize("kind", [io.BytesIO, OneWay])
def test_streams_larger_than_allowed_are_refused(kind: type[io.BytesIO]) -> None:
    pairs = [("b/1.tiff", kind(b"x" * 1001)), ("b/2.tiff", kind(b"y" * 1000)), ("b/3.tiff", kind(b"z"))]
    with open_folder(pairs, max_file_size=1000) as folder:
        assert paths(folder) == ["2.tiff", "3.tiff"]
        assert problems_in(folder) == ["1.tiff: is larger than 1,000 bytes"]
        with picture(folder, "2.tiff").open() as file:
            assert file.read() == b"y" * 1000


@pytest.mark.parametrize("kind", [io.BytesIO, OneWay])
def test_many_streams_are_read_at_once(kind: type[io.BytesIO]) -> None:
    contents = {f"{number}.tiff": os.urandom(300_000) for number in range(6)}
    wrong: list[str] = []
    with open_folder((f"b/{path}", kind(content)) for path, content in contents.items()) as folder:

        def read(path: str) -> None:
            with picture(folder, path).open() as one, picture(folder, path).open() as other:
                while block := one.read(7_001):
                    if other.read(7_001) != block or contents[path][one.tell() - len(block) : one.tell()] != block:
                        wrong.append(path)

        threads = [threading.Thread(target=read, args=[path]) for path in list(contents) * 2]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


def test_streams_are_taken_as_they_come() -> None:
    def streams() -> Iterator[tuple[str, BinaryIO]]:
        for number in range(200):
            yield f"b/{number}.tiff", cast("BinaryIO", OneWay(b"x" * 100_000))

    tracemalloc.start()
    try:
        with open_folder(streams()) as folder:
            assert len(paths(folder)) == 200
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5_000_000


def test_pictures_need_little_memory(tmp_path: Path) -> None:
    tree = {f"s/{number}.{kind}": "seed: x" for number in range(1_000) for kind in ("tiff", "yaml")}
    root = write(tmp_path / "b", tree)
    tracemalloc.start()
    try:
        with open_folder(root) as folder:
            for one in folder.picture_sets[0].pictures:
                one.read_document()
            gc.collect()  # how much garbage waits depends on what ran before
            kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 1_000 * 1_200
