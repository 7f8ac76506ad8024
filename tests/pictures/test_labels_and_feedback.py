"""Labels and feedback in the documents of pictures and folders."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import psycopg
import pytest

from datastore_db import Store
from datastore_db.aio import User
from datastore_db.json_codec import Json, JsonObject
from tests.support.calls import Call
from tests.support.inferences import Document, boxes_of
from tests.support.pictures import picture, write_folder

LABELS: list[list[tuple[str, float]]] = [
    [("Ambrosia trifida", 0.6), ("Lolium temulentum", 0.4)],
    [("Solanum nigrum", 0.9)],
    [("Cirsium arvense", 0.7)],
]
NO_SEED: Document = {"label": "", "classId": "", "comment": "No Seed"}


def objects(value: Json) -> list[JsonObject]:
    return cast("list[JsonObject]", value)


class TestKnownLabels:
    def test_a_picture_uploaded_with_a_species_has_its_label_at_once(
        self, acting: Store, ana: User, tmp_path: Path
    ) -> None:
        folder = write_folder(
            tmp_path / "lot",
            {
                "index.yaml": "seed: 14 ambrosia  Trifida",
                "1.tiff": picture(1),
                "s/2.tiff": picture(2),
                "s/2.yaml": "seed: Setaria faberi",
                "s/3.tiff": picture(3),
                "s/3.yaml": "seed: null",
            },
        )
        acting.upload_folder(folder)
        _, lot, inner = acting.folders()
        pictures = objects(lot["pictures"]) + objects(inner["pictures"])
        documents = [acting.picture(str(item["picture_id"])) for item in pictures]
        labels = [
            [(label["seed_name"], label["origin"], label["by"]) for label in objects(document["labels"])]
            for document in documents
        ]
        assert labels == [
            [("Ambrosia trifida", "known", ana["user_id"])],
            [("Setaria faberi", "known", ana["user_id"])],
            [],
        ]

    def test_one_call_gives_the_labels_of_all_folders(
        self, call: Call, pictures: list[str], user: dict[str, str]
    ) -> None:
        first, second, third = pictures
        made = call("create_picture_set", {"name": "empty"}, acting=user["user_id"])
        inference = call("import_inference", second, boxes_of(LABELS[:1]))
        call("import_inference", third, boxes_of(LABELS[:1]))
        call(
            "record_feedback",
            {"inferenceId": inference["inference_id"], "boxes": [{"boxId": inference["boxes"][0]["box_id"]}]},
        )
        general, empty = call("rebuild_folders", acting=user["user_id"])
        assert empty == {
            "picture_set_id": made["picture_set_id"],
            "folder_name": "empty",
            "nb_pictures": 0,
            "pictures": [],
        }
        assert general["nb_pictures"] == 3
        assert {
            item["picture_id"]: (item["is_validated"], item["inference_exist"]) for item in general["pictures"]
        } == {first: (True, False), second: (True, True), third: (False, True)}


@pytest.fixture
def user(call: Call) -> dict[str, str]:
    return dict(call("register_user", "ana@example.org"))


@pytest.fixture
def pictures(call: Call, user: dict[str, str]) -> list[str]:
    """Three stored pictures, of which the first is known to show a species."""
    documents = [{"seed": "Solanum nigrum"}, {}, {}]
    announced = call("announce_pictures", user["picture_set_id"], documents, acting=user["user_id"])
    ids = [str(picture["picture_id"]) for picture in announced]
    call("confirm_pictures", [{"picture_id": id_} for id_ in ids])
    return ids


def error_handling(call: Call, picture_id: str) -> tuple[str, str, str]:
    section = call("rebuild_picture", picture_id)["error_handling"]
    return section["feedback"], section["correction_applied"], section["error_details"]


class TestErrorHandling:
    def test_error_handling_is_empty_without_feedback(self, call: Call, pictures: list[str]) -> None:
        assert error_handling(call, pictures[1]) == ("", "", "")
        call("import_inference", pictures[1], boxes_of(LABELS))
        assert error_handling(call, pictures[1]) == ("", "", "")

    def test_corrections_are_counted_and_kept(self, call: Call, pictures: list[str]) -> None:
        inference = call("import_inference", pictures[1], boxes_of(LABELS))
        ids = [box["box_id"] for box in inference["boxes"]]

        def give(*boxes: Document) -> tuple[str, str, str]:
            call("record_feedback", {"inferenceId": inference["inference_id"], "boxes": list(boxes)})
            return error_handling(call, pictures[1])

        assert give({"boxId": ids[0]}) == ("", "0 of 3 boxes corrected", "")
        assert give({"boxId": ids[0], "label": "Lolium temulentum", "comment": 'with "awns"'}) == (
            *('with "awns"', "1 of 3 boxes corrected", ""),
        )
        assert give({"boxId": ids[1]} | NO_SEED)[:2] == ('with "awns"; No Seed', "2 of 3 boxes corrected")
        # A verdict without a holder is not counted.
        assert give({"boxId": ids[0], "label": "Ambrosia trifida"})[:2] == ("No Seed", "1 of 3 boxes corrected")
        moved = {"topX": 1, "topY": 1, "bottomX": 5, "bottomY": 5}
        assert give({"boxId": ids[2], "box": moved})[1] == "2 of 3 boxes corrected"
        drawn = {"box": moved, "label": "Solanum nigrum", "comment": "missed"}
        assert give(drawn)[:2] == ("No Seed; missed", "3 of 4 boxes corrected")
        # A newer inference without a verdict changes nothing.
        call("import_inference", pictures[1], boxes_of(LABELS[:1]))
        assert error_handling(call, pictures[1])[1] == "3 of 4 boxes corrected"
        before = call("rebuild_picture", pictures[1])
        assert call("rebuild_picture", pictures[0])["error_handling"]["feedback"] == ""
        assert call("reopen_inference", inference["inference_id"])["verified"] is False
        assert call("rebuild_picture", pictures[1])["error_handling"] == before["error_handling"]

    def test_another_experts_agreement_is_counted(self, call: Call, pictures: list[str], user: dict[str, str]) -> None:
        bob = call("register_user", "bob@example.org")
        inference = call("import_inference", pictures[1], boxes_of(LABELS[:1]))
        box = {"boxId": inference["boxes"][0]["box_id"]}
        feedback = {"inferenceId": inference["inference_id"], "boxes": [box | {"comment": "sure"}]}
        call("record_feedback", feedback | {"userId": user["user_id"]})
        again = {
            "inferenceId": inference["inference_id"],
            "userId": bob["user_id"],
            "boxes": [box | {"comment": "me too"}],
        }
        call("record_feedback", again)
        assert error_handling(call, pictures[1]) == ("sure; me too", "0 of 1 box corrected", "")

    def test_a_merged_species_is_no_correction(self, call: Call, pictures: list[str]) -> None:
        inference = call("import_inference", pictures[1], boxes_of([[("Ambrosia trifda", 0.5)]]))
        right = {"boxId": inference["boxes"][0]["box_id"], "label": "Ambrosia trifida"}
        call("record_feedback", {"inferenceId": inference["inference_id"], "boxes": [right]})
        assert error_handling(call, pictures[1])[1] == "1 of 1 box corrected"
        wrong, known = (call("find_seed_named", name)["seed_id"] for name in ("Ambrosia trifda", "Ambrosia trifida"))
        call("merge_seed", wrong, known)
        assert error_handling(call, pictures[1])[1] == "0 of 1 box corrected"

    def test_error_handling_writes_no_history(
        self, database: psycopg.Connection, call: Call, pictures: list[str]
    ) -> None:
        inference = call("import_inference", pictures[1], boxes_of(LABELS[:1]))
        call(
            "record_feedback",
            {"inferenceId": inference["inference_id"], "boxes": [{"boxId": inference["boxes"][0]["box_id"]}]},
        )
        query = "select action from datastore.history where entity_id = %s order by history_id"
        assert database.execute(query, [pictures[1]]).fetchall() == [("created",)]

    @pytest.mark.parametrize(
        ("check", "details"),
        [
            ({"valid_data": True, "error_type": ""}, ""),
            ({"valid_data": False, "error_type": 'strip "2"'}, 'strip "2"'),
            ({"valid_data": False}, "the data of the file is not valid"),
        ],
    )
    def test_error_handling_has_failed_checks(
        self, call: Call, user: dict[str, str], check: Document, details: str
    ) -> None:
        (announced,) = call("announce_pictures", user["picture_set_id"], [{}], [{"quality_check": check}])
        assert error_handling(call, announced["picture_id"]) == ("", "", details)

    def test_unknown_keys_of_error_handling_come_back(self, call: Call, user: dict[str, str]) -> None:
        document = {"error_handling": {"feedback": "mine", "reviewer": None}}
        (announced,) = call("announce_pictures", user["picture_set_id"], [document], acting=user["user_id"])
        inference = call("import_inference", announced["picture_id"], boxes_of(LABELS[:1]))
        feedback = {
            "inferenceId": inference["inference_id"],
            "boxes": [{"boxId": inference["boxes"][0]["box_id"]} | NO_SEED],
        }
        call("record_feedback", feedback)
        assert call("rebuild_picture", announced["picture_id"])["error_handling"] == {
            "feedback": "No Seed",
            "correction_applied": "1 of 1 box corrected",
            "error_details": "",
            "reviewer": None,
        }
