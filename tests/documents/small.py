"""The smallest documents of each kind."""

from __future__ import annotations

from typing import Any

BOX = {"topX": 1, "topY": 2, "bottomX": 3, "bottomY": 4}


ID = "8367cc4e-1b61-42c2-a061-ca8662aeac37"


OTHER = "fb20146f-df2f-403f-a56f-f02a48092167"


def inference(*boxes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "boxes": [{"label": "a", "score": 1, "box": BOX | box} for box in boxes],
        "totalBoxes": len(boxes),
    } | more


def feedback(*boxes: dict[str, Any]) -> dict[str, Any]:
    return {"inferenceId": ID, "boxes": list(boxes)}


def pipelines(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"pipelines": [{"pipeline_name": str(place), "models": ["a"]} | one for place, one in enumerate(entries)]}


def models(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"models": [{"model_name": "a"} | one for one in entries]}


TASK = {"task": "Classification"}
