"""The rules of the label of a fertiliser."""

from __future__ import annotations

from typing import Any


def keep_rules(document: dict[str, Any]) -> None:
    for place, nutrient in enumerate(document.get("nutrients", [])):
        nutrient["name"] += str(place)
    if "needs_review" in document:
        fields = ["/company/name", "/pictures/0", "/registration_number"]
        document["needs_review"] = dict(zip(fields, document["needs_review"].values(), strict=False))
