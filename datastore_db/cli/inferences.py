"""datastore-db inference add, show; datastore-db feedback"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from datastore_db.cli.context import acting_option, acting_store, counted, json_option, print_json, prints_errors

if TYPE_CHECKING:
    from datastore_db.json_codec import Json, JsonObject

file_argument = click.argument("file", type=click.Path(path_type=Path))


@click.group("inference")
def inference_group() -> None:
    """Inferences of models about pictures, and feedback of experts.

    \b
    Example:
      datastore-db inference add f9b0ef75-6276-4ffc-a71c-975bc842063c inference.json
      datastore-db inference show f9b0ef75-6276-4ffc-a71c-975bc842063c
    """


@inference_group.command("add")
@click.argument("picture_id", metavar="PICTURE")
@file_argument
@acting_option
@json_option
@prints_errors
def add_command(picture_id: str, file: Path, email: str | None, as_json: bool) -> None:
    """Store a pipeline's inference about the picture with the id PICTURE: a FILE of JSON or YAML.

    \b
    Example:
      datastore-db inference add f9b0ef75-6276-4ffc-a71c-975bc842063c inference.json
    """
    # Here, because reading YAML takes longer to import than most commands run.
    from datastore_db.cli.document_file import opened_document

    with opened_document(file) as document, acting_store(email) as store:
        added = store.import_inference(picture_id, document)
    if as_json:
        print_json(added)
    else:
        click.echo(f"inference {added['inference_id']}: {counted(len(_objects(added['boxes'])), 'box', 'boxes')}")


@inference_group.command("show")
@click.argument("id_", metavar="ID")
@click.option("--as-sent", is_flag=True, help="The model's answer alone, without feedback.")
@click.option("--ids", is_flag=True, help="The boxes' ids as well, which feedback names.")
@acting_option
@json_option
@prints_errors
def show_command(id_: str, as_sent: bool, ids: bool, email: str | None, as_json: bool) -> None:
    """Show the inference with this ID, or the newest one of the picture with this ID.

    \b
    Example:
      datastore-db inference show f9b0ef75-6276-4ffc-a71c-975bc842063c
    """
    with acting_store(email) as store:
        inference = store.show_inference(id_, as_sent=as_sent)
        verdicts = [] if as_json or as_sent else store.verdicts(str(inference["inference_id"]))
    if as_json:
        print_json(inference)
    else:
        _print_inference(inference, verdicts, ids=ids)


@click.command("feedback")
@file_argument
@acting_option
@json_option
@prints_errors
def feedback_command(file: Path, email: str | None, as_json: bool) -> None:
    """Store an expert's feedback on the boxes of an inference: a FILE of JSON or YAML, all of it or nothing.

    \b
    Example:
      datastore-db feedback feedback.json --user ana@example.org
    """
    from datastore_db.cli.document_file import opened_document

    with opened_document(file) as document, acting_store(email) as store:
        inference = store.record_feedback(document)
    if as_json:
        print_json(inference)
    else:
        click.echo(f"inference {inference['inference_id']}: {_state(inference)}")


def _print_inference(inference: JsonObject, verdicts: list[JsonObject], *, ids: bool) -> None:
    from datastore_db.cli.tables import moment, print_table

    click.echo(f"inference {inference['inference_id']} of picture {inference['picture_id']}")
    click.echo(f"imported {moment(inference['created_at'])}; {_state(inference)}")
    current = {verdict["box_id"]: verdict for verdict in verdicts if verdict["is_current"]}
    rows = []
    for place, box in enumerate(_objects(inference["boxes"]), 1):
        verdict = current.get(box["box_id"], {})
        rows.append(
            [
                str(box["box_id"]),
                str(place),
                str(box["label"]),
                f"{box['score']:.4g}",
                _corners(cast("JsonObject", box["box"])),
                _verdict(box),
                str(verdict.get("given_by") or ""),
                moment(verdict.get("given_at")),
            ]
        )
    columns = ["box id", "place", "label", "score", "box", "verified", "by", "at"]
    # Without a verdict the columns of its author and its time are left out.
    shown = slice(0 if ids else 1, None if current else columns.index("by"))
    print_table(columns[shown], [row[shown] for row in rows], ids=0 if ids else None)


def _state(inference: JsonObject) -> str:
    boxes = _objects(inference["boxes"])
    if inference["verified"]:
        return "verified"
    return f"{sum(box['is_verified'] is True for box in boxes)} of {counted(len(boxes), 'box', 'boxes')} verified"


def _verdict(box: JsonObject) -> str:
    if not box["is_verified"]:
        return "no"
    if not box["is_valid"]:
        return "not a seed"
    return "yes, drawn" if box["is_manual"] else "yes"


def _corners(box: JsonObject) -> str:
    return f"{box['topX']},{box['topY']} {box['bottomX']},{box['bottomY']}"


def _objects(value: Json) -> list[JsonObject]:
    return cast("list[JsonObject]", value)
