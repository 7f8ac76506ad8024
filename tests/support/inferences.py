"""Inferences and feedback for tests, and the calls that take them."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

Document = dict[str, Any]

SYSTEM_KEYS = {"inference_id", "picture_id", "created_at", "requested_by", "verified", "verified_by", "verified_at"}
BOX_KEYS = {
    *("box_id", "classId", "object_type_id", "top_id", "is_verified", "is_valid", "is_manual", "model"),
}
GUESS_KEYS = {"object_id", "is_expert"}

# Every shape of the table in the description of the document
INFERENCE: Document = {
    "filename": "1.tiff",
    "boxes": [
        {
            "box": {"topX": 597, "topY": 184, "bottomX": 1246, "bottomY": 913},
            "label": "14 Ambrosia psilostachya",
            "score": Decimal("0.5466732978820801"),
            "topN": [
                {"score": Decimal("0.5466732978820801"), "label": "14 Ambrosia psilostachya"},
                {"score": Decimal("0.30"), "label": "13 Ambrosia trifida"},
                {"score": Decimal("8.68770875968039e-05"), "label": "8 Lolium temulentum"},
            ],
            "overlapping": False,
            "overlappingIndices": [],
            "color": "#ED1C24",
        },
        {
            "box": {"topX": Decimal("6.0"), "topY": 6, "bottomX": 6, "bottomY": Decimal("6.50")},
            "label": "Lolium temulentum",
            "score": 1,
            "overlappingIndices": 0,
            "color": [1, 2, 255],
            "note": {"by": None},
        },
    ],
    "labelOccurrence": {"14 Ambrosia psilostachya": 1, "Lolium temulentum": 1},
    "totalBoxes": 2,
    "models": [{"name": "seed-detector-1", "version": "1"}, {"name": "swinv1-base-dataaugv2-1", "version": 1}],
    "nothing": None,
}


def inference(**changes: Any) -> Document:
    """A document of two boxes."""
    return copy.deepcopy(INFERENCE) | changes


def boxes_of(labels: list[list[tuple[str, float]]]) -> Document:
    """A document with one box for each list of guesses."""
    boxes = [
        {
            "box": {"topX": 10 * place, "topY": 0, "bottomX": 10 * place + 8, "bottomY": 8},
            "label": guesses[0][0],
            "score": guesses[0][1],
            "topN": [{"label": label, "score": score} for label, score in guesses],
        }
        for place, guesses in enumerate(labels)
    ]
    return {"boxes": boxes, "totalBoxes": len(boxes)}


def without_ids(rebuilt: Document, sent: Document) -> Document:
    """A rebuilt document without what the system fills: a topN and a pipeline_id only where they were sent."""
    rebuilt = {key: value for key, value in rebuilt.items() if key not in SYSTEM_KEYS}
    if "pipeline_id" not in sent:
        rebuilt.pop("pipeline_id", None)
    boxes = []
    for box, sent_box in zip(rebuilt["boxes"], sent["boxes"], strict=True):
        box = {key: value for key, value in box.items() if key not in BOX_KEYS}
        box["topN"] = [{key: guess[key] for key in guess.keys() - GUESS_KEYS} for guess in box["topN"]]
        if "topN" not in sent_box:
            assert box.pop("topN") == [{"label": box["label"], "score": box["score"]}]
        boxes.append(box)
    return rebuilt | {"boxes": boxes}
