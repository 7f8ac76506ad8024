"""The content of a folder from any source: sets, pictures, order, and files that are left over."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from datastore_db.folder import DocumentProblem, FolderError, FolderProblem, open_folder

from .trees import KINDS, TIFF, document, left_over, open_as, paths, picture, picture_set, problems_in

if TYPE_CHECKING:
    from pathlib import Path

    from .trees import Tree

pytestmark = pytest.mark.parametrize("kind", KINDS)

BARLEY: Tree = {
    "index.yaml": """
projectName: barley-2024
submitterName: A. Analyst
clientData: {clientEmail: ana@example.org, clientExpertise: seed analyst}
acquisition: {microscope: Leica S9i, objective: 1x}
seed: Ambrosia artemisiifolia
userData: {zoom: 30}
""",
    "pictures/session1/index.yaml": "acquisition: {objective: 2x}\nuserData: {zoom: 40, light: ring}\n",
    "pictures/session1/1.tiff": TIFF,
    "pictures/session1/1.yaml": "userData: {numberOfSeeds: 6}\n",
    "pictures/session1/2.tiff": TIFF + b"2",
    "pictures/session1/2.json": '{"seed": null, "user_data": {"zoom": 1.50}}',
    "pictures/session2/été 1.tiff": TIFF,
    "notes.txt": "to do",
}


def test_each_directory_with_pictures_is_a_set(kind: str, tmp_path: Path) -> None:
    with open_as(kind, BARLEY, tmp_path) as folder:
        assert folder.name == "barley-2024"
        assert [(some.relative_path, some.name) for some in folder.picture_sets] == [
            ("pictures/session1", "session1"),
            ("pictures/session2", "session2"),
        ]
        assert paths(folder) == [
            "pictures/session1/1.tiff",
            "pictures/session1/2.tiff",
            "pictures/session2/été 1.tiff",
        ]
        assert folder.problems == []
        assert left_over(folder) == ["notes.txt: not a picture"]


def test_documents_are_inherited(kind: str, tmp_path: Path) -> None:
    with open_as(kind, BARLEY, tmp_path) as folder:
        client = {"client_email": "ana@example.org", "client_expertise": "seed analyst"}
        assert picture_set(folder, "pictures/session1").read_document()[0] == {
            "project_name": "barley-2024",
            "submitter_name": "A. Analyst",
            "client_data": client,
            "acquisition": {"microscope": "Leica S9i", "objective": "2x"},
        }
        assert document(folder, "pictures/session1/1.tiff") == {
            "client_data": client,
            "seed": "Ambrosia artemisiifolia",
            "user_data": {"zoom": 40, "light": "ring", "number_of_seeds": 6},
        }
        second = document(folder, "pictures/session1/2.tiff")
        assert second["seed"] is None
        assert str(second["user_data"]) == "{'zoom': Decimal('1.50'), 'light': 'ring'}"
        assert document(folder, "pictures/session2/été 1.tiff")["user_data"] == {"zoom": 30}


def test_a_picture_opens_any_number_of_times(kind: str, tmp_path: Path) -> None:
    with open_as(kind, BARLEY, tmp_path) as folder:
        second = picture(folder, "pictures/session1/2.tiff")
        assert second.name == "2.tiff"
        assert second.size == len(TIFF) + 1
        with second.open() as one, second.open() as other:
            assert one.read(3) == TIFF[:3]
            assert other.read() == TIFF + b"2"
            assert one.read() == TIFF[3:] + b"2"
            assert one.seek(-1, io.SEEK_END) == len(TIFF)
            assert one.read(5) == b"2"
            assert one.seek(2) == 2
            assert one.seek(1, io.SEEK_CUR) == 3
            assert one.read(1) == TIFF[3:4]
            with pytest.raises((ValueError, OSError)):
                one.seek(-100)


def test_order_is_natural(kind: str, tmp_path: Path) -> None:
    names = ["s10/1.tiff", "s2/10.tiff", "s2/2.tiff", "s2/B.tiff", "s2/a.tiff", "s2/x/1.tiff", "0.tiff"]
    with open_as(kind, dict.fromkeys(names, TIFF), tmp_path) as folder:
        assert paths(folder) == [
            "0.tiff", "s2/2.tiff", "s2/10.tiff", "s2/a.tiff", "s2/B.tiff", "s2/x/1.tiff", "s10/1.tiff",
        ]  # fmt: skip
        assert folder.picture_sets[0].relative_path == ""
        assert folder.picture_sets[0].name == "barley-2024"


def test_content_decides_where_the_extension_says_nothing(kind: str, tmp_path: Path) -> None:
    png = b"\x89PNG\r\n\x1a\n" + b"\0" * 30
    tree: Tree = {
        "scan": png,
        "scan.yaml": "seed: x",
        "photo.dat": png,
        "table.csv": "a,b",
        "empty": b"",
        "text.tiff": "text",
    }
    with open_as(kind, tree, tmp_path) as folder:
        assert paths(folder) == ["photo.dat", "scan", "text.tiff"]
        assert document(folder, "scan") == {"seed": "x"}
        assert left_over(folder) == ["empty: not a picture", "table.csv: not a picture"]


def test_files_that_are_left_over_are_listed(kind: str, tmp_path: Path) -> None:
    tree: Tree = {
        "1.tiff": TIFF,
        "1.yaml": "seed: far",
        "1.tiff.yaml": "seed: near",
        "3.json": "not even JSON",
        "docs/index.yaml": "seed: x",
        "docs/readme.md": "x",
        ".DS_Store": "x",
        ".git/config": "x",
        ".git/objects/00": "x",
        "__MACOSX/._1.tiff": "x",
    }
    with open_as(kind, tree, tmp_path) as folder:
        assert folder.problems == []
        assert left_over(folder) == [
            "1.yaml: 1.tiff.yaml is read instead",
            "3.json: no picture of this name beside it",
            ".DS_Store: a hidden file",
            ".git/: a hidden directory",
            "__MACOSX/: added by macOS",
            "docs/index.yaml: no picture in this directory or below it",
            "docs/readme.md: not a picture",
        ]
        assert document(folder, "1.tiff") == {"seed": "near"}


def test_two_pictures_may_share_a_document(kind: str, tmp_path: Path) -> None:
    with open_as(kind, {"1.tiff": TIFF, "1.png": TIFF, "1.YML": "seed: x"}, tmp_path) as folder:
        assert document(folder, "1.tiff") == document(folder, "1.png") == {"seed": "x"}
        assert folder.not_processed == []


def test_the_index_describes_no_picture_of_that_name(kind: str, tmp_path: Path) -> None:
    tree: Tree = {"index.tiff": TIFF, "index.yaml": "seed: all", "index.tiff.yaml": "seed: one", "2.tiff": TIFF}
    with open_as(kind, tree, tmp_path) as folder:
        assert document(folder, "index.tiff") == {"seed": "one"}
        assert document(folder, "2.tiff") == {"seed": "all"}


def test_two_documents_for_one_picture_are_a_problem(kind: str, tmp_path: Path) -> None:
    tree: Tree = {"1.tiff": TIFF, "1.yaml": "seed: x", "1.json": "{}", "2.tiff": TIFF}
    with open_as(kind, tree, tmp_path) as folder:
        with pytest.raises(DocumentProblem, match=r"^1\.json: 1\.json and 1\.yaml are both there"):
            document(folder, "1.tiff")
        assert document(folder, "2.tiff") == {}


def test_two_indexes_in_one_directory_are_a_problem(kind: str, tmp_path: Path) -> None:
    tree: Tree = {"a/1.tiff": TIFF, "a/index.yaml": "", "a/index.yml": "", "a/b/1.tiff": TIFF, "c/1.tiff": TIFF}
    with open_as(kind, tree, tmp_path) as folder:
        for path in ["a/1.tiff", "a/b/1.tiff"]:
            with pytest.raises(DocumentProblem, match=r"^a/index\.yaml: index\.yaml and index\.yml are both"):
                document(folder, path)
        with pytest.raises(DocumentProblem, match=r"^a/index\.yaml"):
            picture_set(folder, "a/b").read_document()
        assert document(folder, "c/1.tiff") == {}


def test_a_broken_index_is_a_problem_of_all_pictures_below(kind: str, tmp_path: Path) -> None:
    tree: Tree = {"a/index.yaml": "seed: [x", "a/b/c/1.tiff": TIFF, "a/b/c/1.yaml": "seed: y", "d/1.tiff": TIFF}
    with open_as(kind, tree, tmp_path) as folder:
        with pytest.raises(DocumentProblem) as first:
            document(folder, "a/b/c/1.tiff")
        with pytest.raises(DocumentProblem) as second:
            picture_set(folder, "a/b/c").read_document()
        assert first.value.problems == second.value.problems
        assert str(first.value) == "a/index.yaml:1: expected ',' or ']' (in the list in [ ] that begins in line 1)"
        assert document(folder, "d/1.tiff") == {}


def test_a_document_that_is_too_large_is_a_problem(kind: str, tmp_path: Path) -> None:
    tree: Tree = {"1.tiff": TIFF, "1.yaml": "#" * (1024**2 + 1), "2.tiff": TIFF, "2.yaml": "#" * 1024**2}
    with open_as(kind, tree, tmp_path) as folder:
        assert document(folder, "2.tiff") == {}
        with pytest.raises(DocumentProblem, match=r"^1\.yaml: is larger than 1,048,576 bytes"):
            document(folder, "1.tiff")


def test_places_lead_to_the_file_and_the_line(kind: str, tmp_path: Path) -> None:
    tree: Tree = {**BARLEY, "pictures/session1/1.yaml": "\nuserData:\n  numberOfSeeds: 6\n  list:\n  - a\n  - b: 1\n"}
    with open_as(kind, tree, tmp_path) as folder:
        _, places = picture(folder, "pictures/session1/1.tiff").read_document()
        expected = {
            "/user_data/number_of_seeds": "pictures/session1/1.yaml:3: userData/numberOfSeeds: wrong",
            "/user_data/list/1/b": "pictures/session1/1.yaml:6: userData/list/1/b: wrong",
            "/user_data/zoom": "pictures/session1/index.yaml:2: userData/zoom: wrong",
            "/user_data/description": "pictures/session1/1.yaml:2: userData/description: wrong",
            "/client_data/client_email": "index.yaml:4: clientData/clientEmail: wrong",
            "/seed/seed_id": "index.yaml:6: seed/seed_id: wrong",
        }
        assert {path: str(places.problem(path, "wrong")) for path in expected} == expected
        assert places["/user_data/nothing/at/all"].line == 2
        assert places[""].file == "pictures/session1/1.yaml"
        _, places = picture(folder, "pictures/session2/été 1.tiff").read_document()
        assert str(places.problem("", "wrong")) == "pictures/session2/été 1.tiff: wrong"
        _, places = picture_set(folder, "pictures/session1").read_document()
        assert str(places.problem("/acquisition/objective", "x")) == (
            "pictures/session1/index.yaml:1: acquisition/objective: x"
        )


def test_pictures_need_no_document(kind: str, tmp_path: Path) -> None:
    with open_as(kind, {"s/1.tiff": TIFF}, tmp_path) as folder:
        empty, places = picture_set(folder, "s").read_document()
        assert empty == {}
        assert str(places.problem("/name", "x")) == "s/: name: x"
        empty, places = picture(folder, "s/1.tiff").read_document()
        assert empty == {}
        assert str(places.problem("/seed", "x")) == "s/1.tiff: seed: x"


def test_a_folder_without_pictures_is_an_error(kind: str, tmp_path: Path) -> None:
    with open_as(kind, {"index.yaml": "seed: x", "text.txt": "x"}, tmp_path) as folder:
        assert folder.picture_sets == []
        assert problems_in(folder) == ["barley-2024: there is no picture in this folder"]
        assert [left.file for left in folder.not_processed] == ["index.yaml", "text.txt"]


def test_an_empty_folder_is_an_error(kind: str, tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="there is nothing in it"):
        open_as(kind, {}, tmp_path)


def test_nothing_opens_after_closing_except_from_disk(kind: str, tmp_path: Path) -> None:
    with open_as(kind, {"1.tiff": TIFF}, tmp_path) as folder:
        pass
    folder.close()
    if kind in {"zip", "pairs of streams that cannot seek"}:
        with pytest.raises(FolderProblem, match=r"^1\.tiff: cannot be read"):
            picture(folder, "1.tiff").open()


def test_names_equal_but_for_their_encoding_are_a_problem(kind: str, tmp_path: Path) -> None:
    composed, decomposed = "\u00e9.tiff", "e\u0301.tiff"
    tree: Tree = {
        decomposed: TIFF,
        composed: TIFF,
        "2.tiff": TIFF,
        "e\u0301t\u00e9/1.tiff": TIFF,
        "\u00e9te\u0301/2.tiff": TIFF,
    }
    with open_as(kind, tree, tmp_path) as folder:
        assert problems_in(folder) == [f"{composed}: is there twice, with its letters encoded in two ways"]
        assert paths(folder) == ["2.tiff", "\u00e9t\u00e9/1.tiff", "\u00e9t\u00e9/2.tiff"]
        for path in paths(folder):
            with picture(folder, path).open() as file:
                assert file.read() == TIFF


def test_paths_that_are_too_long_are_problems(kind: str, tmp_path: Path) -> None:
    deep = "/".join(["d" * 200] * 6)
    fits = "/".join(["e" * 200] * 5) + "/" + "f" * 14 + ".tiff"
    assert len(fits) == 1024
    tree: Tree = {f"{deep}/1.tiff": TIFF, f"{deep}/2.tiff": TIFF, fits: TIFF, fits.replace("f.", "ff."): TIFF}
    with open_as(kind, tree, tmp_path) as folder:
        assert paths(folder) == [fits]
        assert [problem.file for problem in folder.problems] == [f"{deep}/", fits.replace("f.", "ff.")]
        assert {problem.message for problem in folder.problems} == {"its path is longer than 1024 bytes"}


def test_very_deep_directories_are_read(kind: str, tmp_path: Path) -> None:
    deep = "d/" * 500
    with open_as(kind, {"index.yaml": "seed: x", f"{deep}1.tiff": TIFF}, tmp_path) as folder:
        assert document(folder, f"{deep}1.tiff") == {"seed": "x"}


def test_a_given_name_is_used(kind: str, tmp_path: Path) -> None:
    folder = open_as(kind, {"1.tiff": TIFF}, tmp_path)
    folder.close()
    if kind == "directory":
        assert open_folder(tmp_path / "barley-2024", name="other").name == "other"
    elif kind == "zip":
        assert open_folder(tmp_path / "upload.zip", name="other").name == "other"
    else:
        assert open_folder([("a/1.tiff", io.BytesIO(TIFF))], name="other").name == "other"
