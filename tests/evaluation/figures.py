"""Models, species and feedback whose figures are known."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.support.calls import Call
from tests.support.inferences import Document, boxes_of

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


def pictures_of(call: Call, user: dict[str, str], *documents: Document) -> list[str]:
    announced = call("announce_pictures", user["picture_set_id"], list(documents), acting=user["user_id"])
    call("confirm_pictures", [{"picture_id": picture["picture_id"]} for picture in announced], acting=user["user_id"])
    return [str(picture["picture_id"]) for picture in announced]


# Counted by hand


GUESSES: list[list[tuple[str, float]]] = [
    [("Lolium temulentum", 0.9), ("Bromus japonicus", 0.1)],
    [("Lolium temulentum", 0.6), ("Bromus japonicus", 0.4)],
    [("Bromus japonicus", 0.5), ("Lolium temulentum", 0.3), ("Solanum nigrum", 0.2)],
    [("Bromus japonicus", 0.8)],
]


@dataclass
class Example:
    """An inference of four boxes, and its figures after feedback on it."""

    call: Call
    picture_id: str
    pipeline: str = "two steps"
    inference: Document = field(default_factory=dict)

    def __post_init__(self) -> None:
        sent = boxes_of(GUESSES) | {"pipeline_name": self.pipeline}
        self.inference = self.call("import_inference", self.picture_id, sent)

    def box(self, place: int, **more: object) -> Document:
        return {"boxId": self.inference["boxes"][place]["box_id"]} | more

    def judge(self, *boxes: Document, acting: str | None = None) -> Document:
        feedback = {"inferenceId": self.inference["inference_id"], "boxes": list(boxes)}
        return dict(self.call("record_feedback", feedback, acting=acting))

    def figures(self, **filters: object) -> Document:
        (figures,) = evaluation(self.call, **filters)["pipelines"]
        return dict(figures)


def evaluation(call: Call, **filters: object) -> Any:
    names = ("per", "pipeline_id", "model_version_id", "since", "until")
    return call("rebuild_evaluation", *[filters.get(name, "month" if name == "per" else None) for name in names])
