"""Inferences that are refused, and what constraints keep out of tables."""

from __future__ import annotations

import itertools
import uuid
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from datastore_db.json_codec import dumps
from tests.inferences.values import count, nested
from tests.support.calls import Call
from tests.support.errors import errors_of, refused
from tests.support.inferences import boxes_of, inference, without_ids


class TestBadInput:
    @pytest.mark.parametrize(
        ("change", "expected"),
        [
            (lambda document: document.update(totalBoxes=3), [("/totalBoxes", "totalBoxes")]),
            (lambda document: document.update(totalBoxes="2"), [("/totalBoxes", "type")]),
            (lambda document: document.pop("boxes"), [("", "required")]),
            (lambda document: document.update(boxes={}), [("/boxes", "type")]),
            (
                lambda document: document.update(boxes=[5, None], totalBoxes=2),
                [("/boxes/0", "type"), ("/boxes/1", "type")],
            ),
            (lambda document: document["boxes"][1].update(score=Decimal("1.01")), [("/boxes/1/score", "maximum")]),
            (lambda document: document["boxes"][0]["topN"][2].update(score=-1), [("/boxes/0/topN/2/score", "minimum")]),
            (lambda document: document["boxes"][0]["topN"][2].update(score="1"), [("/boxes/0/topN/2/score", "type")]),
            (lambda document: document["boxes"][0].update(topN=None), [("/boxes/0/topN", "type")]),
            (lambda document: document["boxes"][0].update(topN=[3]), [("/boxes/0/topN/0", "type")]),
            (lambda document: document["boxes"][0]["box"].update(topX=1247), [("/boxes/0/box/topX", "corners")]),
            (lambda document: document["boxes"][0]["box"].pop("topX"), [("/boxes/0/box", "required")]),
            (lambda document: document["boxes"][1].update(label=""), [("/boxes/1/label", "minLength")]),
            (lambda document: document.update(pipeline_id="x"), [("/pipeline_id", "format")]),
            (lambda document: document.update(schema_version=2), [("/schema_version", "const")]),
            (lambda document: document.update(x=10**400), [("/x", "numberRange")]),
            (lambda document: document.update(created_at=10**400), [("/created_at", "numberRange")]),
        ],
    )
    def test_invalid_inferences_are_refused(
        self, call: Call, picture_id: str, database: psycopg.Connection, change: Any, expected: list[tuple[str, str]]
    ) -> None:
        sent = inference()
        sent["boxes"][0]["label"] = "never seen"
        change(sent)
        with refused("DS400") as error:
            call("import_inference", picture_id, sent)
        assert errors_of(error) == expected
        with refused("DS400") as error:
            batch = [{"picture_id": picture_id, "document": document} for document in (inference(), sent)]
            call("import_inferences", batch)
        assert errors_of(error) == [("/1/document" + path, keyword) for path, keyword in expected]
        assert (count(database, "inference"), count(database, "box"), count(database, "label")) == (0, 0, 0)

    def test_limits_hold_where_every_label_is_known(
        self, call: Call, picture_id: str, database: psycopg.Connection
    ) -> None:
        call("import_inference", picture_id, inference())
        within = inference(x=[Decimal("1e308"), Decimal("-1e-308"), Decimal("0.000e-500"), "7" * 300, nested(61)])
        assert without_ids(call("import_inference", picture_id, within), within) == within
        beyond = [
            *(
                Decimal("1e309"),
                Decimal("-1e309"),
                Decimal(f"1.{'0' * 60}1e308"),
                Decimal("1e-309"),
                Decimal("-1e-320"),
            ),
            *(Decimal(f"{'9' * 500}.{'9' * 501}"), 10**1000, Decimal(f"0.{'1' * 1000}")),
            *(nested(64), nested(64, in_objects=True), nested(70, in_objects=True)),
        ]
        places: list[list[Any]] = [[], ["models", 0], ["boxes", 1], ["boxes", 1, "box"], ["boxes", 0, "topN", 2]]
        for value, place in itertools.product(beyond, places):
            sent = inference()
            part: Any = sent
            for step in place:
                part = part[step]
            part["x"] = value
            expected = database.execute(
                "select instance_path, keyword from datastore.limit_errors(%s)", [Jsonb(sent, dumps=dumps)]
            ).fetchall()
            assert expected[0][0].startswith("".join(f"/{step}" for step in [*place, "x"]))
            with refused("DS400") as error:
                call("import_inference", picture_id, sent)
            assert errors_of(error) == expected
            with refused("DS400") as error:
                call("import_inferences", [{"picture_id": picture_id, "document": sent}])
            assert [keyword for _, keyword in errors_of(error)] == [keyword for _, keyword in expected]
        assert count(database, "inference") == 2

    @pytest.mark.parametrize("document", [None, 5, [], "x", [5]])
    def test_a_document_that_is_no_object_is_refused(
        self, database: psycopg.Connection, picture_id: str, document: object
    ) -> None:
        with refused("DS400"):
            database.execute("select datastore.import_inference(%s, %s::jsonb)", [picture_id, dumps(document)])
        with refused("DS400"):
            database.execute("select datastore.import_inference(%s, null)", [picture_id])

    def test_equal_corners_are_an_empty_box(self, call: Call, picture_id: str) -> None:
        sent = boxes_of([[("a", 0.5)]])
        sent["boxes"][0]["box"] = {"topX": 5, "topY": Decimal("5.0"), "bottomX": Decimal("5.00"), "bottomY": 5}
        assert without_ids(call("import_inference", picture_id, sent), sent) == sent

    def test_pictures_of_other_users_are_not_found(
        self, call: Call, ana: dict[str, str], bob: dict[str, str], picture_id: str
    ) -> None:
        answer = call("import_inference", picture_id, inference(), acting=ana["user_id"])
        as_bob = {"acting": bob["user_id"]}
        calls: list[tuple[Any, ...]] = [
            ("import_inference", picture_id, inference()),
            ("import_inference", str(uuid.uuid4()), inference()),
            ("rebuild_inference", answer["inference_id"]),
            ("rebuild_inference", str(uuid.uuid4())),
            ("rebuild_inference_of", picture_id),
            ("rebuild_verdicts", answer["inference_id"]),
            ("reopen_inference", answer["inference_id"]),
            ("import_inferences", [{"picture_id": picture_id, "document": inference()}]),
        ]
        for function, *arguments in calls:
            with refused("DS404"):
                call(function, *arguments, **as_bob)
        with refused("DS404"):
            call("import_inference", picture_id, inference(), bob["container_id"])
        with refused("DS404"):
            call("rebuild_inference", answer["inference_id"], False, bob["container_id"])
        assert call("rebuild_inference", answer["inference_id"], False, ana["container_id"]) == answer

    def test_a_link_across_containers_is_impossible(
        self, call: Call, database: psycopg.Connection, bob: dict[str, str], picture_id: str
    ) -> None:
        answer = call("import_inference", picture_id, inference())
        for statement, values in [
            (
                "insert into datastore.inference (container_id, picture_id, document) values (%s, %s, %s)",
                [bob["container_id"], picture_id, '{"boxes": [], "totalBoxes": 0}'],
            ),
            (
                "insert into datastore.box (container_id, inference_id, box_id, position, document)"
                " values (%s, %s, %s, 1, %s)",
                [
                    bob["container_id"],
                    answer["inference_id"],
                    answer["boxes"][0]["box_id"],
                    '{"box": {"topX": 0, "topY": 0, "bottomX": 0, "bottomY": 0}, "label": "a", "score": 0}',
                ],
            ),
        ]:
            with pytest.raises(psycopg.errors.ForeignKeyViolation):
                database.execute(statement, values)


