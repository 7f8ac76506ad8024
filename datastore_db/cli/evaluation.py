"""datastore-db evaluation"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import click

from datastore_db.cli.context import acting_option, acting_store, json_option, print_json, prints_errors
from datastore_db.cli.evaluation_tables import TABLES, print_left_out, print_review, print_training

T = TypeVar("T")

date_type = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])


@click.command("evaluation")
@acting_option
@click.option(
    "--question",
    type=click.Choice(
        ["accuracy", "seeds", "confusion", "calibration", "time", "corrections", "experts", "training", "review"]
    ),
    default="accuracy",
    show_default=True,
    help="The subject. training: the species that lack pictures. review: the pictures that most need an expert.",
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
    help="The periods of the figures over time.",
)
@click.option(
    "--plot",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Draw the confusion matrix and accuracy over time into FILE, a .png or an .html. Needs the extra plots.",
)
@json_option
@prints_errors
def evaluation_command(
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
    """How good pipelines and models are, by experts' verdicts: figures of verified boxes alone.

    \b
    Example:
      datastore-db evaluation
      datastore-db evaluation --question seeds
      datastore-db evaluation --plot figures.html
    """
    if plot is not None:
        # Before any query, so that a missing extra is reported at once.
        from datastore_db.evaluation.plots import check_plot

        check_plot(plot)
    with acting_store(email) as store:
        if question in ("training", "review") and plot is None:
            if question == "training":
                _show(store.training(), print_training, as_json)
            else:
                _show(store.review(), print_review, as_json)
            return
        answer = store.evaluation(
            per=per, pipeline_id=pipeline_id, model_version_id=model_version_id, since=_utc(since), until=_utc(until)
        )
    if plot is not None:
        from datastore_db.evaluation.plots import plot_evaluation

        plot_evaluation(answer, plot)
    if as_json:
        print_json(answer)
    elif plot is not None:
        click.echo(f"drawn into {plot}")
    else:
        TABLES[question](answer)
        print_left_out(answer)


def _show(answer: T, show: Callable[[T], None], as_json: bool) -> None:
    if as_json:
        print_json(answer)
    else:
        show(answer)


def _utc(day: datetime | None) -> datetime | None:
    return None if day is None else day.replace(tzinfo=UTC)
