"""Documents with as many items as a test asks for."""

from __future__ import annotations

import uuid
from typing import Any

CORNERS = {"topX": 0, "topY": 0, "bottomX": 1, "bottomY": 1}
MD5 = "AAAAAAAAAAAAAAAAAAAAAA=="


def box(**more: Any) -> dict[str, Any]:
    """A box of a known label."""
    return {"box": CORNERS, "label": "Brassica napus", "score": 0.5} | more


def guesses(n: int, **more: Any) -> list[dict[str, Any]]:
    """Guesses of as many labels."""
    return [{"label": f"guess {place}", "score": 0.5} | more for place in range(n)]


def inference(boxes: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """An inference of these boxes."""
    return {"boxes": boxes, "totalBoxes": len(boxes)} | more


def long_label(place: int) -> str:
    """A label of 1,200 characters, longer than an index takes."""
    return f"{place} " + "x y " * 299


def inspections(n: int, name: str = "") -> list[dict[str, Any]]:
    """Inspections of as many files, each with a path and bytes of its own."""
    return [
        {
            "metadata": {"relative_path": f"{name}/{place}.tiff"},
            "quality_check": {"image_checksum": f"{name} {place}"},
            "size": 5,
            "md5": MD5,
        }
        for place in range(n)
    ]


def model(name: str, **more: Any) -> dict[str, Any]:
    """A model for a document of pipelines."""
    return {"model_name": name, "task": "classification"} | more


def ids(n: int) -> list[str]:
    """As many UUIDs."""
    return [str(uuid.UUID(int=place + 1)) for place in range(n)]
