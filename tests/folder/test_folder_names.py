"""Names that are refused, and that the rest of the folder goes on."""

from __future__ import annotations

import io
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datastore_db.folder import FolderError, open_folder
from datastore_db.folder.paths import check, natural

from .trees import KINDS, TIFF, document, left_over, open_as, paths, problems_in, write_zip

if TYPE_CHECKING:
    from datastore_db.folder import Folder

    from .trees import Tree

ON_DISK_AND_ELSEWHERE = pytest.mark.parametrize("kind", KINDS)
ELSEWHERE = pytest.mark.parametrize("kind", ["zip", "pairs"])


def open_paths(kind: str, names: list[str], tmp_path: Path, name: str | None = None) -> Folder:
    """Files of these very paths, which no disk need allow."""
    if kind == "zip":
        return open_folder(write_zip(tmp_path / "upload.zip", ((path, TIFF) for path in names)), name=name)
    return open_folder([(path, io.BytesIO(TIFF)) for path in names], name=name)


@ON_DISK_AND_ELSEWHERE
def test_control_characters_and_line_breaks_in_names_are_refused(kind: str, tmp_path: Path) -> None:
    tree: Tree = {
        "1\n2.tiff": TIFF,
        "\x1b[31m.tiff": TIFF,
        "s\t1/1.tiff": TIFF,
        "s\t1/2.tiff": TIFF,
        "s\t1/.hidden": TIFF,
        "a\u2028b.tiff": TIFF,
        "del\x7f.yaml": "",
        "fine.tiff": TIFF,
    }
    with open_as(kind, tree, tmp_path) as folder:
        assert paths(folder) == ["fine.tiff"]
        assert problems_in(folder) == [
            "1\\n2.tiff: its name holds a control character",
            "\\x1b[31m.tiff: its name holds a control character",
            "a\\u2028b.tiff: its name holds a line break",
            "del\\x7f.yaml: its name holds a control character",
            "s\\t1/: its name holds a control character",
        ]


@ON_DISK_AND_ELSEWHERE
def test_names_with_spaces_and_unicode_are_accepted(kind: str, tmp_path: Path) -> None:
    names = [
        " 1 .tiff",
        "Süd west/日本 1.tiff",
        "Süd west/👩\u200d🔬.tiff",
        "a'b\"c;$(d)&.tiff",
        "…/1.tiff",
        "~/1.tiff",
    ]
    with open_as(kind, dict.fromkeys(names, TIFF), tmp_path) as folder:
        assert sorted(paths(folder)) == sorted(names)
        assert problems_in(folder) == []


@ELSEWHERE
def test_paths_that_leave_the_folder_are_refused(kind: str, tmp_path: Path) -> None:
    names = [
        "b/1.tiff",
        "b/../../etc/1.tiff",
        "../2.tiff",
        "/etc/3.tiff",
        "C:\\4.tiff",
        "\\\\host\\5.tiff",
        "b/s/..",
        "..",
    ]
    with open_paths(kind, names, tmp_path) as folder:
        assert folder.name == "b"
        assert paths(folder) == ["1.tiff"]
        assert {problem.file: problem.message for problem in folder.problems} == {
            "../../etc/1.tiff": "its path holds '..'",
            "../2.tiff": "its path holds '..'",
            "/etc/3.tiff": "its path is absolute",
            "C:/4.tiff": "its path is absolute",
            "//host/5.tiff": "its path is absolute",
            "s/..": "its path holds '..'",
            "..": "its path holds '..'",
        }


@ELSEWHERE
def test_separators_of_windows_and_idle_steps_are_normalised(kind: str, tmp_path: Path) -> None:
    names = ["b\\s\\1.tiff", "./b/s//2.tiff", "b/./3.tiff", "b\\empty\\", "b/other/"]
    with open_paths(kind, names, tmp_path) as folder:
        assert folder.name == "b"
        assert paths(folder) == ["3.tiff", "s/1.tiff", "s/2.tiff"]
        assert problems_in(folder) == []