class TestAtRest:
    def test_a_view_lists_guesses_as_rows(self, call: Call, picture_id: str, database: psycopg.Connection) -> None:
        answer = call("import_inference", picture_id, inference())
        rows = database.execute("""
            select box_id::text, place, object_id::text, label, score, is_expert
            from datastore.guess order by box_id, place
        """).fetchall()
        assert rows == [
            (box["box_id"], place, guess["object_id"], guess["label"], guess["score"], False)
            for box in answer["boxes"]
            for place, guess in enumerate(box["topN"], 1)
        ]

    @pytest.mark.parametrize(
        "change",
        [
            "document = document - 'label'",
            "guesses = '[{}]'",
            "document = jsonb_set(document, '{box,topX}', '5000')",
            "scores = scores || 1.0",
        ],
    )
    def test_a_plain_update_is_checked_as_well(
        self, call: Call, picture_id: str, database: psycopg.Connection, change: str
    ) -> None:
        call("import_inference", picture_id, inference())
        with pytest.raises(psycopg.errors.CheckViolation):
            database.execute(f"update datastore.box set {change}")

    def test_an_inference_is_deleted_with_its_picture(
        self, call: Call, picture_id: str, database: psycopg.Connection
    ) -> None:
        answer = call("import_inference", picture_id, inference())
        boxes = [{"boxId": answer["boxes"][0]["box_id"], "label": "Zea mays"}]
        call("record_feedback", {"inferenceId": answer["inference_id"], "boxes": boxes})
        database.execute("delete from datastore.picture")
        for table in ("inference", "box", "verdict", "expert_guess"):
            assert count(database, table) == 0
