"""Links, special files and what cannot be read, in a directory on disk."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from datastore_db.folder import DocumentProblem, FolderError, FolderProblem, open_folder

from .trees import TIFF, document, left_over, paths, picture, problems_in, write

if TYPE_CHECKING:
    from collections.abc import Callable

    from .trees import Tree


def test_links_within_the_folder_are_followed_and_others_refused(tmp_path: Path) -> None:
    root = write(tmp_path / "b", {"store/1.tiff": TIFF + b"1", "store/x.yaml": "seed: x", "s/2.tiff": TIFF})
    outside = write(tmp_path / "b-secret", {"key.yaml": "seed: secret", "1.tiff": TIFF})
    (root / "s/1.tiff").symlink_to("../store/1.tiff")
    (root / "s/1.yaml").symlink_to(root / "store/x.yaml")
    (root / "s/2.yaml").symlink_to(outside / "key.yaml")
    (root / "s/3.tiff").symlink_to(outside / "1.tiff")
    (root / "s/4.tiff").symlink_to("nowhere")
    (root / "s/5.tiff").symlink_to("5.tiff")
    (root / "s/dir").symlink_to("../store")
    (root / "s/out").symlink_to(outside)
    (root / "s/up").symlink_to("..")
    with open_folder(root) as folder:
        assert paths(folder) == ["s/1.tiff", "s/2.tiff", "store/1.tiff"]
        assert document(folder, "s/1.tiff") == {"seed": "x"}
        assert picture(folder, "s/1.tiff").size == len(TIFF) + 1
        with picture(folder, "s/1.tiff").open() as file:
            assert file.read() == TIFF + b"1"
        assert problems_in(folder) == [
            "s/2.yaml: is a link that leaves the folder",
            "s/3.tiff: is a link that leaves the folder",
            "s/4.tiff: is a link to nothing",
            "s/5.tiff: is a link to nothing",
            "s/dir: is a link to a directory: those are not followed",
            "s/out: is a link that leaves the folder",
            "s/up: is a link to a directory: those are not followed",
        ]
        with pytest.raises(DocumentProblem) as caught:
            document(folder, "s/2.tiff")
        assert caught.value.problems == folder.problems[:1]


def test_the_root_itself_may_be_a_link(tmp_path: Path) -> None:
    write(tmp_path / "b", {"s/1.tiff": TIFF})
    (tmp_path / "link").symlink_to("b")
    with open_folder(str(tmp_path / "link")) as folder:
        assert folder.name == "link"
        assert paths(folder) == ["s/1.tiff"]


def test_the_set_of_the_current_directory_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write(tmp_path / "b", {"1.tiff": TIFF}))
    for here in (".", Path(), f"{os.pardir}/b/"):
        with open_folder(here) as folder:
            assert folder.name == "b"


def test_special_files_are_never_opened(tmp_path: Path) -> None:
    root = write(tmp_path / "b", {"1.tiff": TIFF, "2.tiff": TIFF})
    for name in ("pipe", "pipe.tiff", "1.yaml"):
        os.mkfifo(root / name)
    (root / "device").symlink_to("/dev/zero")
    (root / "to-pipe").symlink_to("pipe")
    with socket.socket(socket.AF_UNIX) as listening, open_folder_after_binding(listening, root) as folder:
        assert paths(folder) == ["1.tiff", "2.tiff"]
        assert left_over(folder) == [
            "pipe: is not a regular file",
            "pipe.tiff: is not a regular file",
            "socket: is not a regular file",
            "to-pipe: is not a regular file",
        ]
        assert problems_in(folder) == ["1.yaml: is not a regular file", "device: is a link that leaves the folder"]
        with pytest.raises(DocumentProblem, match=r"^1\.yaml: is not a regular file$"):
            document(folder, "1.tiff")


def open_folder_after_binding(listening: socket.socket, root: Path) -> Any:
    # A socket's path must be short
    here = Path.cwd()
    try:
        os.chdir(root)
        listening.bind("socket")
    finally:
        os.chdir(here)
    return open_folder(root)


def test_a_file_that_was_replaced_after_listing_is_refused(tmp_path: Path) -> None:
    root = write(tmp_path / "b", {"1.tiff": TIFF, "2.tiff": TIFF, "3.tiff": TIFF})
    secret = write(tmp_path / "c", {"secret": b"x"}) / "secret"
    with open_folder(root) as folder:
        for name in ("1.tiff", "2.tiff", "3.tiff"):
            (root / name).unlink()
        os.mkfifo(root / "1.tiff")
        (root / "2.tiff").symlink_to(secret)
        with pytest.raises(FolderProblem, match=r"^1\.tiff: cannot be read: no longer a regular file$"):
            picture(folder, "1.tiff").open()
        with pytest.raises(FolderProblem, match=r"^2\.tiff: cannot be read: "):
            picture(folder, "2.tiff").open()
        with pytest.raises(FolderProblem, match=r"^3\.tiff: there is no such file or folder$"):
            picture(folder, "3.tiff").open()


def refusing(original: Callable[..., Any], *names: str) -> Callable[..., Any]:
    def refuse(path: Any, *arguments: Any, **options: Any) -> Any:
        if Path(path).name in names:
            raise PermissionError(13, "Permission denied", str(path))
        return original(path, *arguments, **options)

    return refuse


def test_a_file_without_read_permission_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree: Tree = {"1.tiff": TIFF, "2.tiff": TIFF, "2.yaml": "seed: x", "scan": TIFF, "s/1.tiff": TIFF, "t/1.tiff": TIFF}
    root = write(tmp_path / "b", tree)
    monkeypatch.setattr(os, "open", refusing(os.open, "1.tiff", "2.yaml", "scan"))
    monkeypatch.setattr(os, "scandir", refusing(os.scandir, "s"))
    with open_folder(root) as folder:
        assert paths(folder) == ["1.tiff", "2.tiff", "t/1.tiff"]
        assert problems_in(folder) == ["s/: reading it is not permitted", "scan: reading it is not permitted"]
        with pytest.raises(FolderProblem, match=r"^1\.tiff: reading it is not permitted$"):
            picture(folder, "1.tiff").open()
        with pytest.raises(DocumentProblem, match=r"^2\.yaml: reading it is not permitted$"):
            document(folder, "2.tiff")


def test_folders_that_cannot_be_read_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FolderError, match=r"nowhere: there is no such file or folder$"):
        open_folder(tmp_path / "nowhere")
    (tmp_path / "empty/inside").mkdir(parents=True)
    with pytest.raises(FolderError, match=r"^empty: there is nothing in it$"):
        open_folder(tmp_path / "empty")
    (tmp_path / "text").write_text("x")
    os.mkfifo(tmp_path / "pipe")
    for name in ("text", "pipe"):
        with pytest.raises(FolderError, match=f"{name}: neither a folder nor a zip file$"):
            open_folder(tmp_path / name)
    with pytest.raises(FolderError, match="x\\\\x00y: "):
        open_folder("x\0y")
    monkeypatch.setattr(os, "scandir", refusing(os.scandir, "b"))
    with pytest.raises(FolderError, match=r"b: reading it is not permitted$"):
        open_folder(write(tmp_path / "b", {"1.tiff": TIFF}))


def test_no_file_stays_open(tmp_path: Path) -> None:
    root = write(
        tmp_path / "b", {f"{number}.tiff": TIFF for number in range(20)} | {"1.yaml": "", "index.yaml": "", "x": ""}
    )
    before = len(list(Path("/proc/self/fd").iterdir()))
    with open_folder(root) as folder:
        for path in paths(folder):
            document(folder, path)
        assert len(list(Path("/proc/self/fd").iterdir())) == before