@ELSEWHERE
def test_the_same_path_twice_is_refused(kind: str, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        folder = open_paths(kind, ["b/1.tiff", "b/1.tiff", "b/2.tiff", "b/2.yaml", "b/2.yaml", "b/3.tiff"], tmp_path)
    with folder:
        assert paths(folder) == ["2.tiff", "3.tiff"]
        assert problems_in(folder) == ["1.tiff: is there twice", "2.yaml: is there twice"]
        assert document(folder, "3.tiff") == {}
        with pytest.raises(Exception, match=r"^2\.yaml: is there twice$"):
            document(folder, "2.tiff")


@ELSEWHERE
def test_the_root_is_the_common_folder(kind: str, tmp_path: Path) -> None:
    with open_paths(kind, ["b/1.tiff", "__MACOSX/b/._1.tiff", ".DS_Store"], tmp_path) as folder:
        assert (folder.name, paths(folder)) == ("b", ["1.tiff"])
        assert left_over(folder) == [".DS_Store: a hidden file", "__MACOSX/: added by macOS"]
    with open_paths(kind, ["b/1.tiff", "c/1.tiff"], tmp_path, "x") as folder:
        assert (folder.name, paths(folder)) == ("x", ["b/1.tiff", "c/1.tiff"])
    with open_paths(kind, ["b/1.tiff", "2.tiff"], tmp_path, "x") as folder:
        assert (folder.name, paths(folder)) == ("x", ["2.tiff", "b/1.tiff"])
    with open_paths(kind, ["b/1.tiff"], tmp_path, "x") as folder:
        assert (folder.name, paths(folder)) == ("x", ["1.tiff"])


def test_a_folder_without_a_common_root_has_a_name(tmp_path: Path) -> None:
    names = ["b/1.tiff", "2.tiff"]
    with open_paths("zip", names, tmp_path) as folder:
        assert folder.name == "upload"
    with pytest.raises(FolderError, match="give it a name"):
        open_paths("pairs", names, tmp_path)
    with pytest.raises(FolderError, match="give it a name"):
        open_paths("pairs", ["1.tiff"], tmp_path)
    with pytest.raises(FolderError, match=r"^x\\ny: this folder needs another name: its name holds a control char"):
        open_paths("pairs", names, tmp_path, "x\ny")


def test_names_that_are_not_utf_8_are_refused(tmp_path: Path) -> None:
    root = os.fsencode(tmp_path / "b")
    Path(os.fsdecode(root)).mkdir()
    for name in (b"caf\xe9.tiff", b"fine.tiff"):
        with open(root + b"/" + name, "wb") as file:  # noqa: PTH123 - a name in bytes
            file.write(TIFF)
    os.mkdir(root + b"/d\xff")  # noqa: PTH102
    with open_folder(os.fsdecode(root)) as folder:
        assert paths(folder) == ["fine.tiff"]
        assert problems_in(folder) == [
            "caf\\xe9.tiff: its name is not valid UTF-8",
            "d\\xff/: its name is not valid UTF-8",
        ]


def test_backslashes_on_disk_are_part_of_the_name(tmp_path: Path) -> None:
    with open_as("directory", {"a\\1.tiff": TIFF, "a\\1.yaml": "seed: x"}, tmp_path) as folder:
        assert document(folder, "a\\1.tiff") == {"seed": "x"}


@given(st.text(max_size=40) | st.text("a./\\\n\0é ", max_size=12))
def test_every_path_is_judged(path: str) -> None:
    judged = check(path)
    assert judged.path.isprintable() or "\n" not in judged.path
    if judged.usable:
        assert check(judged.path) == judged
        assert not {"", ".", ".."} & set(judged.path.split("/"))
        assert not any(ord(c) < 32 for c in judged.path)


@given(st.text("a1029.-é²٣ B", max_size=6), st.text("a1029.-é²٣ B", max_size=6))
def test_any_two_names_have_an_order(one: str, other: str) -> None:
    assert (one == other) + (natural(one) < natural(other)) + (natural(other) < natural(one)) == 1


def test_names_are_in_natural_order() -> None:
    assert sorted(["10", "2", "1a", "a10", "a2", "A1", "01", "1"], key=natural) == [
        "01", "1", "1a", "2", "10", "A1", "a2", "a10",
    ]  # fmt: skip
