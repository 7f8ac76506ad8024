"""Which feedback is refused, and whose feedback it is."""

from __future__ import annotations

import uuid

import pytest

from tests.inferences.feedback import LABELS, NOT_A_SEED, Say
from tests.support.calls import Call
from tests.support.errors import errors_of, refused
from tests.support.inferences import Document, boxes_of


class TestAuthor:
    def test_feedback_is_of_the_acting_user(self, say: Say, ana: dict[str, str]) -> None:
        assert (
            say((0, {}), (1, {}), (2, {}), acting=ana["user_id"], userId=ana["user_id"])["verified_by"]
            == ana["user_id"]
        )

    def test_feedback_in_another_users_name_is_refused(
        self, say: Say, ana: dict[str, str], bob: dict[str, str]
    ) -> None:
        with refused("DS403") as error:
            say((0, {}), acting=ana["user_id"], userId=bob["user_id"])
        assert errors_of(error) == [("/userId", "userId")]
        with refused("DS404"):
            say((0, {}), userId=str(uuid.uuid4()))

    def test_an_inference_of_another_container_is_not_found(
        self, say: Say, call: Call, bob: dict[str, str], imported: Document
    ) -> None:
        with refused("DS404") as error:
            say((0, {}), acting=bob["user_id"])
        assert errors_of(error) == [("/inferenceId", "inferenceId")]
        sent = {"inferenceId": imported["inference_id"], "boxes": []}
        with refused("DS404"):
            call("record_feedback", sent, bob["container_id"])


class TestBadInput:
    def test_unknown_ids_are_not_found(self, say: Say, call: Call, picture_id: str, imported: Document) -> None:
        nobody = str(uuid.uuid4())
        other = call("import_inference", picture_id, boxes_of(LABELS))
        with refused("DS404") as error:
            say((0, {}), (nobody, {}), (other["boxes"][0]["box_id"], {}))
        assert errors_of(error) == [("/boxes/1/boxId", "boxId"), ("/boxes/2/boxId", "boxId")]
        with refused("DS404") as error:
            say((0, {}), (1, {"classId": nobody}))
        assert errors_of(error) == [("/boxes/1/classId", "classId")]
        with refused("DS404") as error:
            say((0, {}), inferenceId=nobody)
        assert errors_of(error) == [("/inferenceId", "inferenceId")]
        assert call("rebuild_inference", imported["inference_id"]) == imported

    def test_the_same_box_twice_is_refused(self, say: Say, imported: Document) -> None:
        with refused("DS400") as error:
            say((0, {}), (imported["boxes"][0]["box_id"].upper(), NOT_A_SEED))
        assert errors_of(error) == [("/boxes/1/boxId", "uniqueBoxId")]

    @pytest.mark.parametrize(
        ("change", "expected"),
        [
            ({"userId": "x"}, [("/userId", "format")]),
            ({"inferenceId": "x"}, [("/inferenceId", "format")]),
            ({"inferenceId": None}, [("/inferenceId", "type")]),
            ({"boxes": {}}, [("/boxes", "type")]),
            ({"boxes": [5]}, [("/boxes/0", "type")]),
        ],
    )
    def test_invalid_feedback_is_refused(
        self, call: Call, imported: Document, change: Document, expected: list[tuple[str, str]]
    ) -> None:
        with refused("DS400") as error:
            call("record_feedback", {"inferenceId": imported["inference_id"], "boxes": []} | change)
        assert errors_of(error) == expected
