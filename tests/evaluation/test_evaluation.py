"""What the team asks: the figures of pipelines and models, beside scikit-learn's and beside some counted by hand."""

from __future__ import annotations

import json
import os
import random
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from click.testing import CliRunner
from PIL import Image
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    precision_recall_fscore_support,
    top_k_accuracy_score,
)

from datastore_db import InvalidDocument, NotFound, Store
from datastore_db.cli.main import group
from tests.support.commands import run
from tests.support.errors import refused
from tests.support.inferences import Call, Document, boxes_of, caller

SPECIES = (
    "Brassica napus",
    "Cirsium arvense",
    "Bromus japonicus",
    "Lolium temulentum",
    "Solanum nigrum",
    "Ambrosia trifida",
)
TYPO = "Lolium temulentun"
SPELLINGS = {TYPO: SPECIES[3], "4  lolium TEMULENTUM": SPECIES[3], "'Solanum nigrum'": SPECIES[4]}
MODELS: Document = {
    "pipelines": [
        {"pipeline_name": "two steps", "models": ["detector", "classifier A"]},
        {"pipeline_name": "other detector", "models": ["detector B", "classifier A"]},
        {"pipeline_name": "one model", "models": ["all in one"]},
        {"pipeline_name": "ensemble", "models": ["detector", "classifier A", "classifier B"]},
    ],
    "models": [
        {"model_name": "detector", "task": "Object-Detection", "version": 1},
        {"model_name": "detector B", "task": "object detection", "version": "2.0"},
        {"model_name": "classifier A", "task": "Classification", "version": 3},
        {"model_name": "classifier B", "task": "Classification", "version": 1},
        {"model_name": "all in one", "task": "Segmentation", "version": 7},
    ],
}
# Whose figures an inference of a pipeline is in: {pipeline: (classification, detection)}
DECIDERS = {
    "two steps": ("classifier A", "detector"),
    "other detector": ("classifier A", "detector B"),
    "one model": ("all in one", "all in one"),
    "ensemble": (None, "detector"),
    None: (None, None),
}
CORNERS = {"topX": 1, "topY": 1, "bottomX": 2, "bottomY": 2}
NOT_A_SEED: Document = {"classId": "", "label": ""}


@pytest.fixture
def call(database: psycopg.Connection) -> Call:
    return caller(database)


@pytest.fixture
def ana(call: Call) -> dict[str, str]:
    return dict(call("register_user", "ana@example.org"))


@pytest.fixture
def models(call: Call) -> None:
    call("import_pipelines", MODELS)


def pictures_of(call: Call, user: dict[str, str], *documents: Document) -> list[str]:
    announced = call("announce_pictures", user["picture_set_id"], list(documents), acting=user["user_id"])
    call("confirm_pictures", [{"picture_id": picture["picture_id"]} for picture in announced], acting=user["user_id"])
    return [str(picture["picture_id"]) for picture in announced]


@pytest.fixture
def picture_id(call: Call, ana: dict[str, str]) -> str:
    return pictures_of(call, ana, {})[0]


@dataclass
class Expected:
    """What one decider's boxes are, for scikit-learn."""

    truth: list[str] = field(default_factory=list)
    guessed: list[list[str]] = field(default_factory=list)  # species, the best first
    scores: list[float] = field(default_factory=list)
    hits: int = 0
    false_detections: int = 0
    misses: int = 0


