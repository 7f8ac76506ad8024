"""Figures of pipelines and models, beside some counted by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg

from tests.evaluation.figures import CORNERS, MODELS, NOT_A_SEED, TYPO, Example, evaluation
from tests.support.calls import Call
from tests.support.errors import refused
from tests.support.inferences import boxes_of


def test_without_verdicts_figures_are_empty(example: Example) -> None:
    found = evaluation(example.call)
    assert (found["verified_boxes"], found["pipelines"], found["model_versions"]) == (0, [], [])
    assert (found["corrections"], found["experts"]) == ([], [])
    assert found["left_out"]["without_verdict"] == 4


def test_only_boxes_with_a_verdict_count(example: Example) -> None:
    example.judge(example.box(0), example.box(1, label="Bromus japonicus"))
    found = evaluation(example.call)
    (figures,) = found["pipelines"]
    assert (found["verified_boxes"], found["left_out"]["without_verdict"]) == (2, 2)
    assert figures["classification"]["boxes"] == 2
    assert (figures["classification"]["accuracy"], figures["classification"]["top_n"]) == (0.5, [0.5, 1, 1, 1, 1])
    assert figures["detection"]["hits"] == 2
    moved = CORNERS | {"topX": 0}
    example.judge(example.box(2, classId="", label="", box=moved))
    assert evaluation(example.call)["verified_boxes"] == 2
    assert evaluation(example.call)["left_out"]["without_verdict"] == 2


def test_a_later_verdict_takes_the_place_of_an_earlier_one(example: Example) -> None:
    example.judge(example.box(0))
    example.judge(example.box(0, label="Bromus japonicus"))
    assert example.figures()["classification"]["accuracy"] == 0
    example.judge(example.box(0, **NOT_A_SEED))
    figures = example.figures()
    assert figures["classification"] is None
    assert figures["detection"]["false_detections"] == 1


def test_a_species_named_by_an_expert_is_no_prediction(example: Example) -> None:
    example.judge(example.box(3, label="Cirsium arvense"))
    # The expert's guess stands in topN now, and the same verdict again finds it there.
    example.judge(example.box(3, label="cirsium arvense"))
    classification = example.figures()["classification"]
    assert classification["top_n"] == [0, 0, 0, 0, 0]
    assert [(cell["seed_name"], cell["model_seed_name"]) for cell in classification["confusion"]] == [
        ("Cirsium arvense", "Bromus japonicus")
    ]
    assert {item["seed_name"]: item["predicted"] for item in classification["seeds"]} == {
        "Bromus japonicus": 1,
        "Cirsium arvense": 0,
    }


def test_drawn_boxes_are_misses_and_no_predictions(example: Example) -> None:
    rebuilt = example.judge(example.box(0), example.box(1, **NOT_A_SEED), {"label": "Solanum nigrum", "box": CORNERS})
    figures = example.figures()
    assert figures["classification"]["boxes"] == 1
    assert {key: figures["detection"][key] for key in ("hits", "false_detections", "misses")} == {
        "hits": 1,
        "false_detections": 1,
        "misses": 1,
    }
    assert [figures["detection"][key] for key in ("precision", "recall", "f1")] == [0.5, 0.5, 0.5]
    drawn = rebuilt["boxes"][-1]["box_id"]
    example.judge({"boxId": drawn, "label": "Lolium temulentum"})  # still a miss, of another species
    assert example.figures()["detection"]["misses"] == 1
    assert example.figures()["classification"]["boxes"] == 1
    example.judge({"boxId": drawn} | NOT_A_SEED)
    found = evaluation(example.call)
    assert found["pipelines"][0]["detection"]["misses"] == 0
    assert (found["left_out"]["withdrawn"], found["left_out"]["without_verdict"]) == (1, 2)


def test_figures_are_of_the_model_version_that_decided(call: Call, picture_id: str, models: None) -> None:
    for pipeline in ("two steps", "other detector", "ensemble", "one model"):
        example = Example(call, picture_id, pipeline)
        example.judge(example.box(0))
    found = evaluation(call)
    versions = {item["model_name"]: item for item in found["model_versions"]}
    classified = {name: item["classification"] and item["classification"]["boxes"] for name, item in versions.items()}
    detected = {name: item["detection"] and item["detection"]["hits"] for name, item in versions.items()}
    assert classified == {"classifier A": 2, "all in one": 1, "detector": None, "detector B": None}
    assert detected == {"classifier A": None, "all in one": 1, "detector": 2, "detector B": 1}
    assert found["left_out"]["several_classifiers"] == 1
    assert found["left_out"]["several_detectors"] == 0
    assert [model["model_name"] for model in found["pipelines"][0]["models"]] == MODELS["pipelines"][3]["models"]


def test_a_new_version_has_figures_of_its_own(call: Call, picture_id: str, models: None) -> None:
    first = Example(call, picture_id)
    first.judge(first.box(0))
    call("import_pipelines", {"pipelines": [], "models": [MODELS["models"][2] | {"version": 4}]})
    second = Example(call, picture_id)
    second.judge(second.box(0, label="Solanum nigrum"))
    found = evaluation(call)
    figures = {(item["model_name"], item["version"]): item["classification"] for item in found["model_versions"]}
    assert figures["classifier A", "3"]["accuracy"] == 1
    assert figures["classifier A", "4"]["accuracy"] == 0
    assert [[model["version"] for model in item["models"]] for item in found["pipelines"]] == [["1", "3"], ["1", "4"]]


def test_boxes_without_a_species_are_left_out(call: Call, picture_id: str, models: None) -> None:
    sent = boxes_of([[("''", 0.9)], [("''", 0.8)]]) | {"pipeline_name": "two steps"}
    inference = call("import_inference", picture_id, sent)
    boxes = [{"boxId": box["box_id"]} for box in inference["boxes"]]
    verdicts = [boxes[0], boxes[1] | {"label": "Solanum nigrum"}]
    call("record_feedback", {"inferenceId": inference["inference_id"], "boxes": verdicts})
    found = evaluation(call)
    assert found["pipelines"][0]["classification"] is None
    assert found["pipelines"][0]["detection"]["hits"] == 2
    assert found["left_out"]["without_seed"] == 2


def test_species_that_were_merged_count_as_one(call: Call, picture_id: str, models: None) -> None:
    sent = boxes_of(
        [
            [(TYPO, 0.5), ("Lolium temulentum", 0.3), ("Solanum nigrum", 0.2)],
            [(TYPO, 0.5), ("Solanum nigrum", 0.2)],
        ]
    ) | {"pipeline_name": "two steps"}
    inference = call("import_inference", picture_id, sent)
    boxes = [{"boxId": box["box_id"]} for box in inference["boxes"]]
    verdicts = [boxes[0] | {"label": "Solanum nigrum"}, boxes[1] | {"label": "Lolium temulentum"}]
    call("record_feedback", {"inferenceId": inference["inference_id"], "boxes": verdicts})
    assert evaluation(call)["pipelines"][0]["classification"]["top_n"] == [0, 0, 0.5, 0.5, 0.5]

    seeds = {item["seed_name"]: item["seed_id"] for item in call("rebuild_seeds")["seeds"]}
    call("merge_seed", seeds[TYPO], seeds["Lolium temulentum"])
    found = evaluation(call)
    classification = found["pipelines"][0]["classification"]
    # Solanum nigrum is the second species of the first box now, not the third.
    assert classification["top_n"] == [0.5, 1, 1, 1, 1]
    assert [item["seed_name"] for item in classification["seeds"]] == ["Lolium temulentum", "Solanum nigrum"]
    assert [(item["confirmed"], item["corrected"]) for item in found["corrections"]] == [(1, 1)]


def test_filters_limit_the_figures(call: Call, picture_id: str, models: None, database: psycopg.Connection) -> None:
    old, new = Example(call, picture_id), Example(call, picture_id, "one model")
    old.judge(old.box(0))
    new.judge(new.box(0, label="Solanum nigrum"), new.box(1))
    database.execute(
        "update datastore.verdict set given_at = '2024-01-31 23:30-01' where inference_id = %s",
        [old.inference["inference_id"]],
    )
    everything = evaluation(call)
    ids = {item["pipeline_name"]: item["pipeline_id"] for item in everything["pipelines"]}
    versions = {item["model_name"]: item["model_version_id"] for item in everything["model_versions"]}
    assert everything["verified_boxes"] == 3

    one = evaluation(call, pipeline_id=ids["one model"])
    assert ([item["pipeline_name"] for item in one["pipelines"]], one["verified_boxes"]) == (["one model"], 2)
    assert one["left_out"]["without_verdict"] == 2
    assert evaluation(call, model_version_id=versions["detector"])["verified_boxes"] == 1
    assert evaluation(call, model_version_id=versions["detector"])["left_out"]["without_verdict"] == 3

    end = datetime(2024, 2, 1, 0, 30, tzinfo=UTC)
    assert evaluation(call, until=end)["verified_boxes"] == 0
    assert evaluation(call, since=end, until=end + timedelta(seconds=1))["verified_boxes"] == 1
    assert evaluation(call, since=end + timedelta(seconds=1))["verified_boxes"] == 2
    assert evaluation(call, until=end + timedelta(seconds=1))["left_out"]["without_verdict"] == 5

    assert everything["corrections"][0]["period"] == "2024-02-01"
    assert evaluation(call, per="week")["corrections"][0]["period"] == "2024-01-29"
    over_time = old.figures(pipeline_id=ids["two steps"])["classification"]["over_time"]
    assert over_time == [{"period": "2024-02-01", "boxes": 1, "correct": 1, "accuracy": 1}]


def test_wrong_filters_are_refused(call: Call, example: Example) -> None:
    unknown = "00000000-0000-4000-8000-000000000000"
    with refused("DS404"):
        evaluation(call, pipeline_id=unknown)
    with refused("DS404"):
        evaluation(call, model_version_id=unknown)
    with refused("DS400"):
        evaluation(call, per="fortnight")
