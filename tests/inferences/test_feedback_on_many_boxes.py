"""Feedback on many boxes in one call."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.inferences.feedback import LABELS, MOVED, NOT_A_SEED, Say
from tests.support.calls import Call
from tests.support.errors import errors_of, refused
from tests.support.inferences import Document, boxes_of


class TestManyBoxes:
    def test_one_document_has_every_kind_of_feedback(
        self, say: Say, call: Call, picture_id: str, seeds: dict[str, str], ana: dict[str, str]
    ) -> None:
        answer = call("import_inference", picture_id, boxes_of([LABELS[n % 3] for n in range(100)]))
        first = answer["boxes"][0]["box"]
        kinds: list[tuple[Document, tuple[str | None, str | None]]] = [
            ({}, ("seed", None)),
            ({"box": MOVED}, ("seed", None)),
            ({"label": "Ambrosia trifida"}, ("seed", seeds["Ambrosia trifida"])),
            ({"classId": seeds["Bromus japonicus"]}, ("seed", seeds["Bromus japonicus"])),
            (NOT_A_SEED, ("not a seed", None)),
            (NOT_A_SEED | {"box": MOVED}, (None, None)),
            (NOT_A_SEED | {"box": MOVED, "comment": "No Seed"}, ("not a seed", None)),
        ]
        boxes = [{"boxId": box["box_id"]} | kinds[n % 7][0] for n, box in enumerate(answer["boxes"])]
        drawn = [{"label": f"9 drawn {n}", "box": first} for n in range(3)]
        sent = [*boxes[:50], drawn[0], *boxes[50:], drawn[1], drawn[2]]
        feedback = {"inferenceId": answer["inference_id"], "userId": ana["user_id"], "boxes": sent}
        rebuilt = call("record_feedback", feedback)
        assert [box["box_id"] for box in rebuilt["boxes"][:100]] == [box["box_id"] for box in answer["boxes"]]
        assert [box["label"] for box in rebuilt["boxes"][100:]] == [box["label"] for box in drawn]
        assert (rebuilt["verified"], call("record_feedback", feedback)) == (False, rebuilt)

        verdicts = call("rebuild_verdicts", answer["inference_id"])
        assert [verdict["feedback"] for verdict in verdicts] == sent
        assert {verdict["given_by"] for verdict in verdicts} == {ana["user_id"]}
        judged = [verdict for verdict in verdicts if verdict["feedback"].get("boxId")]
        for n, (verdict, before, box) in enumerate(zip(judged, answer["boxes"], rebuilt["boxes"], strict=False)):
            outcome, species = kinds[n % 7][1]
            if outcome == "seed" and species is None:
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
    def test_the_same_new_label_for_several_boxes_is_one_species(self, say: Say, call: Call, label: str) -> None:
        rebuilt = say((0, {"label": label}), (1, {"label": label}), (None, {"label": label, "box": MOVED}))
        (seed,) = call("unreviewed_seeds")["seeds"]
        for box in (*rebuilt["boxes"][:2], rebuilt["boxes"][3]):
            assert (box["label"], box["classId"]) == (label, seed["seed_id"])
            assert box["topN"][-1] == {"label": label, "score": 0, "is_expert": True, "object_id": box["top_id"]}
        assert len({box["top_id"] for box in rebuilt["boxes"]}) == 4

    def test_the_same_drawn_box_is_one_box(
        self, say: Say, call: Call, seeds: dict[str, str], imported: Document
    ) -> None:
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

    def test_feedback_with_a_merged_species_gets_the_known_one(
        self, say: Say, call: Call, seeds: dict[str, str]
    ) -> None:
        wrong = say((0, {"label": "Solanum nigrumm"}))["boxes"][0]["classId"]
        call("merge_seed", wrong, seeds["Solanum nigrum"])
        rebuilt = say((1, {"classId": wrong}), (2, {"label": "4 solanum NIGRUMM", "classId": wrong}))
        assert [box["classId"] for box in rebuilt["boxes"]] == [seeds["Solanum nigrum"]] * 3
        assert [box["label"] for box in rebuilt["boxes"][1:]] == ["Solanum nigrum", "4 solanum NIGRUMM"]

    @pytest.mark.parametrize("comment", ["No Seed", "Multi Seed"])
    def test_a_comment_does_not_change_a_verdict(self, say: Say, imported: Document, comment: str) -> None:
        rebuilt = say((0, {"comment": comment}), (1, {"comment": comment, "label": "Zea mays", "box": MOVED}))
        assert [(box["is_valid"], box["label"]) for box in rebuilt["boxes"][:2]] == [
            (True, imported["boxes"][0]["label"]),
            (True, "Zea mays"),
        ]
