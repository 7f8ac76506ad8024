"""Registered models, and an inference with feedback."""

from __future__ import annotations

import pytest

from tests.evaluation.figures import CORNERS, MODELS, Example, pictures_of
from tests.support.calls import Call


@pytest.fixture
def ana(call: Call) -> dict[str, str]:
    return dict(call("register_user", "ana@example.org"))


@pytest.fixture
def models(call: Call) -> None:
    call("import_pipelines", MODELS)


@pytest.fixture
def picture_id(call: Call, ana: dict[str, str]) -> str:
    return pictures_of(call, ana, {})[0]


@pytest.fixture
def example(call: Call, picture_id: str, models: None) -> Example:
    return Example(call, picture_id)


# The command


@pytest.fixture
def judged(example: Example) -> Example:
    """Two boxes with a verdict, one drawn; the species of one is called like the end of a script."""
    name = "</script><b>Avena"
    example.judge(example.box(0), example.box(1, label=name), {"label": "Solanum nigrum", "box": CORNERS})
    return example
