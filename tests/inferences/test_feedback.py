"""What experts say: every row of the table, two at once, and what everyone reads afterwards."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from datastore_db import Conflict, InvalidDocument, NewPicture, NotAllowed, NotFound, Store
from tests.support.errors import errors_of, refused
from tests.support.inferences import Call, Document, boxes_of, caller, inference, without_ids
from tests.support.pictures import picture

LABELS: list[list[tuple[str, float]]] = [
    [("14 Ambrosia psilostachya", 0.5), ("13 Ambrosia trifida", 0.3), ("8 Lolium temulentum", 0.2)],
    [("8 Lolium temulentum", 0.9), ("13 Ambrosia trifida", 0.1)],
    [("2 Cirsium arvense", 0.6), ("cirsium arvense", 0.2), ("2 Cirsium arvense", 0.7)],
]
MOVED = {"topX": 1, "topY": Decimal("2.50"), "bottomX": 30, "bottomY": 40}

Say = Callable[..., Any]


@pytest.fixture
def call(database: psycopg.Connection) -> Call:
    return caller(database)


@pytest.fixture
def ana(call: Call) -> dict[str, str]:
    return dict(call("register_user", "ana@example.org"))


@pytest.fixture
def bob(call: Call) -> dict[str, str]:
    return dict(call("register_user", "bob@example.org"))


@pytest.fixture
def picture_id(call: Call, ana: dict[str, str]) -> str:
    (announced,) = call("announce_pictures", ana["picture_set_id"], [{"seed": "Solanum nigrum"}], acting=ana["user_id"])
    call("confirm_pictures", [{"picture_id": announced["picture_id"]}], acting=ana["user_id"])
    return str(announced["picture_id"])


@pytest.fixture
def imported(call: Call, picture_id: str) -> Document:
    """An inference of three boxes."""
    return dict(call("import_inference", picture_id, boxes_of(LABELS)))


@pytest.fixture
def say(call: Call, imported: Document) -> Say:
    """Gives feedback; a box is named by its place or its id, and none was drawn."""

    def say(*boxes: tuple[int | str | None, Document], acting: object = None, **more: Any) -> Any:
        said = []
        for place, box in boxes:
            box_id = {"boxId": imported["boxes"][place]["box_id"]} if isinstance(place, int) else {}
            said.append(({"boxId": place} if isinstance(place, str) else box_id) | box)
        feedback = {"inferenceId": imported["inference_id"], "boxes": said} | more
        return call("record_feedback", feedback, acting=acting)

    return say


@pytest.fixture
def seeds(call: Call) -> dict[str, str]:
    return {seed["seed_name"]: seed["seed_id"] for seed in call("rebuild_seeds")["seeds"]}


NOT_A_SEED: Document = {"classId": "", "label": ""}


class TestWhatABoxSays:
    def test_nothing_more_means_that_the_top_guess_is_right(self, say: Say, imported: Document) -> None:
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

    def test_right_and_moved(self, say: Say, imported: Document) -> None:
        box = say((0, {"box": MOVED}))["boxes"][0]
        assert (box["is_verified"], box["label"], box["box"]) == (True, imported["boxes"][0]["label"], MOVED)
        assert box["model"]["box"] == imported["boxes"][0]["box"]

    @pytest.mark.parametrize("how", ["label", "species", "classId", "both"])
    def test_another_guess_is_right(self, say: Say, imported: Document, seeds: dict[str, str], how: str) -> None:
        said = {
            "label": {"label": "13 Ambrosia trifida", "classId": ""},
            "species": {"label": "  'ambrosia  TRIFIDA' "},
            "classId": {"classId": seeds["Ambrosia trifida"], "label": ""},
            "both": {"classId": seeds["Ambrosia trifida"].upper(), "label": "Ambrosia trifida"},
        }[how]
        before = imported["boxes"][0]
        box = say((0, said))["boxes"][0]
        assert (box["label"], box["score"], box["classId"]) == ("13 Ambrosia trifida", 1, seeds["Ambrosia trifida"])
        assert box["top_id"] == before["topN"][1]["object_id"]
        assert box["topN"] == before["topN"]
        assert box["model"] == {"label": before["label"], "score": before["score"], "box": before["box"]}

    def test_of_equal_labels_the_higher_score(self, say: Say, imported: Document) -> None:
        box = say((2, {"label": "Cirsium arvense"}))["boxes"][2]
        assert box["top_id"] == imported["boxes"][2]["topN"][2]["object_id"]

    @pytest.mark.parametrize(
        ("said", "place"), [({"classId": "Cirsium arvense"}, 2), ({"label": "Cirsium arvense"}, 1)]
    )
    def test_the_higher_score_unless_a_label_says_which(
        self, call: Call, picture_id: str, seeds: dict[str, str], said: Document, place: int
    ) -> None:
        sent = boxes_of([[("a", 0.9), ("Cirsium arvense", 0.2), ("2 Cirsium arvense", 0.3)]])
        answer = call("import_inference", picture_id, sent)
        said = said | ({"classId": seeds[said["classId"]]} if "classId" in said else {})
        feedback = {"inferenceId": answer["inference_id"], "boxes": [{"boxId": answer["boxes"][0]["box_id"]} | said]}
        (box,) = call("record_feedback", feedback)["boxes"]
        assert box["top_id"] == box["topN"][place]["object_id"]

    def test_then_the_first(self, call: Call, picture_id: str) -> None:
        sent = boxes_of([[("a", 0.9), ("b", 0.4), ("2 b", 0.4), ("b", 0.4)]])
        answer = call("import_inference", picture_id, sent)
        said = [{"boxId": answer["boxes"][0]["box_id"], "label": "b"}]
        (box,) = call("record_feedback", {"inferenceId": answer["inference_id"], "boxes": said})["boxes"]
        assert box["top_id"] == box["topN"][1]["object_id"]

    @pytest.mark.parametrize("how", ["label", "classId"])
    def test_a_species_that_was_not_guessed(
        self, say: Say, imported: Document, seeds: dict[str, str], how: str
    ) -> None:
        species = seeds["Bromus secalinus"]
        said = {"label": "Bromus Secalinus", "classId": ""} if how == "label" else {"classId": species}
        box = say((1, said | {"box": MOVED}))["boxes"][1]
        label = "Bromus Secalinus" if how == "label" else "Bromus secalinus"
        *guesses, expert = box["topN"]
        assert guesses == imported["boxes"][1]["topN"]
        assert expert == {"label": label, "score": 0, "is_expert": True, "object_id": box["top_id"]}
        assert (box["label"], box["classId"], box["score"], box["box"]) == (label, species, 1, MOVED)

    def test_a_species_that_nobody_knows(self, say: Say, call: Call) -> None:
        box = say((1, {"label": "3 Zea mays"}))["boxes"][1]
        (seed,) = call("unreviewed_seeds")["seeds"]
        assert (box["label"], box["classId"], seed["seed_name"]) == ("3 Zea mays", seed["seed_id"], "Zea mays")

    def test_an_experts_guess_is_a_guess_from_then_on(self, say: Say) -> None:
        first = say((1, {"label": "Zea mays"}))["boxes"][1]
        say((1, {"label": "8 Lolium temulentum"}))
        again = say((1, {"label": "zea MAYS"}))["boxes"][1]
        assert (again["top_id"], again["topN"], again["label"]) == (first["top_id"], first["topN"], "Zea mays")

    @pytest.mark.parametrize(
        "said", [{}, {"box": "stored"}, {"comment": "No Seed"}, {"box": MOVED, "comment": "Multi Seed"}]
    )
    def test_not_a_seed(self, say: Say, imported: Document, said: Document) -> None:
        before = imported["boxes"][0]
        moved = said.get("box") == MOVED
        if said.get("box") == "stored":
            said = {"box": {key: Decimal(f"{value}.0") for key, value in before["box"].items()}}
        rebuilt = say((0, NOT_A_SEED | said))
        box = rebuilt["boxes"][0]
        assert len(rebuilt["boxes"]) == 3
        assert (box["is_valid"], box["is_verified"], box["score"], box["label"]) == (False, True, 0, before["label"])
        assert box["box"] == (MOVED if moved else before["box"])
        assert box["model"]["score"] == before["score"]

    @pytest.mark.parametrize("comment", [{}, {"comment": "cut off"}, {"comment": None}])
    def test_moved_without_a_verdict(self, say: Say, imported: Document, comment: Document) -> None:
        box = say((0, NOT_A_SEED | {"box": MOVED} | comment))["boxes"][0]
        before = imported["boxes"][0]
        assert (box["box"], box["is_verified"], box["is_valid"]) == (MOVED, False, True)
        assert (box["label"], box["score"], box["top_id"]) == (before["label"], before["score"], before["top_id"])
        assert box["model"]["box"] == before["box"]
        rebuilt = say((0, {}), (1, {}), (2, {}))
        assert (rebuilt["verified"], rebuilt["boxes"][0]["box"]) == (True, MOVED)

    def test_moved_again_by_an_answer_that_got_lost(self, say: Say) -> None:
        moved = NOT_A_SEED | {"box": MOVED}
        assert say((0, moved)) == say((0, moved))
        assert say((0, NOT_A_SEED | {"box": MOVED, "comment": "No Seed"}))["boxes"][0]["is_valid"] is False

    def test_moved_after_a_verdict_keeps_it(self, say: Say) -> None:
        say((0, {"label": "Zea mays"}))
        box = say((0, NOT_A_SEED | {"box": MOVED}))["boxes"][0]
        assert (box["label"], box["box"], box["is_verified"]) == ("Zea mays", MOVED, True)

    def test_moved_back(self, say: Say, imported: Document) -> None:
        say((0, {"box": MOVED}))
        assert say((0, {"box": imported["boxes"][0]["box"]}))["boxes"][0]["box"] == imported["boxes"][0]["box"]

    @pytest.mark.parametrize("box_id", [{}, {"boxId": ""}, {"boxId": None}])
    def test_a_box_that_the_expert_drew(
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
        ("place", "said", "expected"),
        [
            (None, {"box": MOVED}, ("/boxes/0", "drawnBox")),
            (None, {"label": "a"}, ("/boxes/0", "drawnBox")),
            (None, {"label": "", "classId": "", "box": MOVED}, ("/boxes/0", "drawnBox")),
            (0, {"label": ""}, ("/boxes/0", "species")),
            (0, {"classId": "", "label": None}, ("/boxes/0", "species")),
            (0, {"label": "Solanum nigrum", "classId": "Ambrosia trifida"}, ("/boxes/0/label", "species")),
            (0, {"label": "never seen", "classId": "Ambrosia trifida"}, ("/boxes/0/label", "species")),
            (0, {"label": "''"}, ("/boxes/0/label", "species")),
            (0, {"box": MOVED | {"topX": 31}}, ("/boxes/0/box/topX", "corners")),
            ("x", {}, ("/boxes/0/boxId", "anyOf")),
        ],
    )
    def test_what_is_an_error(
        self,
        say: Say,
        call: Call,
        imported: Document,
        seeds: dict[str, str],
        place: int | str | None,
        said: Document,
        expected: tuple[str, str],
    ) -> None:
        if said.get("classId"):
            said = said | {"classId": seeds[said["classId"]]}
        with refused("DS400") as error:
            say((place, said), (1, {}))
        assert errors_of(error) == [expected]
        assert call("rebuild_inference", imported["inference_id"]) == imported
        assert len(call("rebuild_seeds")["seeds"]) == 15


class TestManyBoxes:
    def test_every_kind_in_one_document(
        self, say: Say, call: Call, picture_id: str, seeds: dict[str, str], ana: dict[str, str]
    ) -> None:
        answer = call("import_inference", picture_id, boxes_of([LABELS[n % 3] for n in range(100)]))
        first = answer["boxes"][0]["box"]
        kinds: list[tuple[Document, tuple[str | None, str | None]]] = [
            ({}, ("species", None)),
            ({"box": MOVED}, ("species", None)),
            ({"label": "Ambrosia trifida"}, ("species", seeds["Ambrosia trifida"])),
            ({"classId": seeds["Bromus japonicus"]}, ("species", seeds["Bromus japonicus"])),
            (NOT_A_SEED, ("not a seed", None)),
            (NOT_A_SEED | {"box": MOVED}, (None, None)),
            (NOT_A_SEED | {"box": MOVED, "comment": "No Seed"}, ("not a seed", None)),
        ]
        boxes = [{"boxId": box["box_id"]} | kinds[n % 7][0] for n, box in enumerate(answer["boxes"])]
        drawn = [{"label": f"9 drawn {n}", "box": first} for n in range(3)]
        said = [*boxes[:50], drawn[0], *boxes[50:], drawn[1], drawn[2]]
        feedback = {"inferenceId": answer["inference_id"], "userId": ana["user_id"], "boxes": said}
        rebuilt = call("record_feedback", feedback)
        assert [box["box_id"] for box in rebuilt["boxes"][:100]] == [box["box_id"] for box in answer["boxes"]]
        assert [box["label"] for box in rebuilt["boxes"][100:]] == [box["label"] for box in drawn]
        assert (rebuilt["verified"], call("record_feedback", feedback)) == (False, rebuilt)

        verdicts = call("rebuild_verdicts", answer["inference_id"])
        assert [verdict["said"] for verdict in verdicts] == said
        assert {verdict["said_by"] for verdict in verdicts} == {ana["user_id"]}
        judged = [verdict for verdict in verdicts if verdict["said"].get("boxId")]
        for n, (verdict, before, box) in enumerate(zip(judged, answer["boxes"], rebuilt["boxes"], strict=False)):
            outcome, species = kinds[n % 7][1]
            if outcome == "species" and species is None:
                top = next(guess for guess in before["topN"] if guess["object_id"] == before["top_id"])
                assert (verdict["label"], box["label"]) == (top["label"], top["label"])
            else:
                assert verdict["classId"] == species
            assert verdict["outcome"] == outcome
            assert box["box"] == (MOVED if "box" in kinds[n % 7][0] else before["box"])

        done = call("record_feedback", feedback | {"boxes": [{"boxId": box["box_id"]} for box in rebuilt["boxes"]]})
        assert done["verified"] is True
        other = [{"boxId": box["box_id"], "label": "Zea mays"} for box in answer["boxes"]]
        with refused("DS409") as error:
            call("record_feedback", feedback | {"boxes": other})
        assert errors_of(error) == sorted((f"/boxes/{n}", "verified") for n in range(100))
        assert call("rebuild_inference", answer["inference_id"]) == done

    @pytest.mark.parametrize("label", ["3 Zea mays", "x" * 1001])
    def test_the_same_new_label_for_several_boxes(self, say: Say, call: Call, label: str) -> None:
        rebuilt = say((0, {"label": label}), (1, {"label": label}), (None, {"label": label, "box": MOVED}))
        (seed,) = call("unreviewed_seeds")["seeds"]
        for box in (*rebuilt["boxes"][:2], rebuilt["boxes"][3]):
            assert (box["label"], box["classId"]) == (label, seed["seed_id"])
            assert box["topN"][-1] == {"label": label, "score": 0, "is_expert": True, "object_id": box["top_id"]}
        assert len({box["top_id"] for box in rebuilt["boxes"]}) == 4

    def test_the_same_box_drawn_twice(self, say: Say, call: Call, seeds: dict[str, str], imported: Document) -> None:
        whole = MOVED | {"topX": Decimal("1.0"), "angle": 3}
        rebuilt = say(
            (None, {"label": "9 Solanum nigrum", "box": whole}),
            (None, {"label": "Solanum rostratum", "box": MOVED}),
            (None, {"classId": seeds["Solanum nigrum"], "box": MOVED}),
            (None, {"label": "Solanum nigrum", "box": MOVED | {"topX": 2}}),
        )
        assert [(box["label"], box["box"]) for box in rebuilt["boxes"][3:]] == [
            ("9 Solanum nigrum", whole),
            ("Solanum rostratum", MOVED),
            ("Solanum nigrum", MOVED | {"topX": 2}),
        ]
        assert len(call("rebuild_verdicts", imported["inference_id"])) == 3

    def test_a_species_that_was_merged(self, say: Say, call: Call, seeds: dict[str, str]) -> None:
        wrong = say((0, {"label": "Solanum nigrumm"}))["boxes"][0]["classId"]
        call("merge_seed", wrong, seeds["Solanum nigrum"])
        rebuilt = say((1, {"classId": wrong}), (2, {"label": "4 solanum NIGRUMM", "classId": wrong}))
        assert [box["classId"] for box in rebuilt["boxes"]] == [seeds["Solanum nigrum"]] * 3
        assert [box["label"] for box in rebuilt["boxes"][1:]] == ["Solanum nigrum", "4 solanum NIGRUMM"]

    @pytest.mark.parametrize("comment", ["No Seed", "Multi Seed"])
    def test_a_comment_says_nothing_where_a_species_is_named(self, say: Say, imported: Document, comment: str) -> None:
        rebuilt = say((0, {"comment": comment}), (1, {"comment": comment, "label": "Zea mays", "box": MOVED}))
        assert [(box["is_valid"], box["label"]) for box in rebuilt["boxes"][:2]] == [
            (True, imported["boxes"][0]["label"]),
            (True, "Zea mays"),
        ]


class TestVerified:
    def test_once_each_box_has_a_verdict(
        self, say: Say, call: Call, ana: dict[str, str], picture_id: str, seeds: dict[str, str]
    ) -> None:
        first = say((0, {}), (1, NOT_A_SEED), acting=ana["user_id"])
        assert first["verified"] is False
        last = say((2, {"label": "13 Ambrosia trifida"}), acting=ana["user_id"])
        assert (last["verified"], last["verified_by"]) == (True, ana["user_id"])
        assert last["verified_at"].endswith("Z")
        labels = call("rebuild_picture", picture_id)["labels"]
        assert {(label["seed_name"], label["origin"], label["by"]) for label in labels} == {
            ("Solanum nigrum", "known", ana["user_id"]),
            ("Ambrosia psilostachya", "verified", ana["user_id"]),
            ("Ambrosia trifida", "verified", ana["user_id"]),
        }
        assert call("rebuild_folders", acting=ana["user_id"])[0]["pictures"][0]["is_validated"] is True

    def test_the_same_again_changes_nothing(self, say: Say, call: Call, imported: Document) -> None:
        everything = [
            (0, {"label": "Zea mays", "box": MOVED}),
            (1, NOT_A_SEED),
            (2, {}),
            (None, {"label": "Zea mays", "box": MOVED}),
            (None, {"label": "Zea mays", "box": MOVED}),
        ]
        rebuilt = say(*everything)
        assert rebuilt["verified"] is True
        assert len(rebuilt["boxes"]) == 4
        said = call("rebuild_verdicts", imported["inference_id"])
        assert say(*everything) == rebuilt
        assert say((0, {"label": "zea mays"}), (2, {"label": "2 Cirsium arvense"})) == rebuilt
        assert call("rebuild_verdicts", imported["inference_id"])[: len(said)] == said

    def test_until_then_a_later_verdict_takes_the_place_of_an_earlier_one(
        self, say: Say, call: Call, imported: Document, ana: dict[str, str], bob: dict[str, str]
    ) -> None:
        say((0, {"label": "Zea mays", "comment": "yellow"}), userId=ana["user_id"])
        box = say((0, {"label": "13 Ambrosia trifida"}), userId=bob["user_id"])["boxes"][0]
        assert box["label"] == "13 Ambrosia trifida"
        first, second = call("rebuild_verdicts", imported["inference_id"])
        assert (first["said"]["comment"], first["said_by"], first["label"]) == ("yellow", ana["user_id"], "Zea mays")
        assert (second["said_by"], first["is_current"], second["is_current"]) == (bob["user_id"], False, True)

    def test_another_experts_agreement_is_kept(
        self, say: Say, call: Call, imported: Document, ana: dict[str, str], bob: dict[str, str]
    ) -> None:
        first = say((0, {}), userId=ana["user_id"])
        for _ in range(3):
            assert say((0, {"label": "14 Ambrosia psilostachya"}), userId=bob["user_id"]) == first
        said = [
            (verdict["said_by"], verdict["is_current"])
            for verdict in call("rebuild_verdicts", imported["inference_id"])
        ]
        assert said == [(ana["user_id"], True), (bob["user_id"], False)]

    @pytest.mark.parametrize("other", [{"label": "Zea mays"}, NOT_A_SEED, {"box": MOVED}, NOT_A_SEED | {"box": MOVED}])
    def test_another_verdict_is_a_conflict_then(
        self, say: Say, call: Call, imported: Document, other: Document
    ) -> None:
        verified = say((0, {}), (1, {}), (2, {}))
        with refused("DS409") as error:
            say((2, {}), (1, other), (None, {"label": "Zea mays", "box": MOVED}))
        assert errors_of(error) == [("/boxes/1", "verified")]
        assert call("rebuild_inference", imported["inference_id"]) == verified

    def test_a_missed_seed_is_often_drawn_last(self, say: Say, call: Call, picture_id: str) -> None:
        verified = say((0, {}), (1, {}), (2, {}))
        drawn = say((None, {"label": "Zea mays", "box": MOVED}))
        assert drawn["boxes"][:3] == verified["boxes"]
        assert (drawn["verified"], drawn["verified_at"]) == (True, verified["verified_at"])
        labels = {label["seed_name"] for label in call("rebuild_picture", picture_id)["labels"]}
        assert labels == {"Solanum nigrum", "Ambrosia psilostachya", "Lolium temulentum", "Cirsium arvense", "Zea mays"}

    def test_opened_again(
        self,
        say: Say,
        call: Call,
        imported: Document,
        picture_id: str,
        ana: dict[str, str],
        database: psycopg.Connection,
    ) -> None:
        verified = say((0, {}), (1, {}), (2, {}))
        opened = call("reopen_inference", imported["inference_id"], acting=ana["user_id"])
        assert (opened["verified"], opened["verified_at"]) == (False, None)
        assert opened["boxes"] == verified["boxes"]
        assert call("reopen_inference", imported["inference_id"]) == opened
        assert [label["origin"] for label in call("rebuild_picture", picture_id)["labels"]] == ["known"]
        rows = database.execute(
            "select action, acted_by::text from datastore.history where entity_id = %s order by history_id",
            [imported["inference_id"]],
        ).fetchall()
        assert rows == [("created", None), ("verified", None), ("reopened", ana["user_id"])]
        changed = say((0, NOT_A_SEED))
        assert (changed["verified"], changed["boxes"][0]["is_valid"]) == (True, False)
        labels = {label["seed_name"] for label in call("rebuild_picture", picture_id)["labels"]}
        assert labels == {"Solanum nigrum", "Lolium temulentum", "Cirsium arvense"}

    def test_two_inferences_of_one_picture(self, say: Say, call: Call, picture_id: str) -> None:
        say((0, {}), (1, {}), (2, {}))
        other = call("import_inference", picture_id, boxes_of([[("Zea mays", 0.5)]]))
        said = [{"boxId": other["boxes"][0]["box_id"]}]
        call("record_feedback", {"inferenceId": other["inference_id"], "boxes": said})
        call("reopen_inference", other["inference_id"])
        labels = {label["seed_name"] for label in call("rebuild_picture", picture_id)["labels"]}
        assert labels == {"Solanum nigrum", "Ambrosia psilostachya", "Lolium temulentum", "Cirsium arvense"}

    def test_an_inference_without_boxes(self, call: Call, picture_id: str) -> None:
        empty = call("import_inference", picture_id, {"boxes": [], "totalBoxes": 0})
        assert empty["verified"] is False
        assert call("record_feedback", {"inferenceId": empty["inference_id"], "boxes": []})["verified"] is True

    def test_a_box_without_guesses(self, call: Call, picture_id: str) -> None:
        sent = boxes_of([[("Solanum nigrum", 0.5)], [("''", 0.5)]])
        for box in sent["boxes"]:
            box["topN"] = []
        answer = call("import_inference", picture_id, sent)
        said = [{"boxId": box["box_id"]} for box in answer["boxes"]]
        rebuilt = call("record_feedback", {"inferenceId": answer["inference_id"], "boxes": said})
        assert [box["label"] for box in rebuilt["boxes"]] == ["Solanum nigrum", "''"]
        assert [box["topN"][0]["is_expert"] for box in rebuilt["boxes"]] == [True, True]
        assert rebuilt["verified"] is True


class TestAsSent:
    def test_the_models_answer_is_never_lost(self, call: Call, picture_id: str) -> None:
        sent = inference()
        answer = call("import_inference", picture_id, sent)
        first, second = [{"boxId": box["box_id"]} for box in answer["boxes"]]
        said = [first | {"label": "Zea mays", "box": MOVED}, second | NOT_A_SEED, {"label": "b", "box": MOVED}]
        rebuilt = call("record_feedback", {"inferenceId": answer["inference_id"], "boxes": said})
        assert rebuilt["verified"] is True
        as_sent = call("rebuild_inference", answer["inference_id"], True)
        assert as_sent == answer
        assert without_ids(as_sent, sent) == sent
        assert call("rebuild_inference_of", picture_id) == rebuilt
        # unknown keys stay, whatever was said
        assert rebuilt["boxes"][1]["note"] == {"by": None}
        assert (rebuilt["labelOccurrence"], rebuilt["totalBoxes"]) == (sent["labelOccurrence"], 2)

    def test_what_the_model_said_of_a_verdict(self, say: Say, database: psycopg.Connection) -> None:
        say((0, {"label": "13 Ambrosia trifida"}), (1, {"label": "Zea mays"}), (2, {"label": "Cirsium arvense"}))
        rows = database.execute("select model_rank, model_score from datastore.verdict order by verdict_id").fetchall()
        assert rows == [(2, Decimal("0.5")), (None, Decimal("0.9")), (1, Decimal("0.7"))]


class TestWhoSaysIt:
    def test_the_acting_user(self, say: Say, ana: dict[str, str]) -> None:
        assert (
            say((0, {}), (1, {}), (2, {}), acting=ana["user_id"], userId=ana["user_id"])["verified_by"]
            == ana["user_id"]
        )

    def test_nobody_else(self, say: Say, ana: dict[str, str], bob: dict[str, str]) -> None:
        with refused("DS403") as error:
            say((0, {}), acting=ana["user_id"], userId=bob["user_id"])
        assert errors_of(error) == [("/userId", "userId")]
        with refused("DS404"):
            say((0, {}), userId=str(uuid.uuid4()))

    def test_another_container(self, say: Say, call: Call, bob: dict[str, str], imported: Document) -> None:
        with refused("DS404") as error:
            say((0, {}), acting=bob["user_id"])
        assert errors_of(error) == [("/inferenceId", "inferenceId")]
        said = {"inferenceId": imported["inference_id"], "boxes": []}
        with refused("DS404"):
            call("record_feedback", said, bob["container_id"])


class TestBadInput:
    def test_ids_that_nobody_knows(self, say: Say, call: Call, picture_id: str, imported: Document) -> None:
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

    def test_the_same_box_twice(self, say: Say, imported: Document) -> None:
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
    def test_what_is_no_feedback(
        self, call: Call, imported: Document, change: Document, expected: list[tuple[str, str]]
    ) -> None:
        with refused("DS400") as error:
            call("record_feedback", {"inferenceId": imported["inference_id"], "boxes": []} | change)
        assert errors_of(error) == expected


class TestTwoAtOnce:
    def test_each_box_ends_with_one_verdict_and_none_is_lost(
        self, call: Call, database_url: str, imported: Document, ana: dict[str, str], bob: dict[str, str]
    ) -> None:
        box_ids = [box["box_id"] for box in imported["boxes"][:2]]
        says = {ana["user_id"]: "Solanum nigrum", bob["user_id"]: "Zea mays"}

        def judge(user_id: str) -> list[Document]:
            with psycopg.connect(database_url, autocommit=True) as connection:
                call = caller(connection)
                boxes = [{"boxId": box_id, "label": says[user_id]} for box_id in box_ids]
                return [
                    call(
                        "record_feedback", {"inferenceId": imported["inference_id"], "userId": user_id, "boxes": [box]}
                    )
                    for box in (boxes if user_id == ana["user_id"] else reversed(boxes))
                ]

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(judge, says))
        verdicts = call("rebuild_verdicts", imported["inference_id"])
        for box_id in box_ids:
            said = [verdict for verdict in verdicts if verdict["box_id"] == box_id]
            assert {verdict["label"] for verdict in said} == set(says.values())
            assert [verdict["is_current"] for verdict in said] == [False, True]
        rebuilt = call("rebuild_inference", imported["inference_id"])
        current = {verdict["box_id"]: verdict["label"] for verdict in verdicts if verdict["is_current"]}
        assert {box["box_id"]: box["label"] for box in rebuilt["boxes"][:2]} == current

    def test_the_last_boxes_answered_at_once_verify_it(
        self, database_url: str, call: Call, imported: Document, picture_id: str
    ) -> None:
        def judge(box: Document) -> bool:
            with psycopg.connect(database_url, autocommit=True) as connection:
                said = {"inferenceId": imported["inference_id"], "boxes": [{"boxId": box["box_id"]}]}
                return bool(caller(connection)("record_feedback", said)["verified"])

        with ThreadPoolExecutor(3) as pool:
            answers = list(pool.map(judge, imported["boxes"]))
        assert sorted(answers) == [False, False, True]
        assert call("rebuild_inference", imported["inference_id"])["verified"] is True
        assert len(call("rebuild_picture", picture_id)["labels"]) == 4

    def test_nothing_is_locked_while_a_species_is_merged(
        self, database: psycopg.Connection, database_url: str, imported: Document
    ) -> None:
        def judge() -> None:
            with psycopg.connect(database_url, autocommit=True, application_name="expert") as connection:
                boxes = [{"boxId": imported["boxes"][0]["box_id"]}]
                caller(connection)("record_feedback", {"inferenceId": imported["inference_id"], "boxes": boxes})

        waits = "select true from pg_stat_activity where application_name = 'expert' and wait_event_type = 'Lock'"
        with ThreadPoolExecutor(1) as pool:
            with psycopg.connect(database_url) as merging:
                # What datastore.merge_seed does first, and what it does later
                merging.execute("lock table datastore.label in access exclusive mode")
                judged = pool.submit(judge)
                while not judged.done() and database.execute(waits).fetchone() is None:
                    time.sleep(0.01)
                merging.execute("set lock_timeout = '5s'")
                merging.execute("update datastore.inference set top_seed_id = top_seed_id")
            judged.result()

    def test_the_same_box_drawn_by_both_is_one(self, database_url: str, call: Call, imported: Document) -> None:
        def draw(_: int) -> None:
            with psycopg.connect(database_url, autocommit=True) as connection:
                boxes = [{"label": "Zea mays", "box": MOVED}]
                caller(connection)("record_feedback", {"inferenceId": imported["inference_id"], "boxes": boxes})

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(draw, range(8)))
        assert len(call("rebuild_inference", imported["inference_id"])["boxes"]) == 4


class TestPython:
    def test_feedback_in_python(self, store: Store, database: psycopg.Connection) -> None:
        user = store.register_user("ana@example.org")
        database.execute("select datastore.set_site_role('ana@example.org', 'verifier')")
        other = store.register_user("bob@example.org")
        with store.acting_as(user["user_id"]):
            (uploaded,) = store.upload_pictures(NewPicture(picture(1)))
            imported: Any = store.import_inference(uploaded["picture_id"], boxes_of(LABELS))
            inference_id = imported["inference_id"]
            boxes = [{"boxId": box["box_id"]} for box in imported["boxes"]]
            said = {"userId": user["user_id"], "inferenceId": inference_id, "boxes": boxes}
            rebuilt: Any = store.record_feedback(said)
            assert rebuilt["verified"] is True
            assert store.inference(inference_id) == rebuilt
            assert store.inference(inference_id, as_sent=True) == imported
            assert len(store.verdicts(inference_id)) == 3
            with pytest.raises(Conflict):
                store.record_feedback(said | {"boxes": [boxes[0] | {"label": "Zea mays"}]})
            with pytest.raises(NotAllowed):
                store.record_feedback(said | {"userId": other["user_id"]})
            with pytest.raises(NotFound):
                store.record_feedback(said | {"inferenceId": str(uuid.uuid4())})
            with pytest.raises(InvalidDocument) as refusal:
                store.record_feedback(said | {"boxes": [boxes[0], boxes[0]]})
            assert refusal.value.errors[0]["instance_path"] == "/boxes/1/boxId"
            opened: Any = store.reopen_inference(inference_id)
            assert opened["verified"] is False
            store.record_feedback(said | {"boxes": [boxes[0] | {"label": "Zea mays"}]})
            unreviewed: Any = store.unreviewed_seeds()
            (seed,) = unreviewed["seeds"]
            assert store.merge_seed(str(seed["seed_id"]), rebuilt["boxes"][0]["classId"])["status"] == "known"
            with pytest.raises(Conflict):
                store.accept_seed(str(seed["seed_id"]))
