"""Corrections, species that lack pictures, pictures that deserve a look; in SQL, views and Python."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest

from datastore_db import InvalidDocument, NotFound, Store
from tests.evaluation.figures import CORNERS, GUESSES, NOT_A_SEED, Example, evaluation, pictures_of
from tests.support.calls import Call
from tests.support.inferences import boxes_of


def test_corrections_are_listed_with_their_experts(call: Call, example: Example, ana: dict[str, str]) -> None:
    bob = call("register_user", "bob@example.org")
    call("import_inference", example.picture_id, boxes_of(GUESSES))
    example.judge(example.box(0), example.box(1, label="Bromus japonicus"), acting=ana["user_id"])
    example.judge(example.box(2, **NOT_A_SEED), {"label": "Solanum nigrum", "box": CORNERS}, acting=ana["user_id"])
    example.judge(example.box(3, classId="", label="", box=CORNERS), acting=ana["user_id"])
    found = evaluation(call)
    (month,) = found["corrections"]
    counted = {"verdicts": 5, "confirmed": 1, "corrected": 1, "not_a_seed": 1, "drawn": 1, "moved": 1}
    assert {key: month[key] for key in counted} == counted
    (expert,) = found["experts"]
    assert {key: expert[key] for key in counted} == counted
    assert (expert["email"], expert["inferences"]) == ("ana@example.org", 1)

    # Feedback of a user without access to Ana's container: the DBA records Bob's.
    feedback = {"userId": bob["user_id"], "inferenceId": example.inference["inference_id"], "boxes": [example.box(1)]}
    call("record_feedback", feedback | {"boxes": [example.box(1, label="Lolium temulentum")]})
    found = evaluation(call)
    assert [(item["email"], item["verdicts"], item["confirmed"], item["corrected"]) for item in found["experts"]] == [
        ("ana@example.org", 5, 1, 0),
        ("bob@example.org", 1, 1, 0),
    ]


def test_species_that_lack_pictures_are_listed(call: Call, ana: dict[str, str], example: Example) -> None:
    pictures_of(call, ana, {"seed": "Solanum nigrum"}, {"seed": "Solanum nigrum"}, {"seed": "Bromus japonicus"})
    call("announce_pictures", ana["picture_set_id"], [{"seed": "Cirsium arvense"}], acting=ana["user_id"])  # pending
    example.judge(example.box(0), example.box(1), example.box(2, label="Solanum nigrum"), example.box(3))
    found = call("rebuild_training")["seeds"]
    counts = {item["seed_name"]: (item["known"], item["verified"], item["pictures"]) for item in found}
    assert len(counts) == 15
    assert counts["Solanum nigrum"] == (2, 1, 3)
    assert counts["Bromus japonicus"] == (1, 1, 2)
    assert counts["Cirsium arvense"] == (0, 0, 0)
    assert [item["pictures"] for item in found] == sorted(item["pictures"] for item in found)


def test_pictures_to_review_are_listed(call: Call, ana: dict[str, str], models: None) -> None:
    sure, unsure, disputed, verified = pictures_of(call, ana, {}, {}, {}, {})
    close = [("Solanum nigrum", 0.5), ("4 solanum nigrum", 0.49), ("Lolium temulentum", 0.3)]  # one species twice
    call("import_inference", sure, boxes_of([[("Lolium temulentum", 0.9)]]))
    call("import_inference", unsure, boxes_of([close, [("Lolium temulentum", 0.6), ("Bromus japonicus", 0.5)]]))
    for label, pipeline in (
        ("Lolium temulentum", "two steps"),
        ("Solanum nigrum", "one model"),
        ("Lolium temulentum", "one model"),
    ):
        call("import_inference", disputed, boxes_of([[(label, 0.95)]]) | {"pipeline_name": pipeline})
    found = call("rebuild_review")
    assert found["disputed"] == []  # the newest of both pipelines agree

    call("import_inference", disputed, boxes_of([[("Bromus japonicus", 0.97)]]) | {"pipeline_name": "one model"})
    done = call("import_inference", verified, boxes_of([[("Bromus japonicus", 0.1)]]) | {"pipeline_name": "one model"})
    call("import_inference", verified, boxes_of([[("Lolium temulentum", 0.2)]]) | {"pipeline_name": "two steps"})
    call("record_feedback", {"inferenceId": done["inference_id"], "boxes": [{"boxId": done["boxes"][0]["box_id"]}]})
    found = call("rebuild_review")
    (dispute,) = found["disputed"]
    assert dispute["picture_id"] == disputed
    assert [(item["pipeline_name"], item["seed_name"]) for item in dispute["inferences"]] == [
        ("one model", "Bromus japonicus"),
        ("two steps", "Lolium temulentum"),
    ]
    uncertain = [(item["picture_id"], float(item["margin"]), item["boxes"]) for item in found["uncertain"]]
    assert uncertain == [(unsure, 0.1, 2), (verified, 0.2, 1), (sure, 0.9, 1), (disputed, 0.95, 4)]
    assert (found["uncertain"][0]["seed_name"], found["uncertain"][0]["second_seed_name"]) == (
        "Lolium temulentum",
        "Bromus japonicus",
    )
    assert found["looked_at"] == 7
    assert [item["picture_id"] for item in call("rebuild_review", 1, 1000)["uncertain"]] == [unsure]
    assert call("rebuild_review", 20, 1)["looked_at"] == 1


def test_each_user_gets_figures_of_their_own_container(call: Call, example: Example, ana: dict[str, str]) -> None:
    bob = call("register_user", "bob@example.org")
    example.judge(example.box(0))
    for acting, boxes, waiting in ((None, 1, 3), (ana["user_id"], 1, 3), (bob["user_id"], 0, 0)):
        found = call("rebuild_evaluation", acting=acting)
        assert (found["verified_boxes"], found["left_out"]["without_verdict"]) == (boxes, waiting)
        assert len(found["experts"]) == len(found["corrections"]) == boxes
        assert call("rebuild_review", acting=acting)["looked_at"] == boxes


VIEWS = (
    *("judgement", "accuracy", "detection", "seed_accuracy", "confusion", "calibration", "accuracy_by_month"),
    *("corrections_by_month", "expert_work", "training", "uncertain_box"),
)


def test_views_answer_the_same(example: Example, database: psycopg.Connection) -> None:
    example.judge(example.box(0), example.box(1, label="Bromus japonicus"))
    for view in VIEWS:
        row = database.execute(f"select count(*) from datastore.{view}").fetchone()
        assert row is not None
        assert row[0] > 0, view
    rows = database.execute("select decider, accuracy from datastore.accuracy order by 1").fetchall()
    assert rows == [("classifier A 3", 0.5), ("two steps: detector 1, classifier A 3", 0.5)]


def test_figures_are_made_without_reading_boxes(example: Example, database: psycopg.Connection) -> None:
    example.judge(example.box(0))
    database.execute("revoke select on datastore.box from datastore_reader")
    database.execute("set role datastore_reader")
    assert example.figures()["classification"]["accuracy"] == 1
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        database.execute("select from datastore.box")


def test_python_gives_the_same_answers(owner: Store, store: Store, call: Call, example: Example) -> None:
    example.judge(example.box(0), example.box(1, label="Bromus japonicus"))
    found = owner.evaluation()
    (figures,) = found["pipelines"]
    assert figures["classification"] is not None
    assert (figures["pipeline_name"], float(figures["classification"]["accuracy"])) == ("two steps", 0.5)
    assert (
        owner.evaluation(pipeline_id=figures["pipeline_id"], since=datetime(2100, 1, 1, tzinfo=UTC))["verified_boxes"]
        == 0
    )
    assert {seed["pictures"] for seed in owner.training()["seeds"]} == {0}
    assert owner.review(results=1)["uncertain"][0]["picture_id"] == example.picture_id
    with pytest.raises(NotFound):
        owner.evaluation(pipeline_id="00000000-0000-4000-8000-000000000000")
    with pytest.raises(InvalidDocument, match="fortnight"):
        owner.evaluation(per="fortnight")
