"""Figures of random feedback equal those of scikit-learn."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    precision_recall_fscore_support,
    top_k_accuracy_score,
)

from tests.evaluation.figures import CORNERS, DECIDERS, NOT_A_SEED, SPECIES, SPELLINGS, TYPO
from tests.support.calls import Call
from tests.support.inferences import Document, boxes_of


@dataclass
class Expected:
    """The boxes of one decider, for scikit-learn."""

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
        given: list[Document] = []
        for box, guessed in zip(imported["boxes"], guesses, strict=True):
            given += self._judge(pipeline, box["box_id"], guessed)
        for place in range(self._chance.choice([0, 0, 1, 2])):
            given.append({"box": CORNERS | {"bottomX": 3 + place}, "label": self._chance.choice(SPECIES)})
            for decider in self._deciders(pipeline, detection=True):
                decider.misses += 1
        if given:
            self._call("record_feedback", {"inferenceId": imported["inference_id"], "boxes": given})

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
        given = [1] * found + [0] * missed + [1] * wrong
        is_seed = [1] * found + [1] * missed + [0] * wrong
        shares = precision_recall_fscore_support(is_seed, given, average="binary", zero_division=0)[:3]
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
    assert [species["seed_name"] for species in classification["seeds"]] == present
    columns = precision_recall_fscore_support(truth, predicted, labels=present, zero_division=0)
    for key, values in zip(("precision", "recall", "f1", "support"), columns, strict=True):
        assert [float(species[key]) for species in classification["seeds"]] == pytest.approx(list(values)), key
    macro = precision_recall_fscore_support(truth, predicted, average="macro", zero_division=0)[:3]
    assert [float(classification["macro"][key]) for key in ("precision", "recall", "f1")] == pytest.approx(list(macro))

    matrix = np.zeros((len(present), len(present)), dtype=int)
    for cell in classification["confusion"]:
        matrix[present.index(cell["seed_name"]), present.index(cell["model_seed_name"])] = cell["boxes"]
    assert (matrix == confusion_matrix(truth, predicted, labels=present)).all()

    correct = np.array([right == given for right, given in zip(truth, predicted, strict=True)])
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

    answer = call("rebuild_evaluation")
    pipelines = {figures["pipeline_name"]: figures for figures in answer["pipelines"]}
    assert set(pipelines) == set(experiment.of_pipelines) == set(DECIDERS) - {None}
    for name, figures in pipelines.items():
        compare(figures, experiment.of_pipelines[name])
    versions = {figures["model_name"]: figures for figures in answer["model_versions"]}
    assert set(versions) == set(experiment.of)
    for name, figures in versions.items():
        compare(figures, experiment.of[name])
    assert answer["left_out"]["unknown_pipeline"] > 0
    assert answer["left_out"]["several_classifiers"] > 0
