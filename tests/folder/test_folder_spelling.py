"""Where the keys of files go, and in which spelling."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic.alias_generators import to_camel

from datastore_db.folder import DocumentProblem, Place
from datastore_db.folder.spelling import HERE, IRREGULAR, MOVED, Keys, known_keys, unify
from datastore_db.folder.tree import Node, to_object
from datastore_db.folder.yaml_text import read_yaml
from datastore_db.json_codec import dumps, loads

from .trees import TIFF, document, open_as, picture, picture_set

if TYPE_CHECKING:
    from pathlib import Path

    from datastore_db.json_codec import Json, JsonObject

    from .trees import Tree

FILE = known_keys(1)


def unified(text: str) -> JsonObject:
    node, problems = unify(read_yaml(text, "1.yaml") or Node({}, Place("")))
    assert problems == []
    return to_object(node)


def problems(text: str) -> list[str]:
    _, found = unify(read_yaml(text, "1.yaml") or Node({}, Place("")))
    return [str(problem) for problem in found]


def sample(keys: Keys, *, camel: bool) -> Json:
    return {(to_camel(key) if camel else key): sample(inner, camel=camel) for key, inner in keys.items()} or 1


@pytest.mark.parametrize("keys", [FILE, {HERE: FILE[HERE]}])
def test_every_known_key_has_its_camel_case(keys: Keys) -> None:
    snake, camel = (dumps(sample(keys, camel=camel)) for camel in (False, True))
    assert dumps(unified(snake)) == snake
    assert unified(camel) == loads(snake)


def test_irregular_spellings_are_read() -> None:
    text = """