class Experiment:
    """Random answers of models and experts, kept in Python as well."""

    def __init__(self, call: Call, picture_id: str, seed: int) -> None:
        self._call = call
        self._picture_id = picture_id
        self._chance = random.Random(seed)
        self.of: defaultdict[str, Expected] = defaultdict(Expected)
        self.of_pipelines: defaultdict[str, Expected] = defaultdict(Expected)

    def run(self, inferences: int) -> None:
        for _ in range(inferences):
            pipeline = self._chance.choice(list(DECIDERS))
            self._one(pipeline)

    def _one(self, pipeline: str | None) -> None:
        guesses = [self._guesses() for _ in range(self._chance.randrange(1, 7))]
        named = {"models": [{"name": "nobody's", "version": 1}]} if pipeline is None else {"pipeline_name": pipeline}
        imported = self._call("import_inference", self._picture_id, boxes_of(guesses) | named)
        said: list[Document] = []
        for box, guessed in zip(imported["boxes"], guesses, strict=True):
            said += self._judge(pipeline, box["box_id"], guessed)
        for place in range(self._chance.choice([0, 0, 1, 2])):
            said.append({"box": CORNERS | {"bottomX": 3 + place}, "label": self._chance.choice(SPECIES)})
            for decider in self._deciders(pipeline, detection=True):
                decider.misses += 1
        if said:
            self._call("record_feedback", {"inferenceId": imported["inference_id"], "boxes": said})

    def _guesses(self) -> list[tuple[str, float]]:
        """Ties, scores on the bounds of buckets, labels in several spellings, a species that is a typing error."""
        chance = self._chance
        labels = chance.choices([*SPECIES[:-1], *SPELLINGS], k=chance.randrange(1, 6))
        return [(label, chance.choice([0, 0.1, 0.3, 0.3, 0.6, 0.7, 1, round(chance.random(), 3)])) for label in labels]

    def _judge(self, pipeline: str | None, box_id: str, guesses: list[tuple[str, float]]) -> list[Document]:
        ranked = ranking(guesses)
        kind = self._chance.choice(["right", "right", "among", "any", "not a seed", "nothing"])
        if kind == "nothing":
            return []
        if kind == "not a seed":
            for decider in self._deciders(pipeline, detection=True):
                decider.false_detections += 1
            return [{"boxId": box_id} | NOT_A_SEED]
        for decider in self._deciders(pipeline, detection=True):
            decider.hits += 1
        guessed = [species for species, _ in ranked]
        candidates = {"right": guessed[:1], "among": guessed, "any": list(SPECIES)}[kind]
        # One species is predicted and never right, another is right and never predicted.
        truth = self._chance.choice([species for species in candidates if species != SPECIES[0]] or [SPECIES[-1]])
        for decider in self._deciders(pipeline, detection=False):
            decider.truth.append(truth)
            decider.guessed.append(guessed)
            decider.scores.append(float(ranked[0][1]))
        return [{"boxId": box_id} | ({} if truth == guessed[0] and kind == "right" else {"label": truth})]

    def _deciders(self, pipeline: str | None, *, detection: bool) -> Iterator[Expected]:
        version = DECIDERS[pipeline][detection]
        if version is not None:
            yield self.of[version]
        if pipeline is not None:
            yield self.of_pipelines[pipeline]


