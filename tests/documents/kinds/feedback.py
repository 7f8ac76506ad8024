"""The rules of feedback."""

from __future__ import annotations

from typing import Any

from tests.documents.kinds.boxes import turn_corners


def keep_rules(document: dict[str, Any]) -> None:
    boxes = document["boxes"]
    turn_corners(boxes)
    seen: set[str] = set()
    for box in boxes:
        if not (box.get("boxId") or (box.get("box") and (box.get("label") or box.get("classId")))):
            box["boxId"] = "fb20146f-df2f-403f-a56f-f02a48092167"
        if (identity := (box.get("boxId") or "").lower()) in seen:
            box["boxId"] = f"{len(seen):08x}-0000-4000-8000-000000000000"
            identity = box["boxId"]
        seen |= {identity} if identity else set()
        if (box.get("label") is None) != (box.get("classId") is None) and not (box.get("label") or box.get("classId")):
            box["label"] = box["classId"] = ""
            box["boxId"] = box.get("boxId") or f"{len(seen):08x}-0000-4000-8000-000000000001"