UserData: {numberOfSeeds: 1}
info: {uploadDate: a}
imageData: {format: TIFF, captureDate: b}
qualityCheck: {imageChecksum: x, dataQualityScore: 0.5}
auditTrail: {privacyFlag: false}
clientFeedback: {correctIdentification: true, comparison: as ever, levelOfExpertise: expert}
clientData: {clientEmail: a@b.c}
childData: {children: [{name: a, bbox: {topX: 1}}]}
"""
    assert dumps(unified(text)) == dumps(
        {
            "user_data": {"number_of_seeds": 1},
            "metadata": {"upload_date": "a"},
            "image_data": {"format": "TIFF", "capture_date": "b"},
            "quality_check": {"image_checksum": "x", "quality_score": 0.5},
            "audit_trail": {"privacy_flag": False},
            "client_feedback": {"correct_identification": True, "historical_comparison": "as ever"},
            "client_data": {"client_email": "a@b.c", "client_expertise": "expert"},
            "child_data": {"children": [{"name": "a", "bbox": {"topX": 1}}]},
        }
    )


def test_expertise_moves_without_client_data() -> None:
    assert unified("client_feedback: {level_of_expertise: novice}") == {"client_data": {"client_expertise": "novice"}}
    assert unified("clientFeedback: none") == {"client_feedback": "none"}


def test_unknown_keys_stay() -> None:
    text = '{"fooBar": 1, "userData": {"myKey": {"numberOfSeeds": 1}}, "acquisition": {"userData": {"camelCase": 1}}}'
    assert unified(text) == {
        "fooBar": 1,
        "user_data": {"myKey": {"numberOfSeeds": 1}},
        "acquisition": {"userData": {"camelCase": 1}},
    }


known = {*FILE, *map(to_camel, FILE), *IRREGULAR[""]}


@given(st.dictionaries(st.text().filter(lambda key: key not in known), st.dictionaries(st.text(), st.integers())))
def test_documents_of_unknown_keys_are_left_alone(content: dict[str, Json]) -> None:
    node = _node(content)
    assert unify(node) == (node, [])


def _node(content: object) -> Node:
    if isinstance(content, dict):
        return Node({key: _node(inner) for key, inner in content.items()}, Place("x"))
    assert isinstance(content, int)
    return Node(content, Place("x"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("userData: {zoom: 1}\nuser_data: {}", ["1.yaml:2: user_data: the same key as userData in line 1: KEEP"]),
        ("UserData: {zoom: 1}\nuserData: {}", ["1.yaml:2: userData: the same key as UserData in line 1: KEEP"]),
        ("info: {}\nmetadata: {}", ["1.yaml:2: metadata: the same key as info in line 1: KEEP"]),
        (
            "userData:\n  numberOfSeeds: 1\n  number_of_seeds: 2",
            ["1.yaml:3: userData/number_of_seeds: the same key as userData/numberOfSeeds in line 2: KEEP"],
        ),
        (
            "clientData:\n  clientExpertise: a\nclientFeedback:\n  levelOfExpertise: a",
            [
                "1.yaml:4: clientFeedback/levelOfExpertise: the same key as clientData/clientExpertise in line 2: KEEP"
            ],
        ),
        (
            "clientData: null\nclientFeedback:\n  levelOfExpertise: a",
            ["1.yaml:3: clientFeedback/levelOfExpertise: its place is in clientData in line 1, which holds no keys"],
        ),
    ],
)  # fmt: skip
def test_both_spellings_of_one_key_are_a_problem(text: str, expected: list[str]) -> None:
    assert problems(text) == [problem.replace("KEEP", "keep one of the two") for problem in expected]


def test_an_empty_key_is_no_second_spelling() -> None:
    assert unified("userData:\nuser_data: {zoom: 1}") == {"user_data": {"zoom": 1}}
    assert unified(f"clientFeedback: {{{MOVED[0]}: a, {MOVED[1]}: }}") == {"client_data": {"client_expertise": "a"}}


def test_the_nearest_file_wins_in_either_spelling(tmp_path: Path) -> None:
    tree: Tree = {
        "index.yaml": "userData: {numberOfSeeds: 1}\nclientFeedback: {levelOfExpertise: far}",
        "1.tiff": TIFF,
        "1.yaml": "user_data: {number_of_seeds: 2}\nclient_data: {client_expertise: near}",
    }
    with open_as("directory", tree, tmp_path) as folder:
        assert document(folder, "1.tiff") == {
            "user_data": {"number_of_seeds": 2},
            "client_data": {"client_expertise": "near"},
        }


def test_unknown_keys_of_an_index_go_to_the_pictures(tmp_path: Path) -> None:
    tree: Tree = {
        "index.yaml": "projectName: p\nstation: {row: 4}\nname: x\nimageDataPictureSet: {numberOfImages: 3}",
        "1.tiff": TIFF,
    }
    with open_as("directory", tree, tmp_path) as folder:
        assert document(folder, "1.tiff") == {"station": {"row": 4}, "name": "x"}
        assert picture_set(folder, "").read_document()[0] == {
            "project_name": "p",
            "image_data_picture_set": {"number_of_images": 3},
        }


def test_a_document_beside_a_picture_cannot_describe_a_set(tmp_path: Path) -> None:
    text = "projectName: x\nseed: y\n\nacquisition: {}\nsubmitter_name: z\npictureSet: {}"
    with open_as("directory", {"1.tiff": TIFF, "1.yaml": text}, tmp_path) as folder:
        with pytest.raises(DocumentProblem) as caught:
            document(folder, "1.tiff")
        why = "belongs into an index.yaml: it describes all pictures of a directory"
        assert [str(problem) for problem in caught.value.problems] == [
            f"1.yaml:1: projectName: {why}",
            f"1.yaml:4: acquisition: {why}",
            f"1.yaml:5: submitter_name: {why}",
            f"1.yaml:6: pictureSet: {why}",
        ]


def test_picture_set_is_for_the_set_of_its_directory_only(tmp_path: Path) -> None:
    tree: Tree = {
        "index.yaml": "projectName: p\npicture_set: {name: root, myKey: 1, clientData: {clientEmail: a@b.c}}",
        "1.tiff": TIFF,
        "s/1.tiff": TIFF,
    }
    with open_as("directory", tree, tmp_path) as folder:
        assert picture_set(folder, "").read_document()[0] == {
            "project_name": "p",
            "name": "root",
            "myKey": 1,
            "client_data": {"client_email": "a@b.c"},
        }
        _, places = picture_set(folder, "").read_document()
        assert str(places.problem("/client_data/client_email", "x")) == (
            "index.yaml:2: picture_set/clientData/clientEmail: x"
        )
        assert picture_set(folder, "s").read_document()[0] == {"project_name": "p"}
        assert document(folder, "1.tiff") == document(folder, "s/1.tiff") == {}


@pytest.mark.parametrize(
    ("index", "message"),
    [
        ("pictureSet: {name: x}", "describes the pictures of this directory, which holds none itself"),
        ("pictureSet: null", "must hold keys with values"),
        ("pictureSet: 1", "must hold keys with values"),
    ],
)
def test_an_empty_picture_set_section_is_a_problem(index: str, message: str, tmp_path: Path) -> None:
    with open_as("directory", {"index.yaml": index, "s/1.tiff": TIFF}, tmp_path) as folder:
        with pytest.raises(DocumentProblem) as caught:
            picture(folder, "s/1.tiff").read_document()
        assert str(caught.value) == f"index.yaml:1: pictureSet: {message}"
