"""The models' figures drawn: the confusion matrix of each pipeline, and accuracy over time. Needs the extra plots."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from datastore_db.errors import DatastoreError
from datastore_db.evaluation.answers import Classification, Evaluation

if TYPE_CHECKING:
    import altair as alt

FORMATS = {".png": "png", ".html": "html"}
CELL = 30  # pixels
WIDEST, NARROWEST = 900, 220
DPI_FACTOR = 2


class _InScript(json.JSONEncoder):
    """JSON for the inside of a page's script: a species may be called `</script>`, because a document says so."""

    def encode(self, value: object) -> str:
        return super().encode(value).replace("<", "\\u003c")


def check_plot(file: Path) -> None:
    """Raises `DatastoreError`, before anything is asked, where no such plot can be made."""
    if file.suffix.lower() not in FORMATS:
        raise DatastoreError(f"{file}: a plot is a .png or an .html file")
    if not file.absolute().parent.is_dir():
        raise DatastoreError(f"{file}: there is no such folder")
    try:
        import altair  # noqa: F401
        import vl_convert  # noqa: F401
    except ImportError:
        raise DatastoreError("plots need the extra plots: pip install 'datastore-db[plots]'") from None


def plot_evaluation(evaluation: Evaluation, file: Path) -> None:
    """Write a PNG, or an HTML page that loads nothing from anywhere. Raises `DatastoreError`."""
    check_plot(file)
    import altair as alt

    drawn = _classifications(evaluation)
    if not drawn:
        raise DatastoreError("there is nothing to plot: no box of a known pipeline or model has a verdict yet")
    chart = (
        alt.vconcat(*[_confusion(name, figures) for name, figures in drawn.items()], _over_time(drawn), spacing=50)
        .resolve_scale(color="independent")
        .configure_view(stroke=None)
        .configure_title(anchor="start", fontSize=15, subtitleFontSize=12, subtitleColor="#555555", offset=12)
        .configure_axis(labelFontSize=12, titleFontSize=12, titleFontWeight="normal", titlePadding=10)
        .properties(padding=20, background="white")
    )
    try:
        with alt.data_transformers.disable_max_rows():
            if FORMATS[file.suffix.lower()] == "png":
                chart.save(str(file), format="png", scale_factor=DPI_FACTOR)
            else:
                # inline: with the libraries in the page; actions: no links to pages elsewhere
                actions = {"export": True, "source": False, "compiled": False, "editor": False}
                chart.save(
                    str(file),
                    format="html",
                    inline=True,
                    embed_options={"actions": actions},
                    json_kwds={"cls": _InScript},
                )
    except OSError as error:
        raise DatastoreError(f"{file}: {error.strerror}") from None


def _classifications(evaluation: Evaluation) -> dict[str, Classification]:
    """The pipelines' figures; where no pipeline is known, the model versions'."""
    for listed in (evaluation["pipelines"], evaluation["model_versions"]):
        found = {item["name"]: item["classification"] for item in listed if item["classification"] is not None}
        if found:
            return found
    return {}


def _confusion(name: str, figures: Classification) -> alt.LayerChart | alt.FacetChart:
    import altair as alt

    species = [item["seed_name"] for item in figures["seeds"]]
    support = {item["seed_name"]: item["support"] for item in figures["seeds"]}
    counts = {(cell["seed_name"], cell["model_seed_name"]): cell["boxes"] for cell in figures["confusion"]}
    rows = [
        {
            "expert": right,
            "model": predicted,
            "boxes": counts.get((right, predicted), 0),
            "share": counts.get((right, predicted), 0) / support[right] if support[right] else 0,
        }
        for right in species
        for predicted in species
    ]
    side = {"step": CELL + 8 * (len(str(max(counts.values()))) > 3)}
    down = alt.Axis(labelLimit=400, maxExtent=500, ticks=False, domain=False)
    across = alt.Axis(
        labelLimit=400, maxExtent=500, ticks=False, domain=False, orient="top", labelAngle=-45, labelAlign="left"
    )
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X("model:N", sort=species, title="The model says", axis=across),
        y=alt.Y("expert:N", sort=species, title="The expert says", axis=down),
        tooltip=[
            alt.Tooltip("expert:N", title="the expert says"),
            alt.Tooltip("model:N", title="the model says"),
            alt.Tooltip("boxes:Q", title="boxes"),
            alt.Tooltip("share:Q", title="of the species' boxes", format=".1%"),
        ],
    )
    cells = base.mark_rect(stroke="white", strokeWidth=1).encode(
        color=alt.Color(
            "share:Q",
            scale=alt.Scale(domain=[0, 0.3, 1], range=["#f3f5f8", "#7fb3d8", "#08306b"]),
            legend=alt.Legend(title=["share of the", "species' boxes"], format=".0%", titleFontWeight="normal"),
        )
    )
    numbers = base.mark_text(fontSize=11).encode(
        text="boxes:Q",
        color=alt.condition("datum.share > 0.5", alt.value("white"), alt.value("#1b1b1b")),
        opacity=alt.condition("datum.boxes > 0", alt.value(1), alt.value(0)),
    )
    accuracy = f"{figures['boxes']:,} verified boxes, {float(figures['accuracy']):.1%} of them right"
    title = alt.Title(_folded(name), subtitle=accuracy)
    return alt.layer(cells, numbers).properties(width=side, height=side, title=title)


def _over_time(drawn: dict[str, Classification]) -> alt.LayerChart | alt.FacetChart:
    import altair as alt

    rows = [
        {
            "of": name,
            "period": period["period"],
            "accuracy": float(period["accuracy"]),
            "boxes": period["boxes"],
        }
        for name, figures in drawn.items()
        for period in figures["over_time"]
    ]
    periods = len({row["period"] for row in rows})
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X(
            "utcyearmonthdate(period):T",
            title="When the expert said so (UTC)",
            axis=alt.Axis(
                format="%b %Y" if _are_months(rows) else "%d %b %Y", labelAngle=-45, grid=False, labelOverlap=True
            ),
        ),
        y=alt.Y(
            "accuracy:Q",
            title="Top-1 accuracy",
            scale=alt.Scale(domain=[0, 1]),
            axis=alt.Axis(format=".0%", gridColor="#e5e5e5"),
        ),
        color=alt.Color(
            "of:N",
            title=None,
            sort=list(drawn),
            scale=alt.Scale(scheme="tableau10"),
            legend=alt.Legend(orient="bottom", columns=1, labelLimit=WIDEST, labelFontSize=12, symbolType="circle"),
        ),
        tooltip=[
            alt.Tooltip("of:N", title="of"),
            alt.Tooltip("utcyearmonthdate(period):T", title="from"),
            alt.Tooltip("accuracy:Q", title="accuracy", format=".1%"),
            alt.Tooltip("boxes:Q", title="boxes"),
        ],
    )
    width = min(WIDEST, max(NARROWEST, 60 * periods))
    return alt.layer(base.mark_line(strokeWidth=2), base.mark_circle(size=60, opacity=1)).properties(
        width=width, height=280, title="Accuracy over time"
    )


def _are_months(rows: list[dict[str, object]]) -> bool:
    return all(str(row["period"]).endswith("-01") for row in rows)


def _folded(name: str) -> list[str]:
    """A long name in two lines: the pipeline, and its models."""
    head, separator, models = name.partition(": ")
    return [head + separator.rstrip(), models] if separator and len(name) > 60 else [name]