def ranking(guesses: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """Species by their best score; of equal ones the one that was named first."""
    best: dict[str, float] = {}
    for label, score in sorted(guesses, key=lambda guess: -guess[1]):
        best.setdefault(SPELLINGS.get(label, label), score)
    return list(best.items())


def compare(figures: Document, expected: Expected) -> None:
    """Against scikit-learn."""
    detection = figures["detection"]
    found, wrong, missed = expected.hits, expected.false_detections, expected.misses
    if found + wrong + missed:
        assert (detection["hits"], detection["false_detections"], detection["misses"]) == (found, wrong, missed)
        said = [1] * found + [0] * missed + [1] * wrong
        is_seed = [1] * found + [1] * missed + [0] * wrong
        shares = precision_recall_fscore_support(is_seed, said, average="binary", zero_division=0)[:3]
        assert [float(detection[key]) for key in ("precision", "recall", "f1")] == pytest.approx(list(shares))
    else:
        assert detection is None

    classification = figures["classification"]
    if not expected.truth:
        assert classification is None
        return
    truth, predicted = expected.truth, [guessed[0] for guessed in expected.guessed]
    assert classification["boxes"] == len(truth)
    assert float(classification["accuracy"]) == pytest.approx(accuracy_score(truth, predicted))

    labels = sorted(SPECIES)
    # A rank is a score; the right species comes last of all where it was not guessed.
    ranks = np.array(
        [
            [
                -guessed.index(name) if name in guessed else -1000 if name == right else -100 - place
                for place, name in enumerate(labels)
            ]
            for guessed, right in zip(expected.guessed, truth, strict=True)
        ]
    )
    for n, share in enumerate(classification["top_n"], 1):
        assert float(share) == pytest.approx(top_k_accuracy_score(truth, ranks, k=n, labels=labels)), n

    present = sorted({*truth, *predicted})
    assert [species["seed_name"] for species in classification["species"]] == present
    columns = precision_recall_fscore_support(truth, predicted, labels=present, zero_division=0)
    for key, values in zip(("precision", "recall", "f1", "support"), columns, strict=True):
        assert [float(species[key]) for species in classification["species"]] == pytest.approx(list(values)), key
    macro = precision_recall_fscore_support(truth, predicted, average="macro", zero_division=0)[:3]
    assert [float(classification["macro"][key]) for key in ("precision", "recall", "f1")] == pytest.approx(list(macro))

    matrix = np.zeros((len(present), len(present)), dtype=int)
    for cell in classification["confusion"]:
        matrix[present.index(cell["seed_name"]), present.index(cell["model_seed_name"])] = cell["boxes"]
    assert (matrix == confusion_matrix(truth, predicted, labels=present)).all()

    correct = np.array([right == said for right, said in zip(truth, predicted, strict=True)])
    shares, means = calibration_curve(correct, expected.scores, n_bins=10, strategy="uniform")
    buckets = classification["calibration"]["buckets"]
    assert [float(bucket["accuracy"]) for bucket in buckets] == pytest.approx(list(shares))
    assert [float(bucket["mean_score"]) for bucket in buckets] == pytest.approx(list(means))
    counts = np.array([bucket["boxes"] for bucket in buckets])
    error = (np.abs(shares - means) * counts).sum() / len(truth)
    assert float(classification["calibration"]["expected_error"]) == pytest.approx(error)


@pytest.mark.usefixtures("models")
@pytest.mark.parametrize("seed", [1, 2])
def test_figures_equal_those_of_scikit_learn(call: Call, picture_id: str, seed: int) -> None:
    experiment = Experiment(call, picture_id, seed)
    experiment.run(120)
    seeds = {item["seed_name"]: item["seed_id"] for item in call("rebuild_seeds")["seeds"]}
    call("merge_seed", seeds[TYPO], seeds["Lolium temulentum"])

    told = call("rebuild_performance")
    pipelines = {figures["pipeline_name"]: figures for figures in told["pipelines"]}
    assert set(pipelines) == set(experiment.of_pipelines) == set(DECIDERS) - {None}
    for name, figures in pipelines.items():
        compare(figures, experiment.of_pipelines[name])
    versions = {figures["model_name"]: figures for figures in told["model_versions"]}
    assert set(versions) == set(experiment.of)
    for name, figures in versions.items():
        compare(figures, experiment.of[name])
    assert told["left_out"]["unknown_pipeline"] > 0
    assert told["left_out"]["several_classifiers"] > 0


# Counted by hand


GUESSES: list[list[tuple[str, float]]] = [
    [("Lolium temulentum", 0.9), ("Bromus japonicus", 0.1)],
    [("Lolium temulentum", 0.6), ("Bromus japonicus", 0.4)],
    [("Bromus japonicus", 0.5), ("Lolium temulentum", 0.3), ("Solanum nigrum", 0.2)],
    [("Bromus japonicus", 0.8)],
]


@dataclass
class Said:
    """An inference of four boxes, and what is told after feedback on it."""

    call: Call
    picture_id: str
    pipeline: str = "two steps"
    inference: Document = field(default_factory=dict)

    def __post_init__(self) -> None:
        sent = boxes_of(GUESSES) | {"pipeline_name": self.pipeline}
        self.inference = self.call("import_inference", self.picture_id, sent)

    def box(self, place: int, **more: object) -> Document:
        return {"boxId": self.inference["boxes"][place]["box_id"]} | more

    def say(self, *boxes: Document, acting: str | None = None) -> Document:
        feedback = {"inferenceId": self.inference["inference_id"], "boxes": list(boxes)}
        return dict(self.call("record_feedback", feedback, acting=acting))

    def figures(self, **filters: object) -> Document:
        (figures,) = performance(self.call, **filters)["pipelines"]
        return dict(figures)


def performance(call: Call, **filters: object) -> Any:
    names = ("per", "pipeline_id", "model_version_id", "since", "until")
    return call("rebuild_performance", *[filters.get(name, "month" if name == "per" else None) for name in names])


@pytest.fixture
def said(call: Call, picture_id: str, models: None) -> Said:
    return Said(call, picture_id)


def test_nothing_verified(said: Said) -> None:
    told = performance(said.call)
    assert (told["verified_boxes"], told["pipelines"], told["model_versions"]) == (0, [], [])
    assert (told["corrections"], told["experts"]) == ([], [])
    assert told["left_out"]["without_verdict"] == 4


def test_only_boxes_with_a_verdict_count(said: Said) -> None:
    said.say(said.box(0), said.box(1, label="Bromus japonicus"))
    told = performance(said.call)
    (figures,) = told["pipelines"]
    assert (told["verified_boxes"], told["left_out"]["without_verdict"]) == (2, 2)
    assert figures["classification"]["boxes"] == 2
    assert (figures["classification"]["accuracy"], figures["classification"]["top_n"]) == (0.5, [0.5, 1, 1, 1, 1])
    assert figures["detection"]["hits"] == 2
    moved = CORNERS | {"topX": 0}
    said.say(said.box(2, classId="", label="", box=moved))
    assert performance(said.call)["verified_boxes"] == 2
    assert performance(said.call)["left_out"]["without_verdict"] == 2


def test_a_later_verdict_takes_the_place_of_an_earlier_one(said: Said) -> None:
    said.say(said.box(0))
    said.say(said.box(0, label="Bromus japonicus"))
    assert said.figures()["classification"]["accuracy"] == 0
    said.say(said.box(0, **NOT_A_SEED))
    figures = said.figures()
    assert figures["classification"] is None
    assert figures["detection"]["false_detections"] == 1


def test_what_an_expert_names_is_no_prediction(said: Said) -> None:
    said.say(said.box(3, label="Cirsium arvense"))
    # The expert's guess stands in topN now, and the same verdict again finds it there.
    said.say(said.box(3, label="cirsium arvense"))
    classification = said.figures()["classification"]
    assert classification["top_n"] == [0, 0, 0, 0, 0]
    assert [(cell["seed_name"], cell["model_seed_name"]) for cell in classification["confusion"]] == [
        ("Cirsium arvense", "Bromus japonicus")
    ]
    assert {item["seed_name"]: item["predicted"] for item in classification["species"]} == {
        "Bromus japonicus": 1,
        "Cirsium arvense": 0,
    }


def test_drawn_boxes_are_misses_and_no_predictions(said: Said) -> None:
    rebuilt = said.say(said.box(0), said.box(1, **NOT_A_SEED), {"label": "Solanum nigrum", "box": CORNERS})
    figures = said.figures()
    assert figures["classification"]["boxes"] == 1
    assert {key: figures["detection"][key] for key in ("hits", "false_detections", "misses")} == {
        "hits": 1,
        "false_detections": 1,
        "misses": 1,
    }
    assert [figures["detection"][key] for key in ("precision", "recall", "f1")] == [0.5, 0.5, 0.5]
    drawn = rebuilt["boxes"][-1]["box_id"]
    said.say({"boxId": drawn, "label": "Lolium temulentum"})  # still a miss, of another species
    assert said.figures()["detection"]["misses"] == 1
    assert said.figures()["classification"]["boxes"] == 1
    said.say({"boxId": drawn} | NOT_A_SEED)
    told = performance(said.call)
    assert told["pipelines"][0]["detection"]["misses"] == 0
    assert (told["left_out"]["withdrawn"], told["left_out"]["without_verdict"]) == (1, 2)


def test_figures_are_of_the_model_version_that_decided(call: Call, picture_id: str, models: None) -> None:
    for pipeline in ("two steps", "other detector", "ensemble", "one model"):
        said = Said(call, picture_id, pipeline)
        said.say(said.box(0))
    told = performance(call)
    versions = {item["model_name"]: item for item in told["model_versions"]}
    classified = {name: item["classification"] and item["classification"]["boxes"] for name, item in versions.items()}
    detected = {name: item["detection"] and item["detection"]["hits"] for name, item in versions.items()}
    assert classified == {"classifier A": 2, "all in one": 1, "detector": None, "detector B": None}
    assert detected == {"classifier A": None, "all in one": 1, "detector": 2, "detector B": 1}
    assert told["left_out"]["several_classifiers"] == 1
    assert told["left_out"]["several_detectors"] == 0
    assert [model["model_name"] for model in told["pipelines"][0]["models"]] == MODELS["pipelines"][3]["models"]


def test_a_new_version_has_figures_of_its_own(call: Call, picture_id: str, models: None) -> None:
    first = Said(call, picture_id)
    first.say(first.box(0))
    call("import_pipelines", {"pipelines": [], "models": [MODELS["models"][2] | {"version": 4}]})
    second = Said(call, picture_id)
    second.say(second.box(0, label="Solanum nigrum"))
    told = performance(call)
    figures = {(item["model_name"], item["version"]): item["classification"] for item in told["model_versions"]}
    assert figures["classifier A", "3"]["accuracy"] == 1
    assert figures["classifier A", "4"]["accuracy"] == 0
    assert [[model["version"] for model in item["models"]] for item in told["pipelines"]] == [["1", "3"], ["1", "4"]]


def test_boxes_whose_label_names_no_species_are_left_out(call: Call, picture_id: str, models: None) -> None:
    sent = boxes_of([[("''", 0.9)], [("''", 0.8)]]) | {"pipeline_name": "two steps"}
    inference = call("import_inference", picture_id, sent)
    boxes = [{"boxId": box["box_id"]} for box in inference["boxes"]]
    said = [boxes[0], boxes[1] | {"label": "Solanum nigrum"}]
    call("record_feedback", {"inferenceId": inference["inference_id"], "boxes": said})
    told = performance(call)
    assert told["pipelines"][0]["classification"] is None
    assert told["pipelines"][0]["detection"]["hits"] == 2
    assert told["left_out"]["without_species"] == 2


def test_species_that_were_merged_count_as_one(call: Call, picture_id: str, models: None) -> None:
    sent = boxes_of(
        [
            [(TYPO, 0.5), ("Lolium temulentum", 0.3), ("Solanum nigrum", 0.2)],
            [(TYPO, 0.5), ("Solanum nigrum", 0.2)],
        ]
    ) | {"pipeline_name": "two steps"}
    inference = call("import_inference", picture_id, sent)
    boxes = [{"boxId": box["box_id"]} for box in inference["boxes"]]
    said = [boxes[0] | {"label": "Solanum nigrum"}, boxes[1] | {"label": "Lolium temulentum"}]
    call("record_feedback", {"inferenceId": inference["inference_id"], "boxes": said})
    assert performance(call)["pipelines"][0]["classification"]["top_n"] == [0, 0, 0.5, 0.5, 0.5]

    seeds = {item["seed_name"]: item["seed_id"] for item in call("rebuild_seeds")["seeds"]}
    call("merge_seed", seeds[TYPO], seeds["Lolium temulentum"])
    told = performance(call)
    classification = told["pipelines"][0]["classification"]
    # Solanum nigrum is the second species of the first box now, not the third.
    assert classification["top_n"] == [0.5, 1, 1, 1, 1]
    assert [item["seed_name"] for item in classification["species"]] == ["Lolium temulentum", "Solanum nigrum"]
    assert [(item["confirmed"], item["corrected"]) for item in told["corrections"]] == [(1, 1)]


def test_filters(call: Call, picture_id: str, models: None, database: psycopg.Connection) -> None:
    old, new = Said(call, picture_id), Said(call, picture_id, "one model")
    old.say(old.box(0))
    new.say(new.box(0, label="Solanum nigrum"), new.box(1))
    database.execute(
        "update datastore.verdict set said_at = '2024-01-31 23:30-01' where inference_id = %s",
        [old.inference["inference_id"]],
    )
    everything = performance(call)
    ids = {item["pipeline_name"]: item["pipeline_id"] for item in everything["pipelines"]}
    versions = {item["model_name"]: item["model_version_id"] for item in everything["model_versions"]}
    assert everything["verified_boxes"] == 3

    one = performance(call, pipeline_id=ids["one model"])
    assert ([item["pipeline_name"] for item in one["pipelines"]], one["verified_boxes"]) == (["one model"], 2)
    assert one["left_out"]["without_verdict"] == 2
    assert performance(call, model_version_id=versions["detector"])["verified_boxes"] == 1
    assert performance(call, model_version_id=versions["detector"])["left_out"]["without_verdict"] == 3

    end = datetime(2024, 2, 1, 0, 30, tzinfo=UTC)
    assert performance(call, until=end)["verified_boxes"] == 0
    assert performance(call, since=end, until=end + timedelta(seconds=1))["verified_boxes"] == 1
    assert performance(call, since=end + timedelta(seconds=1))["verified_boxes"] == 2
    assert performance(call, until=end + timedelta(seconds=1))["left_out"]["without_verdict"] == 5

    assert everything["corrections"][0]["period"] == "2024-02-01"
    assert performance(call, per="week")["corrections"][0]["period"] == "2024-01-29"
    over_time = old.figures(pipeline_id=ids["two steps"])["classification"]["over_time"]
    assert over_time == [{"period": "2024-02-01", "boxes": 1, "correct": 1, "accuracy": 1}]


def test_wrong_filters_are_refused(call: Call, said: Said) -> None:
    nobody = "00000000-0000-4000-8000-000000000000"
    with refused("DS404"):
        performance(call, pipeline_id=nobody)
    with refused("DS404"):
        performance(call, model_version_id=nobody)
    with refused("DS400"):
        performance(call, per="fortnight")


def test_corrections_and_who_made_them(call: Call, said: Said, ana: dict[str, str]) -> None:
    bob = call("register_user", "bob@example.org")
    call("import_inference", said.picture_id, boxes_of(GUESSES))
    said.say(said.box(0), said.box(1, label="Bromus japonicus"), acting=ana["user_id"])
    said.say(said.box(2, **NOT_A_SEED), {"label": "Solanum nigrum", "box": CORNERS}, acting=ana["user_id"])
    said.say(said.box(3, classId="", label="", box=CORNERS), acting=ana["user_id"])
    told = performance(call)
    (month,) = told["corrections"]
    counted = {"said": 5, "confirmed": 1, "corrected": 1, "not_a_seed": 1, "drawn": 1, "moved": 1}
    assert {key: month[key] for key in counted} == counted
    (expert,) = told["experts"]
    assert {key: expert[key] for key in counted} == counted
    assert (expert["email"], expert["inferences"]) == ("ana@example.org", 1)

    # Somebody who does not act in Ana's container: the DBA records what Bob said.
    feedback = {"userId": bob["user_id"], "inferenceId": said.inference["inference_id"], "boxes": [said.box(1)]}
    call("record_feedback", feedback | {"boxes": [said.box(1, label="Lolium temulentum")]})
    told = performance(call)
    assert [(item["email"], item["said"], item["confirmed"], item["corrected"]) for item in told["experts"]] == [
        ("ana@example.org", 5, 1, 0),
        ("bob@example.org", 1, 1, 0),
    ]


def test_species_that_lack_pictures(call: Call, ana: dict[str, str], said: Said) -> None:
    pictures_of(call, ana, {"seed": "Solanum nigrum"}, {"seed": "Solanum nigrum"}, {"seed": "Bromus japonicus"})
    call("announce_pictures", ana["picture_set_id"], [{"seed": "Cirsium arvense"}], acting=ana["user_id"])  # pending
    said.say(said.box(0), said.box(1), said.box(2, label="Solanum nigrum"), said.box(3))
    told = call("rebuild_training")["seeds"]
    counts = {item["seed_name"]: (item["known"], item["verified"], item["pictures"]) for item in told}
    assert len(counts) == 15
    assert counts["Solanum nigrum"] == (2, 1, 3)
    assert counts["Bromus japonicus"] == (1, 1, 2)
    assert counts["Cirsium arvense"] == (0, 0, 0)
    assert [item["pictures"] for item in told] == sorted(item["pictures"] for item in told)


def test_pictures_that_deserve_a_look(call: Call, ana: dict[str, str], models: None) -> None:
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
    told = call("rebuild_review")
    assert told["disputed"] == []  # the newest of both pipelines agree

    call("import_inference", disputed, boxes_of([[("Bromus japonicus", 0.97)]]) | {"pipeline_name": "one model"})
    done = call("import_inference", verified, boxes_of([[("Bromus japonicus", 0.1)]]) | {"pipeline_name": "one model"})
    call("import_inference", verified, boxes_of([[("Lolium temulentum", 0.2)]]) | {"pipeline_name": "two steps"})
    call("record_feedback", {"inferenceId": done["inference_id"], "boxes": [{"boxId": done["boxes"][0]["box_id"]}]})
    told = call("rebuild_review")
    (dispute,) = told["disputed"]
    assert dispute["picture_id"] == disputed
    assert [(item["pipeline_name"], item["seed_name"]) for item in dispute["inferences"]] == [
        ("one model", "Bromus japonicus"),
        ("two steps", "Lolium temulentum"),
    ]
    uncertain = [(item["picture_id"], float(item["margin"]), item["boxes"]) for item in told["uncertain"]]
    assert uncertain == [(unsure, 0.1, 2), (verified, 0.2, 1), (sure, 0.9, 1), (disputed, 0.95, 4)]
    assert (told["uncertain"][0]["seed_name"], told["uncertain"][0]["second_seed_name"]) == (
        "Lolium temulentum",
        "Bromus japonicus",
    )
    assert told["looked_at"] == 7
    assert [item["picture_id"] for item in call("rebuild_review", 1, 1000)["uncertain"]] == [unsure]
    assert call("rebuild_review", 20, 1)["looked_at"] == 1


def test_each_sees_their_own_container(call: Call, said: Said, ana: dict[str, str]) -> None:
    bob = call("register_user", "bob@example.org")
    said.say(said.box(0))
    for acting, boxes, waiting in ((None, 1, 3), (ana["user_id"], 1, 3), (bob["user_id"], 0, 0)):
        told = call("rebuild_performance", acting=acting)
        assert (told["verified_boxes"], told["left_out"]["without_verdict"]) == (boxes, waiting)
        assert len(told["experts"]) == len(told["corrections"]) == boxes
        assert call("rebuild_review", acting=acting)["looked_at"] == boxes


VIEWS = (
    *("judgement", "accuracy", "detection", "species_accuracy", "confusion", "calibration", "accuracy_by_month"),
    *("corrections_by_month", "expert_work", "training", "uncertain_box"),
)


def test_views_answer_the_same(said: Said, database: psycopg.Connection) -> None:
    said.say(said.box(0), said.box(1, label="Bromus japonicus"))
    for view in VIEWS:
        row = database.execute(f"select count(*) from datastore.{view}").fetchone()
        assert row is not None
        assert row[0] > 0, view
    rows = database.execute("select decider, accuracy from datastore.accuracy order by 1").fetchall()
    assert rows == [("classifier A 3", 0.5), ("two steps: detector 1, classifier A 3", 0.5)]


def test_figures_are_made_without_reading_boxes(said: Said, database: psycopg.Connection) -> None:
    said.say(said.box(0))
    database.execute("revoke select on datastore.box from datastore_reader")
    database.execute("set role datastore_reader")
    assert said.figures()["classification"]["accuracy"] == 1
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        database.execute("select from datastore.box")


def test_in_python(owner: Store, store: Store, call: Call, said: Said) -> None:
    said.say(said.box(0), said.box(1, label="Bromus japonicus"))
    told = owner.evaluation()
    (figures,) = told["pipelines"]
    assert figures["classification"] is not None
    assert (figures["pipeline_name"], float(figures["classification"]["accuracy"])) == ("two steps", 0.5)
    assert (
        owner.evaluation(pipeline_id=figures["pipeline_id"], since=datetime(2100, 1, 1, tzinfo=UTC))["verified_boxes"]
        == 0
    )
    assert {seed["pictures"] for seed in owner.training()["seeds"]} == {0}
    assert owner.review(results=1)["uncertain"][0]["picture_id"] == said.picture_id
    with pytest.raises(NotFound):
        owner.evaluation(pipeline_id="00000000-0000-4000-8000-000000000000")
    with pytest.raises(InvalidDocument, match="fortnight"):
        owner.evaluation(per="fortnight")


# The command


@pytest.fixture
def told(said: Said) -> Said:
    """Two boxes with a verdict, one drawn; the species of one is called like the end of a script."""
    name = "</script><b>Avena"
    said.say(said.box(0), said.box(1, label=name), {"label": "Solanum nigrum", "box": CORNERS})
    return said


def test_the_command_prints_tables(told: Said, environment: dict[str, str]) -> None:
    done = run(environment, "performance")
    assert done.status == 0, done.err
    lines = [line.split() for line in done.out.splitlines()]
    name = ["two", "steps:", "detector", "1,", "classifier", "A", "3"]
    assert [*name, "2", *["0.500"] * 4, "0.250", "0.500", "0.333", "0.350"] in lines
    assert [*name, "2", "0", "1", "1.000", "0.667", "0.800"] in lines
    assert ["3", "verified", "boxes.", "Left", "out:"] in lines
    assert "2 boxes without a verdict" in done.out

    printed = json.loads(run(environment, "performance", "--json").out)
    assert printed == json.loads(json.dumps(told.call("rebuild_performance"), default=float))
    none = run(environment, "performance", "--until", "2000-01-01")
    assert none.out == "0 verified boxes. Left out:\n  2 boxes without a verdict\n"


def test_each_question(told: Said, environment: dict[str, str]) -> None:
    expected = {
        "species": "Lolium temulentum",
        "confusion": "</script><b>Avena",
        "calibration": "0.900",
        "time": "0.500",
        "corrections": "-01  3     1          1          0           1      0",
        "experts": "unknown",
        "training": "Ambrosia trifida",
        "review": "Bromus japonicus",
    }
    runner = CliRunner(env=environment)
    for question, answer in expected.items():
        done = runner.invoke(group, ["performance", "--question", question])
        assert done.exit_code == 0, done.output
        assert answer in done.output, question
    done = runner.invoke(group, ["performance", "--question", "review", "--json"])
    assert json.loads(done.stdout)["looked_at"] == 1


def test_plots(told: Said, environment: dict[str, str], tmp_path: Path) -> None:
    png, page = tmp_path / "figures.png", tmp_path / "figures.HTML"
    done = run(environment, "performance", "--plot", png)
    assert (done.status, done.out) == (0, f"drawn into {png}\n"), done.err
    with Image.open(png) as picture:
        assert picture.format == "PNG"
        assert min(picture.size) > 400
    assert run(environment, "performance", "--plot", page).status == 0
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"<[^>]*(src|href)\s*=\s*[\"']?(https?:)?//", text), "it loads something"
    assert "two steps: detector 1, classifier A 3" in text
    assert "</script><b>" not in text


def test_a_plot_that_cannot_be_made(told: Said, environment: dict[str, str], tmp_path: Path) -> None:
    pdf = run(environment, "performance", "--plot", tmp_path / "figures.pdf")
    assert (pdf.status, pdf.err) == (2, f"datastore-db: {tmp_path}/figures.pdf: a plot is a .png or an .html file\n")
    nowhere = run(environment, "performance", "--plot", tmp_path / "none" / "figures.png")
    assert "there is no such folder" in nowhere.err
    empty = run(environment, "performance", "--until", "2000-01-01", "--plot", tmp_path / "figures.png")
    assert "nothing to plot" in empty.err

    # As it is where the extra was not installed
    (tmp_path / "altair.py").write_text("raise ImportError")
    path = os.pathsep.join([str(tmp_path), *os.environ.get("PYTHONPATH", "").split(os.pathsep)])
    with_path = environment | {"PYTHONPATH": path}
    without = run(with_path, "performance", "--plot", tmp_path / "figures.png", in_a_process=True)
    assert (without.status, "pip install 'datastore-db[plots]'" in without.err) == (2, True)
    assert not list(tmp_path.glob("*.p[nd]*"))
