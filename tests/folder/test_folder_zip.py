"""Errors of zip files alone."""

from __future__ import annotations

import io
import os
import stat
import threading
import zipfile
from typing import TYPE_CHECKING

import pytest

from datastore_db.folder import DocumentProblem, FolderError, FolderProblem, open_folder, source_zip

from .trees import TIFF, document, left_over, paths, picture, problems_in, write_zip

if TYPE_CHECKING:
    from pathlib import Path


def entry(name: str, mode: int = 0, system: int = 3) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = system
    info.external_attr = mode << 16
    return info


def patched(path: Path, *changes: tuple[bytes, bytes]) -> Path:
    """The file with these bytes changed wherever they stand."""
    content = path.read_bytes()
    for old, new in changes:
        assert old in content
        content = content.replace(old, new)
    path.write_bytes(content)
    return path


def test_links_and_special_files_in_a_zip_are_refused(tmp_path: Path) -> None:
    path = write_zip(
        tmp_path / "b.zip",
        [
            (entry("1.tiff", stat.S_IFREG | 0o644), TIFF),
            (entry("1.yaml", stat.S_IFLNK | 0o777), "/etc/passwd"),
            (entry("2.tiff", stat.S_IFLNK | 0o777), "../../2.tiff"),
            (entry("pipe", stat.S_IFIFO), b""),
            (entry("3.tiff", stat.S_IFLNK, system=0), TIFF),
        ],
    )
    with open_folder(path) as folder:
        assert paths(folder) == ["1.tiff", "3.tiff"]
        assert problems_in(folder) == [
            "1.yaml: is a link: those are not followed inside a zip",
            "2.tiff: is a link: those are not followed inside a zip",
        ]
        assert left_over(folder) == ["pipe: is not a regular file"]
        with pytest.raises(DocumentProblem):
            document(folder, "1.tiff")


def test_encrypted_and_unusually_compressed_entries_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "b.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("1.tiff", TIFF)
        archive.writestr("2.tiff", TIFF)
        archive.writestr("3.tiff", TIFF, zipfile.ZIP_LZMA)
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    with open_folder(path) as folder:
        assert paths(folder) == ["2.tiff"]
        assert problems_in(folder) == [
            "1.tiff: is encrypted",
            "3.tiff: is compressed in a way that is not supported; deflate is",
        ]


def test_entries_larger_than_allowed_are_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "b.zip", [("1.tiff", b"x" * 1001), ("2.tiff", b"x" * 1000)])
    with open_folder(path, max_file_size=1000) as folder:
        assert paths(folder) == ["2.tiff"]
        assert problems_in(folder) == ["1.tiff: is larger than 1,000 bytes"]


def test_an_entry_larger_than_declared_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "b.zip", [("1.tiff", b"\0" * 50_000_000), ("2.tiff", TIFF)])
    patched(path, ((50_000_000).to_bytes(4, "little"), (1000).to_bytes(4, "little")))
    with open_folder(path) as folder:
        assert picture(folder, "1.tiff").size == 1000
        with pytest.raises(FolderProblem, match=r"^1\.tiff: is damaged inside the zip$"):
            picture(folder, "1.tiff").open()
        with picture(folder, "2.tiff").open() as file:
            assert file.read() == TIFF


def test_damaged_entries_are_problems(tmp_path: Path) -> None:
    noise = os.urandom(2000)
    path = write_zip(
        tmp_path / "b.zip", [("1.tiff", noise), ("2.tiff", TIFF), ("2.yaml", "seed: " + "x" * 500), ("odd", noise)]
    )
    content = bytearray(path.read_bytes())
    content[100:110] = b"\xff" * 10
    for name in (b"2.yaml", b"odd"):
        start = content.index(name)
        content[start + len(name) : start + len(name) + 4] = b"\xff" * 4
    path.write_bytes(content)
    with open_folder(path) as folder:
        assert problems_in(folder) == ["odd: is damaged inside the zip"]
        with pytest.raises(FolderProblem, match=r"^1\.tiff: is damaged inside the zip$"):
            picture(folder, "1.tiff").open()
        with pytest.raises(DocumentProblem, match=r"^2\.yaml: is damaged inside the zip$"):
            document(folder, "2.tiff")


def test_a_file_that_is_no_zip_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "b.zip", [("1.tiff", TIFF)])
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(FolderError, match=r"b\.zip: neither a folder nor a zip file$"):
        open_folder(path)
    with pytest.raises(FolderError, match="there is nothing in it"):
        open_folder(write_zip(tmp_path / "empty.zip", []))


def test_a_large_entry_goes_to_a_temporary_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = os.urandom(3_000_000)
    path = write_zip(tmp_path / "b.zip", [("1.tiff", content)])
    with open_folder(path) as folder:
        with picture(folder, "1.tiff").open() as file:
            assert isinstance(file, io.BytesIO)
        monkeypatch.setattr(source_zip, "_IN_MEMORY", 1_000_000)
        with picture(folder, "1.tiff").open() as file:
            assert not isinstance(file, io.BytesIO)
            assert file.read() == content
            assert file.seek(5) == 5
            assert file.read(3) == content[5:8]


def test_names_in_other_encodings_are_read(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "b.zip", [("caf#1.tiff", TIFF), ("caf##2.tiff", TIFF), ("nul#.tiff", TIFF)])
    patched(path, (b"caf#1", b"caf\x821"), (b"caf##2", "café2".encode()), (b"nul#", b"nul\0"))
    with open_folder(path) as folder:
        assert paths(folder) == ["café1.tiff", "café2.tiff"]
        assert problems_in(folder) == ["nul\\x00.tiff: its name holds a control character"]
        for path_ in paths(folder):
            with picture(folder, path_).open() as file:
                assert file.read() == TIFF


def test_many_entries_are_read_at_once(tmp_path: Path) -> None:
    contents = {f"{number}.tiff": os.urandom(50_000) for number in range(8)}
    wrong: list[str] = []
    with open_folder(write_zip(tmp_path / "b.zip", contents.items())) as folder:

        def read(path: str) -> None:
            for _ in range(20):
                with picture(folder, path).open() as file:
                    if file.read() != contents[path]:
                        wrong.append(path)

        threads = [threading.Thread(target=read, args=[path]) for path in contents]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []
