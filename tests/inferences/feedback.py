"""Guesses and verdicts that several tests share."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tests.support.inferences import Document

LABELS: list[list[tuple[str, float]]] = [
    [("14 Ambrosia psilostachya", 0.5), ("13 Ambrosia trifida", 0.3), ("8 Lolium temulentum", 0.2)],
    [("8 Lolium temulentum", 0.9), ("13 Ambrosia trifida", 0.1)],
    [("2 Cirsium arvense", 0.6), ("cirsium arvense", 0.2), ("2 Cirsium arvense", 0.7)],
]


MOVED = {"topX": 1, "topY": Decimal("2.50"), "bottomX": 30, "bottomY": 40}


Say = Callable[..., Any]


NOT_A_SEED: Document = {"classId": "", "label": ""}
