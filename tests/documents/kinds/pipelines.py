"""The rules of pipelines and models."""

from __future__ import annotations

from typing import Any


def keep_rules(document: dict[str, Any]) -> None:
    pipelines, models = document.get("pipelines", []), document.get("models", [])
    for place, pipeline in enumerate(pipelines):
        pipeline["pipeline_name"] += str(place)
        if place:
            pipeline.pop("default", None)
    for place, model in enumerate(models):
        model["model_name"] += str(place)
        if "task" not in model:
            model.setdefault("tasks", "segmentation")
        else:
            model.pop("tasks", None)
    for entry in [*pipelines, *models]:
        for other, usual in (("dataset_description", "dataset"), ("accuracy", "Accuracy")):
            if entry.get(usual) is not None:
                entry.pop(other, None)
