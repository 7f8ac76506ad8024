"""The answers of `Store.evaluation`, `training` and `review`. Numbers with a fraction are `Decimal`, as everywhere."""

from __future__ import annotations

from decimal import Decimal
from typing import TypeAlias, TypedDict

Number: TypeAlias = Decimal | int


class Shares(TypedDict):
    """Precision, recall and F1, from 0 to 1."""

    precision: Number
    recall: Number
    f1: Number


class SeedFigures(Shares):
    """Of a species: how many boxes show it (support), how many the model says do (predicted), and both (correct)."""

    seed_id: str
    seed_name: str
    support: int
    predicted: int
    correct: int


class Confusion(TypedDict):
    """How many boxes show `seed_name` where the model has `model_seed_name`."""

    seed_id: str
    seed_name: str
    model_seed_id: str
    model_seed_name: str
    boxes: int


class Bucket(TypedDict):
    """The boxes whose score is above one bound, and up to the other."""

    above: Number
    up_to: Number
    boxes: int
    mean_score: Number
    accuracy: Number


class Calibration(TypedDict):
    """Do scores say how often the model is right? Only buckets with boxes are listed."""

    expected_error: Number
    buckets: list[Bucket]


class PeriodAccuracy(TypedDict):
    """Accuracy in a period; `period` is its first day."""

    period: str
    boxes: int
    correct: int
    accuracy: Number


class Classification(TypedDict):
    """How good the species are. top_n: the share of boxes whose species is among the first 1, 2, 3, 4, 5."""

    boxes: int
    accuracy: Number
    top_n: list[Number]
    macro: Shares
    seeds: list[SeedFigures]
    confusion: list[Confusion]
    calibration: Calibration
    over_time: list[PeriodAccuracy]


class Detection(Shares):
    """How good the boxes are: those that are seeds, those that are not, and the seeds that experts drew."""

    hits: int
    false_detections: int
    misses: int


class ModelVersion(TypedDict):
    """A version of a model."""

    model_version_id: str
    model_name: str
    version: str
    task: str | None


class Figures(TypedDict):
    """None where nothing of the kind was verified. name: what people call it, with its versions."""

    name: str
    classification: Classification | None
    detection: Detection | None


class PipelineFigures(Figures):
    """Of a pipeline with these model versions, in their order."""

    pipeline_id: str
    pipeline_name: str
    models: list[ModelVersion]


class ModelVersionFigures(ModelVersion, Figures):
    """Of a model version, where it alone decided."""


class LeftOut(TypedDict):
    """How many boxes the figures do not count: see docs/evaluation.md."""

    without_verdict: int
    unknown_pipeline: int
    several_classifiers: int
    several_detectors: int
    without_seed: int
    withdrawn: int


class FeedbackCounts(TypedDict):
    """Feedback of experts. verdicts: all of them; the rest are the verdicts that hold."""

    verdicts: int
    confirmed: int
    corrected: int
    not_a_seed: int
    drawn: int
    moved: int


class PeriodFeedback(FeedbackCounts):
    """In a period; `period` is its first day."""

    period: str


class ExpertFeedback(FeedbackCounts):
    """By one expert. user_id is None for feedback without a known author."""

    user_id: str | None
    email: str | None
    inferences: int
    first_at: str
    last_at: str


class Evaluation(TypedDict):
    """How good pipelines and models are, as experts found."""

    verified_boxes: int
    left_out: LeftOut
    pipelines: list[PipelineFigures]
    model_versions: list[ModelVersionFigures]
    corrections: list[PeriodFeedback]
    experts: list[ExpertFeedback]


class SeedPictures(TypedDict):
    """How many pictures show a species: by the picture's document, by feedback, and by either."""

    seed_id: str
    seed_name: str
    status: str
    known: int
    verified: int
    pictures: int


class Training(TypedDict):
    """Which species lack training pictures, those with the fewest first."""

    seeds: list[SeedPictures]


class UncertainPicture(TypedDict):
    """The box of a picture whose two best species are closest; `boxes`: how many wait for a verdict."""

    picture_id: str
    inference_id: str
    box_id: str
    boxes: int
    margin: Number
    seed_id: str | None
    seed_name: str | None
    score: Number
    second_seed_id: str | None
    second_seed_name: str | None
    second_score: Number


class PipelineOpinion(TypedDict):
    """The species that the newest inference of a pipeline is surest of."""

    inference_id: str
    pipeline_id: str
    pipeline_name: str
    seed_id: str
    seed_name: str
    score: Number


class DisputedPicture(TypedDict):
    """A picture on which pipelines disagree."""

    picture_id: str
    inferences: list[PipelineOpinion]


class Review(TypedDict):
    """Which pictures most deserve an expert's eye. looked_at: among how many inferences."""

    looked_at: int
    uncertain: list[UncertainPicture]
    disputed: list[DisputedPicture]
