"""datastore-db performance"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from datastore_db.cli.context import acting_option, acting_store, counted, json_option, print_json, says_errors

if TYPE_CHECKING:
    from datastore_db.performance import (
        Classification,
        ModelVersionFigures,
        Number,
        Performance,
        PipelineFigures,
        Review,
        Said,
        Shares,
        Training,
    )

T = TypeVar("T")

date_type = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])


@click.command("performance")
@acting_option
@click.option(
    "--question",
    type=click.Choice(
        ["accuracy", "species", "confusion", "calibration", "time", "corrections", "experts", "training", "review"]
    ),
    default="accuracy",
    show_default=True,
    help="What to tell. training: which species lack pictures. review: which pictures most deserve an expert's eye.",
)
@click.option("--pipeline", "pipeline_id", metavar="ID", help="Of this pipeline only.")
@click.option("--model-version", "model_version_id", metavar="ID", help="Of inferences that it took part in only.")
@click.option("--since", type=date_type, metavar="DATE", help="Of verdicts from this day on (UTC).")
@click.option("--until", type=date_type, metavar="DATE", help="Of verdicts before this day (UTC).")
@click.option(
    "--per",
    type=click.Choice(["day", "week", "month", "quarter", "year"]),
    default="month",
    show_default=True,
    help="The periods of what is told over time.",
)
@click.option(
    "--plot",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Draw the confusion matrix and accuracy over time into FILE, a .png or an .html. Needs the extra plots.",
)
@json_option
@says_errors
def performance_command(
    email: str | None,
    question: str,
    pipeline_id: str | None,
    model_version_id: str | None,
    since: datetime | None,
    until: datetime | None,
    per: str,
    plot: Path | None,
    as_json: bool,
) -> None:
    """How good pipelines and models are, as experts found: figures of verified boxes alone.

    \b
    Example:
      datastore-db performance
      datastore-db performance --question species
      datastore-db performance --plot figures.html
    """
    if plot is not None:
        # Before anything is asked: whoever lacks the extra should know at once.
        from datastore_db.plots import check_plot

        check_plot(plot)
    with acting_store(email) as store:
        if question in ("training", "review") and plot is None:
            if question == "training":
                _show(store.training(), _training, as_json)
            else:
                _show(store.review(), _review, as_json)
            return
        told = store.performance(
            per=per, pipeline_id=pipeline_id, model_version_id=model_version_id, since=_utc(since), until=_utc(until)
        )
    if plot is not None:
        from datastore_db.plots import plot_performance

        plot_performance(told, plot)
    if as_json:
        print_json(told)
    elif plot is not None:
        click.echo(f"drawn into {plot}")
    else:
        _QUESTIONS[question](told)
        _print_left_out(told)


def _show(told: T, show: Callable[[T], None], as_json: bool) -> None:
    if as_json:
        print_json(told)
    else:
        show(told)


def _utc(day: datetime | None) -> datetime | None:
    return None if day is None else day.replace(tzinfo=UTC)


def _share(number: Number) -> str:
    return f"{float(number):.3f}"


def _table(columns: str, rows: list[list[object]]) -> None:
    from datastore_db.cli.tables import print_table

    if rows:
        print_table(columns.split(", "), [[str(value) for value in row] for row in rows])
        click.echo()


def _figures(told: Performance) -> list[PipelineFigures | ModelVersionFigures]:
    return [*told["pipelines"], *told["model_versions"]]


def _classified(told: Performance) -> Iterator[tuple[str, Classification]]:
    for figures in _figures(told):
        if figures["classification"] is not None:
            yield figures["name"], figures["classification"]


def _accuracy(told: Performance) -> None:
    _table(
        "species of, boxes, top-1, top-2, top-3, top-5, precision, recall, F1, calibration error",
        [
            [
                name,
                figures["boxes"],
                *(_share(figures["top_n"][n - 1]) for n in (1, 2, 3, 5)),
                *(_share(share) for share in _shares(figures["macro"])),
                _share(figures["calibration"]["expected_error"]),
            ]
            for name, figures in _classified(told)
        ],
    )
    _table(
        "boxes of, hits, false, misses, precision, recall, F1",
        [
            [
                figures["name"],
                *(detection["hits"], detection["false_detections"], detection["misses"]),
                *(_share(share) for share in _shares(detection)),
            ]
            for figures in _figures(told)
            if (detection := figures["detection"]) is not None
        ],
    )


def _shares(shares: Shares) -> list[Number]:
    return [shares["precision"], shares["recall"], shares["f1"]]


def _species(told: Performance) -> None:
    _table(
        "of, species, boxes, predicted, correct, precision, recall, F1",
        [
            [
                name,
                *(species["seed_name"], species["support"], species["predicted"], species["correct"]),
                *(_share(share) for share in _shares(species)),
            ]
            for name, figures in _classified(told)
            for species in figures["species"]
        ],
    )


def _confusion(told: Performance) -> None:
    _table(
        "of, the expert says, the model says, boxes",
        [
            [name, cell["seed_name"], cell["model_seed_name"], cell["boxes"]]
            for name, figures in _classified(told)
            for cell in figures["confusion"]
        ],
    )


def _calibration(told: Performance) -> None:
    _table(
        "of, score above, up to, boxes, mean score, accuracy",
        [
            [
                name,
                *(bucket["above"], bucket["up_to"], bucket["boxes"]),
                *(_share(bucket["mean_score"]), _share(bucket["accuracy"])),
            ]
            for name, figures in _classified(told)
            for bucket in figures["calibration"]["buckets"]
        ],
    )


def _time(told: Performance) -> None:
    _table(
        "of, from, boxes, accuracy",
        [
            [name, period["period"], period["boxes"], _share(period["accuracy"])]
            for name, figures in _classified(told)
            for period in figures["over_time"]
        ],
    )


def _said(said: Said) -> list[int]:
    return [said[key] for key in ("said", "confirmed", "corrected", "not_a_seed", "drawn", "moved")]


def _corrections(told: Performance) -> None:
    _table(
        "from, said, confirmed, corrected, not a seed, drawn, moved",
        [[period["period"], *_said(period)] for period in told["corrections"]],
    )


def _experts(told: Performance) -> None:
    _table(
        "expert, inferences, said, confirmed, corrected, not a seed, drawn, moved, last",
        [
            [expert["email"] or expert["user_id"] or "unknown", expert["inferences"], *_said(expert), expert["last_at"]]
            for expert in told["experts"]
        ],
    )


_LEFT_OUT = {
    "without_verdict": "{boxes} without a verdict",
    "unknown_pipeline": "{boxes} of a pipeline or models that nobody knows: in no pipeline's figures",
    "several_classifiers": "{boxes} whose species several models may have decided: in no model version's figures",
    "several_detectors": "{boxes} that several models may have found: in no model version's figures",
    "without_species": "{boxes} whose label names no species",
    "withdrawn": "{boxes} that an expert drew and that is no seed",
}


def _print_left_out(told: Performance) -> None:
    left_out = {key: number for key, number in told["left_out"].items() if isinstance(number, int) and number}
    verified = counted(told["verified_boxes"], "verified box", "verified boxes")
    click.echo(f"{verified}. Left out: {'' if left_out else 'nothing'}".rstrip())
    for key, number in left_out.items():
        click.echo("  " + _LEFT_OUT[key].format(boxes=counted(number, "box", "boxes")))


def _training(told: Training) -> None:
    _table(
        "species, status, pictures, said with them, verified",
        [
            [seed["seed_name"], seed["status"], *(seed[key] for key in ("pictures", "known", "verified"))]
            for seed in told["seeds"]
        ],
    )


def _review(told: Review) -> None:
    _table(
        "picture, boxes, margin, species, or",
        [
            [
                *(item["picture_id"], item["boxes"], _share(item["margin"])),
                *(item["seed_name"] or "", item["second_seed_name"] or ""),
            ]
            for item in told["uncertain"]
        ],
    )
    _table(
        "picture, pipeline, species, score",
        [
            [item["picture_id"], opinion["pipeline_name"], opinion["seed_name"], _share(opinion["score"])]
            for item in told["disputed"]
            for opinion in item["inferences"]
        ],
    )
    click.echo(f"Looked at the newest inferences that are not verified: {told['looked_at']}")


_QUESTIONS: dict[str, Callable[[Performance], None]] = {
    "accuracy": _accuracy,
    "species": _species,
    "confusion": _confusion,
    "calibration": _calibration,
    "time": _time,
    "corrections": _corrections,
    "experts": _experts,
}
