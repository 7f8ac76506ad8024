"""The rules of an inference."""

from __future__ import annotations

from typing import Any

from tests.documents.kinds.boxes import turn_corners


def keep_rules(document: dict[str, Any]) -> None:
    turn_corners(document["boxes"])
    document["totalBoxes"] = len(document["boxes"])
