"""Two users, a picture with an inference of three boxes, and feedback on it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.inferences.feedback import LABELS, Say
from tests.inferences.values import new_picture
from tests.support.calls import Call
from tests.support.inferences import Document, boxes_of


@pytest.fixture
def ana(call: Call) -> dict[str, str]:
    return dict(call("register_user", "ana@example.org"))


@pytest.fixture
def bob(call: Call) -> dict[str, str]:
    return dict(call("register_user", "bob@example.org"))


@pytest.fixture
def picture_id(call: Call, ana: dict[str, str]) -> str:
    return new_picture(call, ana)


@pytest.fixture
def imported(call: Call, picture_id: str) -> Document:
    """An inference of three boxes."""
    return dict(call("import_inference", picture_id, boxes_of(LABELS)))


@pytest.fixture
def say(call: Call, imported: Document) -> Say:
    """Gives feedback; a box is named by its place or its id, and none was drawn."""

    def say(*boxes: tuple[int | str | None, Document], acting: object = None, **more: Any) -> Any:
        sent = []
        for place, box in boxes:
            box_id = {"boxId": imported["boxes"][place]["box_id"]} if isinstance(place, int) else {}
            sent.append(({"boxId": place} if isinstance(place, str) else box_id) | box)
        feedback = {"inferenceId": imported["inference_id"], "boxes": sent} | more
        return call("record_feedback", feedback, acting=acting)

    return say


@pytest.fixture
def seeds(call: Call) -> dict[str, str]:
    return {seed["seed_name"]: seed["seed_id"] for seed in call("rebuild_seeds")["seeds"]}
