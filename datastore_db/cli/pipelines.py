"""datastore-db pipelines load, show, seal, choose, retire, unknown"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from datastore_db.cli.context import acting_option, acting_store, counted, fail, json_option, print_json, prints_errors

if TYPE_CHECKING:
    from datastore_db.json_codec import Json, JsonObject

file_argument = click.argument("file", type=click.Path(path_type=Path))
id_argument = click.argument("pipeline_id", metavar="ID")


@click.group("pipelines")
def pipelines_group() -> None:
    """Pipelines and their models: register, show, choose and retire them.

    \b
    Example:
      datastore-db pipelines load pipelines.json
      datastore-db pipelines show
    """


@pipelines_group.command("load")
@file_argument
@acting_option
@json_option
@prints_errors
def load_command(file: Path, email: str | None, as_json: bool) -> None:
    """Register the pipelines and models of FILE (JSON or YAML), or change them.

    A model's api_key and endpoint are sealed with the key of DATASTORE_KEK before the database sees them. A higher
    version of a model becomes the active one; loading the same file again changes nothing.

    \b
    Example:
      datastore-db pipelines load pipelines.json
    """
    # Here, because reading YAML takes longer to import than most commands run.
    from datastore_db.cli.document_file import opened_document

    with opened_document(file) as document, acting_store(email) as store:
        loaded = store.import_pipelines(document)
    if as_json:
        print_json(loaded)
        return
    pipelines, models = _objects(loaded["pipelines"]), _objects(loaded["models"])
    click.echo(f"{counted(len(pipelines), 'pipeline')} and {counted(len(models), 'model')} loaded from {file}")
    for pipeline in pipelines:
        click.echo(f"  {pipeline['pipeline_name']}  pipeline {pipeline['pipeline_id']}")


@pipelines_group.command("show")
@acting_option
@click.option("--all", "everything", is_flag=True, help="Retired pipelines and old versions of models as well.")
@json_option
@prints_errors
def show_command(email: str | None, everything: bool, as_json: bool) -> None:
    """Show pipelines and models, without the models' secrets. Your own choice comes first, then the default.

    \b
    Example:
      datastore-db pipelines show --user ana@example.org
    """
    with acting_store(email) as store:
        document = store.pipelines(include_inactive=everything)
    if as_json:
        print_json(document)
        return
    from datastore_db.cli.tables import print_table

    pipelines, models = _objects(document["pipelines"]), _objects(document["models"])
    print_table(
        ["pipeline", "name", "version", "state", "models"],
        [
            [
                str(pipeline["pipeline_id"]),
                str(pipeline["pipeline_name"]),
                _text(pipeline.get("version")),
                "retired" if not pipeline["active"] else "default" if pipeline["default"] else "active",
                " → ".join(str(name) for name in cast("list[str]", pipeline["models"])),
            ]
            for pipeline in pipelines
        ],
        ids=0,
    )
    click.echo()
    seen: set[str] = set()
    rows = []
    for model in models:
        name = str(model["model_name"])
        # The active version of a model stands before its old ones.
        state = "old" if name in seen else "active"
        seen.add(name)
        rows.append([name, _text(model.get("version")), state, str(model["task"]), _text(model.get("Accuracy"))])
    print_table(["model", "version", "state", "task", "accuracy"], rows)


@pipelines_group.command("seal")
@file_argument
@json_option
@prints_errors
def seal_command(file: Path, as_json: bool) -> None:
    """Print the document of FILE as JSON with its secrets sealed, for a DBA to import with SQL.

    Nothing is stored. DATASTORE_KEK must be the one that the backends have.

    \b
    Example:
      datastore-db pipelines seal pipelines.yaml > sealed.json
      psql -v document="$(cat sealed.json)" <<< "select datastore.import_pipelines(:'document'::jsonb)"
    """
    from datastore_db.cli.document_file import opened_document
    from datastore_db.sealing.model_secrets import sealed_pipelines
    from datastore_db.settings import local_home

    with opened_document(file) as document:
        sealed = sealed_pipelines(document, local_home())
    print_json(sealed)


@pipelines_group.command("choose")
@click.argument("pipeline_id", metavar="ID", required=False)
@click.option("--none", "give_up", is_flag=True, help="Give the choice up: the default pipeline comes first again.")
@acting_option
@json_option
@prints_errors
def choose_command(pipeline_id: str | None, give_up: bool, email: str | None, as_json: bool) -> None:
    """Make the pipeline with this ID your own choice, which comes before the default one.

    \b
    Example:
      datastore-db pipelines choose 8367cc4e-1b61-42c2-a061-ca8662aeac37 --user ana@example.org
    """
    if email is None:
        fail("the choice needs a user: --user EMAIL, or DATASTORE_USER")
    if (pipeline_id is None) != give_up:
        fail("expected a pipeline's ID or --none")
    with acting_store(email) as store:
        chosen = store.choose_pipeline(pipeline_id)
    if as_json:
        print_json(chosen)
    elif chosen is None:
        click.echo(f"{email} takes the default pipeline")
    else:
        click.echo(f"{email} takes {chosen['pipeline_name']}")


@pipelines_group.command("retire")
@id_argument
@click.option("--back", is_flag=True, help="Bring a retired pipeline back.")
@acting_option
@json_option
@prints_errors
def retire_command(pipeline_id: str, back: bool, email: str | None, as_json: bool) -> None:
    """Retire the pipeline with this ID: it is listed no more, and its inferences stay.

    \b
    Example:
      datastore-db pipelines retire 8367cc4e-1b61-42c2-a061-ca8662aeac37
    """
    with acting_store(email) as store:
        pipeline = store.retire_pipeline(pipeline_id, retired=not back)
    if as_json:
        print_json(pipeline)
    else:
        click.echo(f"{pipeline['pipeline_name']} is {'active' if pipeline['active'] else 'retired'}")


@pipelines_group.command("unknown")
@acting_option
@json_option
@prints_errors
def unknown_command(email: str | None, as_json: bool) -> None:
    """List the unregistered models that inferences name: `pipelines load` registers them and links the inferences.

    \b
    Example:
      datastore-db pipelines unknown
    """
    with acting_store(email) as store:
        unknown = store.unknown_models()
    if as_json:
        print_json(unknown)
        return
    from datastore_db.cli.tables import print_table

    rows = [[str(model["name"]), _text(model["version"]), str(model["inferences"])] for model in unknown]
    print_table(["model", "version", "inferences"], rows)


def _objects(value: Json) -> list[JsonObject]:
    return cast("list[JsonObject]", value)


def _text(value: Json) -> str:
    return "" if value is None else str(value)
