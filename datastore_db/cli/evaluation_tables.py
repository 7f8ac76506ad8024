"""The answers of datastore-db evaluation, as tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import click

from datastore_db.cli.context import counted

if TYPE_CHECKING:
    from datastore_db.evaluation.answers import (
        Classification,
        Evaluation,
        FeedbackCounts,
        ModelVersionFigures,
        Number,
        PipelineFigures,
        Review,
        Shares,
        Training,
    )


def _share(number: Number) -> str:
    return f"{float(number):.3f}"


def _print(columns: str, rows: list[list[object]]) -> None:
    from datastore_db.cli.tables import print_table

    if rows:
        print_table(columns.split(", "), [[str(value) for value in row] for row in rows])
        click.echo()


def _figures(answer: Evaluation) -> list[PipelineFigures | ModelVersionFigures]:
    return [*answer["pipelines"], *answer["model_versions"]]


def _classified(answer: Evaluation) -> Iterator[tuple[str, Classification]]:
    for figures in _figures(answer):
        if figures["classification"] is not None:
            yield figures["name"], figures["classification"]


def _print_accuracy(answer: Evaluation) -> None:
    _print(
        "species of, boxes, top-1, top-2, top-3, top-5, precision, recall, F1, calibration error",
        [
            [
                name,
                figures["boxes"],
                *(_share(figures["top_n"][n - 1]) for n in (1, 2, 3, 5)),
                *(_share(share) for share in _shares(figures["macro"])),
                _share(figures["calibration"]["expected_error"]),
            ]
            for name, figures in _classified(answer)
        ],
    )
    _print(
        "boxes of, hits, false, misses, precision, recall, F1",
        [
            [
                figures["name"],
                *(detection["hits"], detection["false_detections"], detection["misses"]),
                *(_share(share) for share in _shares(detection)),
            ]
            for figures in _figures(answer)
            if (detection := figures["detection"]) is not None
        ],
    )


def _shares(shares: Shares) -> list[Number]:
    return [shares["precision"], shares["recall"], shares["f1"]]


def _print_seeds(answer: Evaluation) -> None:
    _print(
        "of, species, boxes, predicted, correct, precision, recall, F1",
        [
            [
                name,
                *(seed["seed_name"], seed["support"], seed["predicted"], seed["correct"]),
                *(_share(share) for share in _shares(seed)),
            ]
            for name, figures in _classified(answer)
            for seed in figures["seeds"]
        ],
    )


def _print_confusion(answer: Evaluation) -> None:
    _print(
        "of, the expert says, the model says, boxes",
        [
            [name, cell["seed_name"], cell["model_seed_name"], cell["boxes"]]
            for name, figures in _classified(answer)
            for cell in figures["confusion"]
        ],
    )


def _print_calibration(answer: Evaluation) -> None:
    _print(
        "of, score above, up to, boxes, mean score, accuracy",
        [
            [
                name,
                *(bucket["above"], bucket["up_to"], bucket["boxes"]),
                *(_share(bucket["mean_score"]), _share(bucket["accuracy"])),
            ]
            for name, figures in _classified(answer)
            for bucket in figures["calibration"]["buckets"]
        ],
    )


def _print_time(answer: Evaluation) -> None:
    _print(
        "of, from, boxes, accuracy",
        [
            [name, period["period"], period["boxes"], _share(period["accuracy"])]
            for name, figures in _classified(answer)
            for period in figures["over_time"]
        ],
    )


def _counts(counts: FeedbackCounts) -> list[int]:
    return [counts[key] for key in ("verdicts", "confirmed", "corrected", "not_a_seed", "drawn", "moved")]


def _print_corrections(answer: Evaluation) -> None:
    _print(
        "from, verdicts, confirmed, corrected, not a seed, drawn, moved",
        [[period["period"], *_counts(period)] for period in answer["corrections"]],
    )


def _print_experts(answer: Evaluation) -> None:
    _print(
        "expert, inferences, verdicts, confirmed, corrected, not a seed, drawn, moved, last",
        [
            [
                expert["email"] or expert["user_id"] or "unknown",
                expert["inferences"],
                *_counts(expert),
                expert["last_at"],
            ]
            for expert in answer["experts"]
        ],
    )


_LEFT_OUT = {
    "without_verdict": "{boxes} without a verdict",
    "unknown_pipeline": "{boxes} of an unregistered pipeline or model: in no pipeline's figures",
    "several_classifiers": "{boxes} whose species several models may have decided: in no model version's figures",
    "several_detectors": "{boxes} that several models may have found: in no model version's figures",
    "without_seed": "{boxes} whose label names no species",
    "withdrawn": "{boxes} that an expert drew and that is no seed",
}


def print_left_out(answer: Evaluation) -> None:
    left_out = {key: number for key, number in answer["left_out"].items() if isinstance(number, int) and number}
    verified = counted(answer["verified_boxes"], "verified box", "verified boxes")
    click.echo(f"{verified}. Left out: {'' if left_out else 'nothing'}".rstrip())
    for key, number in left_out.items():
        click.echo("  " + _LEFT_OUT[key].format(boxes=counted(number, "box", "boxes")))


def print_training(answer: Training) -> None:
    _print(
        "species, status, pictures, in documents, verified",
        [
            [seed["seed_name"], seed["status"], *(seed[key] for key in ("pictures", "known", "verified"))]
            for seed in answer["seeds"]
        ],
    )


def print_review(answer: Review) -> None:
    _print(
        "picture, boxes, margin, species, or",
        [
            [
                *(item["picture_id"], item["boxes"], _share(item["margin"])),
                *(item["seed_name"] or "", item["second_seed_name"] or ""),
            ]
            for item in answer["uncertain"]
        ],
    )
    _print(
        "picture, pipeline, species, score",
        [
            [item["picture_id"], opinion["pipeline_name"], opinion["seed_name"], _share(opinion["score"])]
            for item in answer["disputed"]
            for opinion in item["inferences"]
        ],
    )
    click.echo(f"Looked at the newest inferences that are not verified: {answer['looked_at']}")


TABLES: dict[str, Callable[[Evaluation], None]] = {
    "accuracy": _print_accuracy,
    "seeds": _print_seeds,
    "confusion": _print_confusion,
    "calibration": _print_calibration,
    "time": _print_time,
    "corrections": _print_corrections,
    "experts": _print_experts,
}
