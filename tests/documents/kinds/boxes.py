"""The common cases of inferences and feedback."""

from __future__ import annotations

from typing import Any


def turn_corners(boxes: list[dict[str, Any]]) -> None:
    """No top beyond its bottom."""
    for box in boxes:
        if isinstance(corners := box.get("box"), dict):
            for axis in "XY":
                ends = sorted([corners[f"top{axis}"], corners[f"bottom{axis}"]])
                corners[f"top{axis}"], corners[f"bottom{axis}"] = ends
