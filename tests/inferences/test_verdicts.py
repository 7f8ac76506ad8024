"""The contents of a box of feedback, each row of the table."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.inferences.feedback import MOVED, NOT_A_SEED, Say
from tests.support.calls import Call
from tests.support.errors import errors_of, refused
from tests.support.inferences import Document, boxes_of


class TestVerdictOfABox:
    def test_a_box_id_alone_confirms_the_top_guess(self, say: Say, imported: Document) -> None:
        box = say((0, {}))["boxes"][0]
        before = imported["boxes"][0]
        assert box == before | {
            "is_verified": True,
            "score": 1,
            "model": {"label": before["label"], "score": before["score"], "box": before["box"]},
        }

    def test_null_is_the_same_as_absent(self, say: Say, imported: Document) -> None:
        nothing = dict.fromkeys(["label", "classId", "box", "comment"])
        assert say((0, nothing), userId=None)["boxes"][0]["label"] == imported["boxes"][0]["label"]

    def test_a_confirmed_box_may_be_moved(self, say: Say, imported: Document) -> None:
        box = say((0, {"box": MOVED}))["boxes"][0]
        assert (box["is_verified"], box["label"], box["box"]) == (True, imported["boxes"][0]["label"], MOVED)
        assert box["model"]["box"] == imported["boxes"][0]["box"]

    @pytest.mark.parametrize("how", ["label", "species", "classId", "both"])
    def test_another_guess_may_be_right(self, say: Say, imported: Document, seeds: dict[str, str], how: str) -> None:
        given = {
            "label": {"label": "13 Ambrosia trifida", "classId": ""},
            "species": {"label": "  'ambrosia  TRIFIDA' "},
            "classId": {"classId": seeds["Ambrosia trifida"], "label": ""},
            "both": {"classId": seeds["Ambrosia trifida"].upper(), "label": "Ambrosia trifida"},
        }[how]
        before = imported["boxes"][0]
        box = say((0, given))["boxes"][0]
        assert (box["label"], box["score"], box["classId"]) == ("13 Ambrosia trifida", 1, seeds["Ambrosia trifida"])
        assert box["top_id"] == before["topN"][1]["object_id"]
        assert box["topN"] == before["topN"]
        assert box["model"] == {"label": before["label"], "score": before["score"], "box": before["box"]}

    def test_of_guesses_of_one_species_the_higher_score_counts(self, say: Say, imported: Document) -> None:
        box = say((2, {"label": "Cirsium arvense"}))["boxes"][2]
        assert box["top_id"] == imported["boxes"][2]["topN"][2]["object_id"]

    @pytest.mark.parametrize(
        ("given", "place"), [({"classId": "Cirsium arvense"}, 2), ({"label": "Cirsium arvense"}, 1)]
    )
    def test_a_label_chooses_among_guesses_of_one_species(
        self, call: Call, picture_id: str, seeds: dict[str, str], given: Document, place: int
    ) -> None:
        sent = boxes_of([[("a", 0.9), ("Cirsium arvense", 0.2), ("2 Cirsium arvense", 0.3)]])
        answer = call("import_inference", picture_id, sent)
        given = given | ({"classId": seeds[given["classId"]]} if "classId" in given else {})
        feedback = {"inferenceId": answer["inference_id"], "boxes": [{"boxId": answer["boxes"][0]["box_id"]} | given]}
        (box,) = call("record_feedback", feedback)["boxes"]
        assert box["top_id"] == box["topN"][place]["object_id"]

    def test_of_equal_scores_the_first_counts(self, call: Call, picture_id: str) -> None:
        sent = boxes_of([[("a", 0.9), ("b", 0.4), ("2 b", 0.4), ("b", 0.4)]])
        answer = call("import_inference", picture_id, sent)
        given = [{"boxId": answer["boxes"][0]["box_id"], "label": "b"}]
        (box,) = call("record_feedback", {"inferenceId": answer["inference_id"], "boxes": given})["boxes"]
        assert box["top_id"] == box["topN"][1]["object_id"]

    @pytest.mark.parametrize("how", ["label", "classId"])
    def test_a_species_that_was_not_guessed_is_added(
        self, say: Say, imported: Document, seeds: dict[str, str], how: str
    ) -> None:
        species = seeds["Bromus secalinus"]
        given = {"label": "Bromus Secalinus", "classId": ""} if how == "label" else {"classId": species}
        box = say((1, given | {"box": MOVED}))["boxes"][1]
        label = "Bromus Secalinus" if how == "label" else "Bromus secalinus"
        *guesses, expert = box["topN"]
        assert guesses == imported["boxes"][1]["topN"]
        assert expert == {"label": label, "score": 0, "is_expert": True, "object_id": box["top_id"]}
        assert (box["label"], box["classId"], box["score"], box["box"]) == (label, species, 1, MOVED)

    def test_an_unknown_species_is_registered_for_review(self, say: Say, call: Call) -> None:
        box = say((1, {"label": "3 Zea mays"}))["boxes"][1]
        (seed,) = call("unreviewed_seeds")["seeds"]
        assert (box["label"], box["classId"], seed["seed_name"]) == ("3 Zea mays", seed["seed_id"], "Zea mays")

    def test_an_experts_guess_is_a_guess_from_then_on(self, say: Say) -> None:
        first = say((1, {"label": "Zea mays"}))["boxes"][1]
        say((1, {"label": "8 Lolium temulentum"}))
        again = say((1, {"label": "zea MAYS"}))["boxes"][1]
        assert (again["top_id"], again["topN"], again["label"]) == (first["top_id"], first["topN"], "Zea mays")

    @pytest.mark.parametrize(
        "given", [{}, {"box": "stored"}, {"comment": "No Seed"}, {"box": MOVED, "comment": "Multi Seed"}]
    )
    def test_a_box_may_be_no_seed(self, say: Say, imported: Document, given: Document) -> None:
        before = imported["boxes"][0]
        moved = given.get("box") == MOVED
        if given.get("box") == "stored":
            given = {"box": {key: Decimal(f"{value}.0") for key, value in before["box"].items()}}
        rebuilt = say((0, NOT_A_SEED | given))
        box = rebuilt["boxes"][0]
        assert len(rebuilt["boxes"]) == 3
        assert (box["is_valid"], box["is_verified"], box["score"], box["label"]) == (False, True, 0, before["label"])
        assert box["box"] == (MOVED if moved else before["box"])
        assert box["model"]["score"] == before["score"]

    @pytest.mark.parametrize("comment", [{}, {"comment": "cut off"}, {"comment": None}])
    def test_a_box_may_be_moved_without_a_verdict(self, say: Say, imported: Document, comment: Document) -> None:
        box = say((0, NOT_A_SEED | {"box": MOVED} | comment))["boxes"][0]
        before = imported["boxes"][0]
        assert (box["box"], box["is_verified"], box["is_valid"]) == (MOVED, False, True)
        assert (box["label"], box["score"], box["top_id"]) == (before["label"], before["score"], before["top_id"])
        assert box["model"]["box"] == before["box"]
        rebuilt = say((0, {}), (1, {}), (2, {}))
        assert (rebuilt["verified"], rebuilt["boxes"][0]["box"]) == (True, MOVED)

    def test_moving_a_box_again_changes_nothing(self, say: Say) -> None:
        moved = NOT_A_SEED | {"box": MOVED}
        assert say((0, moved)) == say((0, moved))
        assert say((0, NOT_A_SEED | {"box": MOVED, "comment": "No Seed"}))["boxes"][0]["is_valid"] is False

    def test_moving_a_box_keeps_its_verdict(self, say: Say) -> None:
        say((0, {"label": "Zea mays"}))
        box = say((0, NOT_A_SEED | {"box": MOVED}))["boxes"][0]
        assert (box["label"], box["box"], box["is_verified"]) == ("Zea mays", MOVED, True)

    def test_a_box_may_be_moved_back(self, say: Say, imported: Document) -> None:
        say((0, {"box": MOVED}))
        assert say((0, {"box": imported["boxes"][0]["box"]}))["boxes"][0]["box"] == imported["boxes"][0]["box"]

    @pytest.mark.parametrize("box_id", [{}, {"boxId": ""}, {"boxId": None}])
    def test_an_expert_may_draw_a_box(
        self, say: Say, imported: Document, seeds: dict[str, str], box_id: Document
    ) -> None:
        drawn = {"label": "9 Solanum carolinense", "box": MOVED, "comment": "missed"}
        rebuilt = say((None, drawn | box_id), (0, {}))
        *boxes, last = rebuilt["boxes"]
        assert [box["box_id"] for box in boxes] == [box["box_id"] for box in imported["boxes"]]
        assert rebuilt["totalBoxes"] == 3
        (guess,) = last["topN"]
        assert guess == {"label": drawn["label"], "score": 0, "is_expert": True, "object_id": last["top_id"]}
        assert last == {
            "box_id": last["box_id"],
            "box": MOVED,
            "label": "9 Solanum carolinense",
            "score": 1,
            "classId": seeds["Solanum carolinense"],
            "object_type_id": 1,
            "top_id": guess["object_id"],
            "topN": [guess],
            "is_verified": True,
            "is_valid": True,
            "is_manual": True,
            "overlapping": False,
            "overlappingIndices": [],
        }
        assert rebuilt["verified"] is False

    def test_drawn_boxes_come_last_in_their_order(self, say: Say, imported: Document, seeds: dict[str, str]) -> None:
        say((None, {"classId": seeds["Solanum nigrum"], "box": MOVED}))
        rebuilt = say((None, {"label": "Zea mays", "box": MOVED}))
        assert [box["label"] for box in rebuilt["boxes"][3:]] == ["Solanum nigrum", "Zea mays"]
        drawn = rebuilt["boxes"][4]["box_id"]
        assert say((drawn, NOT_A_SEED))["boxes"][4]["is_valid"] is False
        box = say((drawn, {}))["boxes"][4]
        assert (box["is_valid"], box["label"], box["score"]) == (True, "Zea mays", 1)

    @pytest.mark.parametrize(
        ("place", "given", "expected"),
        [
            (None, {"box": MOVED}, ("/boxes/0", "drawnBox")),
            (None, {"label": "a"}, ("/boxes/0", "drawnBox")),
            (None, {"label": "", "classId": "", "box": MOVED}, ("/boxes/0", "drawnBox")),
            (0, {"label": ""}, ("/boxes/0", "seed")),
            (0, {"classId": "", "label": None}, ("/boxes/0", "seed")),
            (0, {"label": "Solanum nigrum", "classId": "Ambrosia trifida"}, ("/boxes/0/label", "seed")),
            (0, {"label": "never seen", "classId": "Ambrosia trifida"}, ("/boxes/0/label", "seed")),
            (0, {"label": "''"}, ("/boxes/0/label", "seed")),
            (0, {"box": MOVED | {"topX": 31}}, ("/boxes/0/box/topX", "corners")),
            ("x", {}, ("/boxes/0/boxId", "anyOf")),
        ],
    )
    def test_invalid_verdicts_are_refused(
        self,
        say: Say,
        call: Call,
        imported: Document,
        seeds: dict[str, str],
        place: int | str | None,
        given: Document,
        expected: tuple[str, str],
    ) -> None:
        if given.get("classId"):
            given = given | {"classId": seeds[given["classId"]]}
        with refused("DS400") as error:
            say((place, given), (1, {}))
        assert errors_of(error) == [expected]
        assert call("rebuild_inference", imported["inference_id"]) == imported
        assert len(call("rebuild_seeds")["seeds"]) == 15
