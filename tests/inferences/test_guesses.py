"""Labels of guesses, and any document that the schema allows."""

from __future__ import annotations

import os
import uuid
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings

from datastore_db.json_codec import dumps
from tests.documents import generate
from tests.inferences.values import new_picture
from tests.support.calls import Call, caller
from tests.support.errors import refused
from tests.support.inferences import BOX_KEYS, SYSTEM_KEYS, Document, boxes_of, without_ids

EXAMPLES = int(os.environ.get("DATASTORE_TEST_EXAMPLES", "500"))


class TestLabels:
    def test_a_label_finds_its_species(self, call: Call, picture_id: str) -> None:
        seeds = {seed["seed_name"]: seed["seed_id"] for seed in call("rebuild_seeds")["seeds"]}
        labels = [
            "14 Ambrosia psilostachya",
            "'ambrosia  PSILOSTACHYA'",
            '"3 Ambrosia psilostachya" ',
            "Solanum nigrum",
        ]
        answer = call("import_inference", picture_id, boxes_of([[(label, 0.5)] for label in labels]))
        assert [box["label"] for box in answer["boxes"]] == labels
        expected = ["Ambrosia psilostachya"] * 3 + ["Solanum nigrum"]
        assert [box["classId"] for box in answer["boxes"]] == [seeds[name] for name in expected]
        assert len(call("rebuild_seeds")["seeds"]) == 15

    @pytest.mark.parametrize("label", ["''", '"7 "', " ", "x" * 20_000, "é" * 5000, "14 15 16", "'\"7 8 a\"'"])
    def test_unusual_labels_are_kept(self, call: Call, picture_id: str, label: str) -> None:
        sent = boxes_of([[(label, 0.5), ("Solanum nigrum", 0.25)]])
        first = call("import_inference", picture_id, sent)
        again = call("import_inference", picture_id, sent)
        assert without_ids(again, sent) == sent
        assert first["boxes"][0]["classId"] == again["boxes"][0]["classId"]

    def test_an_unknown_label_waits_for_review(self, call: Call, picture_id: str) -> None:
        answer = call("import_inference", picture_id, boxes_of([[("21 Zea  mays", 0.5), ("zea MAYS", 0.25)]]))
        (seed,) = call("unreviewed_seeds")["seeds"]
        assert (seed["seed_name"], seed["labels"]) == ("Zea mays", ["21 Zea  mays", "zea MAYS"])
        assert answer["boxes"][0]["classId"] == seed["seed_id"]
        known = call("accept_seed", seed["seed_id"])
        assert known == call("accept_seed", seed["seed_id"])
        assert known["status"] == "known"
        assert call("unreviewed_seeds") == {"seeds": []}

    def test_the_same_unknown_labels_at_once(self, call: Call, picture_id: str, database_url: str) -> None:
        def send(n: int) -> str:
            labels = ["Zea mays", "Secale cereale", "Avena fatua"]
            with psycopg.connect(database_url, autocommit=True) as connection:
                sent = boxes_of([[(label, 0.5)] for label in labels[n % 3 :] + labels[: n % 3]])
                answer = caller(connection)("import_inference", picture_id, sent)
                return next(str(box["classId"]) for box in answer["boxes"] if box["label"] == "Zea mays")

        with ThreadPoolExecutor(6) as pool:
            assert len(set(pool.map(send, range(12)))) == 1
        assert len(call("unreviewed_seeds")["seeds"]) == 3

    def test_a_species_is_merged_into_a_known_one(
        self, call: Call, ana: dict[str, str], database: psycopg.Connection
    ) -> None:
        picture_id = new_picture(call, ana, {"seed": "Ambrosia trifidda"})
        sent = boxes_of([[("Ambrosia trifidda", 0.5), ("Ambrosia trifida", 0.3)], [("Solanum nigrum", 0.2)]])
        answer = call("import_inference", picture_id, sent)
        known = {seed["seed_name"]: seed["seed_id"] for seed in call("rebuild_seeds")["seeds"]}
        wrong, right = known["Ambrosia trifidda"], known["Ambrosia trifida"]
        call(
            "record_feedback",
            {
                "inferenceId": answer["inference_id"],
                "boxes": [
                    {"boxId": answer["boxes"][0]["box_id"]},
                    {"boxId": answer["boxes"][1]["box_id"], "label": "Ambrosia trifidda", "classId": wrong},
                ],
            },
        )
        with pytest.raises(psycopg.Error, check=lambda error: error.sqlstate == "DS403"):
            call("merge_seed", wrong, right, acting=ana["user_id"])
        call("set_site_role", ana["email"], "verifier")
        merged = call("merge_seed", wrong, right, acting=ana["user_id"])
        assert merged == call("merge_seed", wrong, right)
        assert merged["seed_name"] == "Ambrosia trifida"
        assert "Ambrosia trifidda" not in {seed["seed_name"] for seed in call("rebuild_seeds")["seeds"]}
        rebuilt = call("rebuild_inference", answer["inference_id"])
        assert [box["classId"] for box in rebuilt["boxes"]] == [right, right]
        assert [box["label"] for box in rebuilt["boxes"]] == ["Ambrosia trifidda"] * 2
        labels = call("rebuild_picture", picture_id)["labels"]
        assert {(label["seed_id"], label["origin"]) for label in labels} == {(right, "known"), (right, "verified")}
        left = "select count(*) from datastore.verdict where seed_id = %s or model_seed_id = %s"
        assert database.execute(left, [wrong, wrong]).fetchone() == (0,)
        # a document that names it from now on means the known one
        later = call("import_inference", picture_id, boxes_of([[("9 ambrosia TRIFIDDA", 0.5)]]))
        assert later["boxes"][0]["classId"] == right
        other = new_picture(call, ana, {"seed": {"seed_id": wrong}})
        assert [label["seed_id"] for label in call("rebuild_picture", other)["labels"]] == [right]

    def test_invalid_merges_are_refused(self, call: Call, picture_id: str) -> None:
        call("import_inference", picture_id, boxes_of([[("one", 0.5)], [("two", 0.5)]]))
        known = {seed["seed_name"]: seed["seed_id"] for seed in call("rebuild_seeds")["seeds"]}
        with refused("DS409"):
            call("merge_seed", known["one"], known["two"])
        with refused("DS409"):
            call("merge_seed", known["Solanum nigrum"], known["Ambrosia trifida"])
        with refused("DS404"):
            call("merge_seed", str(uuid.uuid4()), known["two"])
        with refused("DS404"):
            call("accept_seed", str(uuid.uuid4()))
        call("merge_seed", known["one"], known["Solanum nigrum"])
        with refused("DS409"):
            call("accept_seed", known["one"])
        with refused("DS409"):
            call("merge_seed", known["one"], known["Ambrosia trifida"])


class TestAnyInference:
    def test_is_rebuilt_as_it_was_sent(self, database: psycopg.Connection, call: Call, picture_id: str) -> None:
        @settings(
            max_examples=EXAMPLES // 5,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize="DATASTORE_TEST_EXAMPLES" not in os.environ,
        )
        @given(document=generate.valid("inference"))
        def rebuilt_as_sent(document: Document) -> None:
            answer = call("import_inference", picture_id, document)
            assert call("rebuild_inference", answer["inference_id"]) == answer
            client = {key: value for key, value in document.items() if key not in SYSTEM_KEYS}
            client["boxes"] = [cleaned(box) for box in document["boxes"]]
            query = "select %s::jsonb = %s::jsonb"
            same = database.execute(query, [dumps(without_ids(answer, client)), dumps(client)]).fetchone()
            assert same == (True,), (without_ids(answer, client), client)

        rebuilt_as_sent()


def cleaned(box: Document) -> Document:
    box = {key: value for key, value in box.items() if key not in BOX_KEYS}
    if "topN" in box:
        box["topN"] = [{key: guess[key] for key in guess.keys() - {"object_id", "is_expert"}} for guess in box["topN"]]
    return box
