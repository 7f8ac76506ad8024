"""Inferences are imported, divided and rebuilt."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

import psycopg

from datastore_db.json_codec import dumps
from tests.inferences.values import count, new_picture
from tests.support.calls import Call
from tests.support.errors import errors_of, refused
from tests.support.inferences import BOX_KEYS, SYSTEM_KEYS, boxes_of, inference, without_ids


class TestImport:
    def test_an_inference_comes_back_with_ids(self, call: Call, ana: dict[str, str], picture_id: str) -> None:
        sent = inference()
        answer = call("import_inference", picture_id, sent, acting=ana["user_id"])
        assert without_ids(answer, sent) == sent
        assert dumps(without_ids(answer, sent)["boxes"]).count("6.50") == 1
        assert answer.keys() - sent.keys() == SYSTEM_KEYS | {"pipeline_id"}
        assert answer["picture_id"] == picture_id
        assert answer["requested_by"] == ana["user_id"]
        assert (answer["verified"], answer["verified_by"], answer["verified_at"]) == (False, None, None)
        assert call("rebuild_inference", answer["inference_id"], acting=ana["user_id"]) == answer
        assert call("rebuild_inference", answer["inference_id"], True) == answer

    def test_boxes_and_guesses_have_ids_of_their_own(self, call: Call, picture_id: str) -> None:
        answer = call("import_inference", picture_id, inference())
        first, second = answer["boxes"]
        assert first.keys() >= BOX_KEYS - {"model"}
        assert (first["object_type_id"], first["is_verified"], first["is_valid"], first["is_manual"]) == (
            *(1, False, True, False),
        )
        ids = [uuid.UUID(box["box_id"]) for box in answer["boxes"]]
        ids += [uuid.UUID(guess["object_id"]) for box in answer["boxes"] for guess in box["topN"]]
        ids.append(uuid.UUID(answer["inference_id"]))
        assert len(set(ids)) == len(ids)
        # Twelve digits after the inference's own: a bit that is set, the box's place, the guess's
        places = [int(str(identity)[24:], 16) for identity in ids[:-1]]
        assert all(str(identity)[:24] == answer["inference_id"][:24] for identity in ids)
        assert [(place >> 47, place >> 24 & 0x7FFFFF, place & 0xFFFFFF) for place in places] == [
            *[(1, 1, 0), (1, 2, 0)],
            *[(1, 1, 1), (1, 1, 2), (1, 1, 3), (1, 2, 1)],
        ]
        assert first["top_id"] == first["topN"][0]["object_id"]
        assert second["topN"] == [{"label": "Lolium temulentum", "score": 1, "object_id": second["top_id"]}]

    def test_the_top_guess_is_the_first_of_the_highest(self, call: Call, picture_id: str) -> None:
        sent = boxes_of([[("a", 0.1), ("b", 0.4), ("c", 0.4), ("b", 0.4)], [("a", 0)]])
        first, second = call("import_inference", picture_id, sent)["boxes"]
        assert first["top_id"] == first["topN"][1]["object_id"]
        assert second["top_id"] == second["topN"][0]["object_id"]

    def test_an_inference_may_have_no_boxes_and_a_box_no_guesses(self, call: Call, picture_id: str) -> None:
        empty = {"boxes": [], "totalBoxes": Decimal("0.0")}
        answer = call("import_inference", picture_id, empty)
        assert without_ids(answer, empty) == empty
        assert call("rebuild_inference", answer["inference_id"]) == answer
        bare = boxes_of([[("Ambrosia trifida", 0.5)]])
        bare["boxes"][0]["topN"] = []
        (box,) = call("import_inference", picture_id, bare)["boxes"]
        assert (box["topN"], box["top_id"]) == ([], None)

    def test_the_order_of_boxes_and_guesses_is_kept(self, call: Call, picture_id: str) -> None:
        sent = boxes_of([[(f"{n} label {n % 7}", n / 1000) for n in range(50)] for _ in range(120)])
        for place, box in enumerate(sent["boxes"]):
            box["n"] = place
        answer = call("import_inference", picture_id, sent)
        assert without_ids(answer, sent) == without_ids(call("rebuild_inference", answer["inference_id"]), sent)
        assert [box["n"] for box in answer["boxes"]] == list(range(120))
        assert [guess["label"] for guess in answer["boxes"][7]["topN"]] == [f"{n} label {n % 7}" for n in range(50)]

    def test_unknown_keys_are_kept_everywhere(self, call: Call, picture_id: str) -> None:
        sent = inference(pipelineName="x", more={"boxes": [None]})
        sent["boxes"][0] |= {"angle": None, "boxId": 5}
        sent["boxes"][0]["box"]["angle"] = Decimal("0.10")
        sent["boxes"][0]["topN"][1] |= {"boxes": {"topN": []}, "": None}
        sent["models"][0]["by"] = None
        assert without_ids(call("import_inference", picture_id, sent), sent) == sent

    def test_values_sent_for_system_keys_are_kept_as_claims(
        self, call: Call, ana: dict[str, str], picture_id: str, database: psycopg.Connection
    ) -> None:
        sent = inference(verified=True, created_at=None)
        sent["boxes"][1] |= {
            "is_verified": True,
            "is_valid": True,
            "topN": [{"label": "a", "score": 0, "is_expert": 7}],
        }
        answer = call("import_inference", picture_id, sent, acting=ana["user_id"])
        assert answer["verified"] is False
        assert answer["boxes"][1]["is_verified"] is False
        assert answer["boxes"][1]["topN"][0].keys() == {"label", "score", "object_id"}
        claims = database.execute(
            "select entity, entity_id::text, action, claimed from datastore.history where claimed is not null"
        ).fetchall()
        claimed = {
            "verified": True,
            "created_at": None,
            "boxes": {"1": {"is_verified": True, "topN": {"0": {"is_expert": 7}}}},
        }
        assert claims == [("inference", answer["inference_id"], "claimed", claimed)]

    def test_an_answer_imported_again_is_another_inference(
        self, call: Call, picture_id: str, database: psycopg.Connection
    ) -> None:
        first = call("import_inference", picture_id, inference())
        del first["pipeline_id"]  # null: the pipeline is unknown
        second = call("import_inference", picture_id, first)
        assert first["inference_id"] != second["inference_id"]
        assert without_ids(second, first)["boxes"][0] == without_ids(first, first)["boxes"][0]
        assert count(database, "inference") == 2

    def test_the_newest_inference_counts(self, call: Call, ana: dict[str, str], picture_id: str) -> None:
        assert call("rebuild_inference_of", picture_id) is None
        assert "classification_data" not in call("rebuild_picture", picture_id)
        assert not call("rebuild_folders", acting=ana["user_id"])[0]["pictures"][0]["inference_exist"]
        call("import_inference", picture_id, inference())
        sent = boxes_of([[("2 Cirsium arvense", 0.25)], [('"Zea  mays"', 0.5)]])
        newest = call("import_inference", picture_id, sent | {"pipeline_name": "Swin"})
        assert call("rebuild_inference_of", picture_id) == newest
        assert call("rebuild_picture", picture_id)["classification_data"] == {
            "model": "Swin",
            "prediction": "Zea mays",
            "confidence_score": Decimal("0.5"),
        }
        assert call("rebuild_folders", acting=ana["user_id"])[0]["pictures"][0]["inference_exist"]

    def test_an_inference_finds_its_pipeline_and_models(
        self, call: Call, picture_id: str, database: psycopg.Connection
    ) -> None:
        names = [model["name"] for model in inference()["models"]]
        first = call("import_inference", picture_id, inference())
        assert first["pipeline_id"] is None
        assert call("unknown_models") == [
            {"name": names[0], "version": "1", "inferences": 1},
            {"name": names[1], "version": 1, "inferences": 1},
        ]
        models = [{"model_name": name, "task": "classification", "version": 1} for name in names]
        call("import_pipelines", {"pipelines": [{"pipeline_name": "Swin", "models": names}], "models": models})
        second = call("import_inference", picture_id, inference())
        assert uuid.UUID(second["pipeline_id"])
        assert call("recognise_models") == 0
        assert call("unknown_models") == []
        assert call("rebuild_inference", first["inference_id"])["pipeline_id"] == second["pipeline_id"]
        third = call("import_inference", picture_id, inference(pipeline_id=second["pipeline_id"].upper()))
        assert third["pipeline_id"] == second["pipeline_id"].upper()
        by_name = inference(pipeline_name="Swin")
        del by_name["models"]
        assert call("import_inference", picture_id, by_name)["pipeline_id"] == second["pipeline_id"]
        tied = database.execute("select distinct pipeline_id, model_version_ids from datastore.inference").fetchall()
        assert len(tied) == 1


class TestManyAtOnce:
    def test_a_batch_is_as_good_as_one_by_one(
        self, call: Call, ana: dict[str, str], database: psycopg.Connection
    ) -> None:
        pictures = [new_picture(call, ana) for _ in range(3)]
        documents = [
            inference(),
            boxes_of([[("never seen", 0.5)], [('""', 0.5)]]),
            inference(verified=True),
            inference(boxes=[], totalBoxes=0),
        ]
        batch = [{"picture_id": pictures[n % 3], "document": document} for n, document in enumerate(documents)]
        answers = call("import_inferences", batch, acting=ana["user_id"])
        assert [answer["picture_id"] for answer in answers] == [item["picture_id"] for item in batch]
        for answer, document in zip(answers, documents, strict=True):
            rebuilt = call("rebuild_inference", answer["inference_id"])
            assert without_ids(rebuilt, document) == {
                key: value for key, value in document.items() if key != "verified"
            }
            assert rebuilt["requested_by"] == ana["user_id"]
        assert call("rebuild_inference_of", pictures[0])["inference_id"] == answers[3]["inference_id"]
        claims = database.execute("select claimed from datastore.history where claimed is not null").fetchall()
        assert claims == [({"verified": True},)]
        assert call("import_inferences", []) == []

    def test_a_batch_is_stored_whole_or_not_at_all(
        self, call: Call, picture_id: str, database: psycopg.Connection
    ) -> None:
        good = {"picture_id": picture_id, "document": inference()}
        with refused("DS404") as error:
            call("import_inferences", [good, {"picture_id": str(uuid.uuid4()), "document": inference()}])
        assert errors_of(error) == [("/1/picture_id", "picture_id")]
        wrong: list[tuple[Any, list[tuple[str, str]]]] = [
            ({"picture_id": "x", "document": inference()}, [("/1/picture_id", "format")]),
            ({"document": inference()}, [("/1/picture_id", "format")]),
            ({"picture_id": picture_id}, [("/1/document", "type")]),
            (5, [("/1/document", "type"), ("/1/picture_id", "format")]),
        ]
        for item, expected in wrong:
            with refused("DS400") as error:
                call("import_inferences", [good, item])
            assert errors_of(error) == expected
        with refused("DS400"):
            call("import_inferences", good)
        assert count(database, "inference") == 0
