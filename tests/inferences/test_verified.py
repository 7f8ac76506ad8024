"""When an inference is verified, and how it reads afterwards."""

from __future__ import annotations

from decimal import Decimal

import psycopg
import pytest

from tests.inferences.feedback import MOVED, NOT_A_SEED, Say
from tests.inferences.values import new_picture
from tests.support.calls import Call
from tests.support.errors import errors_of, refused
from tests.support.inferences import Document, boxes_of, inference, without_ids


@pytest.fixture
def picture_id(call: Call, ana: dict[str, str]) -> str:
    """A picture whose client names a species."""
    return new_picture(call, ana, {"seed": "Solanum nigrum"})


class TestVerified:
    def test_an_inference_is_verified_once_each_box_has_a_verdict(
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

    def test_the_same_feedback_again_changes_nothing(self, say: Say, call: Call, imported: Document) -> None:
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
        given = call("rebuild_verdicts", imported["inference_id"])
        assert say(*everything) == rebuilt
        assert say((0, {"label": "zea mays"}), (2, {"label": "2 Cirsium arvense"})) == rebuilt
        assert call("rebuild_verdicts", imported["inference_id"])[: len(given)] == given

    def test_a_later_verdict_replaces_an_earlier_one_until_verified(
        self, say: Say, call: Call, imported: Document, ana: dict[str, str], bob: dict[str, str]
    ) -> None:
        say((0, {"label": "Zea mays", "comment": "yellow"}), userId=ana["user_id"])
        box = say((0, {"label": "13 Ambrosia trifida"}), userId=bob["user_id"])["boxes"][0]
        assert box["label"] == "13 Ambrosia trifida"
        first, second = call("rebuild_verdicts", imported["inference_id"])
        assert (first["feedback"]["comment"], first["given_by"], first["label"]) == (
            "yellow",
            ana["user_id"],
            "Zea mays",
        )
        assert (second["given_by"], first["is_current"], second["is_current"]) == (bob["user_id"], False, True)

    def test_another_experts_agreement_is_kept(
        self, say: Say, call: Call, imported: Document, ana: dict[str, str], bob: dict[str, str]
    ) -> None:
        first = say((0, {}), userId=ana["user_id"])
        for _ in range(3):
            assert say((0, {"label": "14 Ambrosia psilostachya"}), userId=bob["user_id"]) == first
        given = [
            (verdict["given_by"], verdict["is_current"])
            for verdict in call("rebuild_verdicts", imported["inference_id"])
        ]
        assert given == [(ana["user_id"], True), (bob["user_id"], False)]

    @pytest.mark.parametrize("other", [{"label": "Zea mays"}, NOT_A_SEED, {"box": MOVED}, NOT_A_SEED | {"box": MOVED}])
    def test_another_verdict_after_verification_is_a_conflict(
        self, say: Say, call: Call, imported: Document, other: Document
    ) -> None:
        verified = say((0, {}), (1, {}), (2, {}))
        with refused("DS409") as error:
            say((2, {}), (1, other), (None, {"label": "Zea mays", "box": MOVED}))
        assert errors_of(error) == [("/boxes/1", "verified")]
        assert call("rebuild_inference", imported["inference_id"]) == verified

    def test_a_box_may_be_drawn_after_verification(self, say: Say, call: Call, picture_id: str) -> None:
        verified = say((0, {}), (1, {}), (2, {}))
        drawn = say((None, {"label": "Zea mays", "box": MOVED}))
        assert drawn["boxes"][:3] == verified["boxes"]
        assert (drawn["verified"], drawn["verified_at"]) == (True, verified["verified_at"])
        labels = {label["seed_name"] for label in call("rebuild_picture", picture_id)["labels"]}
        assert labels == {"Solanum nigrum", "Ambrosia psilostachya", "Lolium temulentum", "Cirsium arvense", "Zea mays"}

    def test_a_verified_inference_may_be_opened_again(
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

    def test_a_picture_has_the_labels_of_its_verified_inferences(self, say: Say, call: Call, picture_id: str) -> None:
        say((0, {}), (1, {}), (2, {}))
        other = call("import_inference", picture_id, boxes_of([[("Zea mays", 0.5)]]))
        given = [{"boxId": other["boxes"][0]["box_id"]}]
        call("record_feedback", {"inferenceId": other["inference_id"], "boxes": given})
        call("reopen_inference", other["inference_id"])
        labels = {label["seed_name"] for label in call("rebuild_picture", picture_id)["labels"]}
        assert labels == {"Solanum nigrum", "Ambrosia psilostachya", "Lolium temulentum", "Cirsium arvense"}

    def test_feedback_without_boxes_verifies_an_empty_inference(self, call: Call, picture_id: str) -> None:
        empty = call("import_inference", picture_id, {"boxes": [], "totalBoxes": 0})
        assert empty["verified"] is False
        assert call("record_feedback", {"inferenceId": empty["inference_id"], "boxes": []})["verified"] is True

    def test_the_label_of_a_box_without_guesses_may_be_confirmed(self, call: Call, picture_id: str) -> None:
        sent = boxes_of([[("Solanum nigrum", 0.5)], [("''", 0.5)]])
        for box in sent["boxes"]:
            box["topN"] = []
        answer = call("import_inference", picture_id, sent)
        given = [{"boxId": box["box_id"]} for box in answer["boxes"]]
        rebuilt = call("record_feedback", {"inferenceId": answer["inference_id"], "boxes": given})
        assert [box["label"] for box in rebuilt["boxes"]] == ["Solanum nigrum", "''"]
        assert [box["topN"][0]["is_expert"] for box in rebuilt["boxes"]] == [True, True]
        assert rebuilt["verified"] is True


class TestAsSent:
    def test_the_models_answer_is_never_lost(self, call: Call, picture_id: str) -> None:
        sent = inference()
        answer = call("import_inference", picture_id, sent)
        first, second = [{"boxId": box["box_id"]} for box in answer["boxes"]]
        given = [first | {"label": "Zea mays", "box": MOVED}, second | NOT_A_SEED, {"label": "b", "box": MOVED}]
        rebuilt = call("record_feedback", {"inferenceId": answer["inference_id"], "boxes": given})
        assert rebuilt["verified"] is True
        as_sent = call("rebuild_inference", answer["inference_id"], True)
        assert as_sent == answer
        assert without_ids(as_sent, sent) == sent
        assert call("rebuild_inference_of", picture_id) == rebuilt
        # unknown keys stay, whatever was said
        assert rebuilt["boxes"][1]["note"] == {"by": None}
        assert (rebuilt["labelOccurrence"], rebuilt["totalBoxes"]) == (sent["labelOccurrence"], 2)

    def test_a_verdict_keeps_the_models_rank_and_score(self, say: Say, database: psycopg.Connection) -> None:
        say((0, {"label": "13 Ambrosia trifida"}), (1, {"label": "Zea mays"}), (2, {"label": "Cirsium arvense"}))
        rows = database.execute("select model_rank, model_score from datastore.verdict order by verdict_id").fetchall()
        assert rows == [(2, Decimal("0.5")), (None, Decimal("0.9")), (1, Decimal("0.7"))]
