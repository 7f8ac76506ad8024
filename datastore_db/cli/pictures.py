"""datastore-db upload, ls, show, download, copies"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from datastore_db.cli.context import (
    NOT_ALL_DONE,
    acting_option,
    acting_store,
    counted,
    fail,
    json_option,
    own_store,
    print_json,
    prints_errors,
)

if TYPE_CHECKING:
    from datastore_db.folder import NotProcessed, Problem
    from datastore_db.json_codec import JsonObject
    from datastore_db.upload import UploadReport

_STATES = {
    "uploaded": "uploaded",
    "finished": "finished (an upload that was cut off)",
    "restored": "restored (blobs that were lost)",
    "updated": "document updated",
    "unchanged": "unchanged",
    "conflict": "conflict",
    "refused": "refused",
}


@click.command("upload")
@click.argument("folder", type=click.Path(path_type=Path))
@acting_option
@click.option("--name", help="The picture set's name, instead of the folder's.")
@click.option("--replace", is_flag=True, help="Put changed pictures in the place of those stored under the same path.")
@json_option
@prints_errors
def upload_command(folder: Path, email: str | None, name: str | None, replace: bool, as_json: bool) -> None:
    """Upload a FOLDER (or a zip) of pictures with YAML or JSON beside them.

    Run it again to finish an interrupted upload, and to upload new or corrected files: no file is sent twice.

    \b
    Example:
      datastore-db upload barley-2024 --user ana@example.org
    """
    if email is None:
        fail("the upload needs a user: --user EMAIL, or DATASTORE_USER")
    from datastore_db.cli.progress import shown_progress

    with acting_store(email) as store, shown_progress("uploading", quiet=as_json) as progress:
        report = store.upload_folder(folder, name=name, replace=replace, progress=progress)
    if as_json:
        print_json(_report_json(report))
    else:
        _print_report(report)
    if not report.complete:
        sys.exit(NOT_ALL_DONE)


def _report_json(report: UploadReport) -> JsonObject:
    return {
        "folder": report.folder,
        "container_name": report.container_name,
        "complete": report.complete,
        "picture_sets": [{"picture_set_id": str(id_), "path": path} for id_, path in report.picture_sets],
        "pictures": [
            {
                "path": result.file,
                "state": result.state,
                "picture_id": str(result.picture_id) if result.picture_id else None,
            }
            for result in report.results
        ],
        "problems": [_problem_json(problem) for problem in report.problems],
        "not_processed": [{"file": left.file, "reason": left.reason} for left in report.not_processed],
    }


def _problem_json(problem: Problem) -> JsonObject:
    return {
        "file": problem.file,
        "line": problem.line,
        "instance_path": problem.instance_path,
        "message": problem.message,
    }


def _print_report(report: UploadReport) -> None:
    click.echo(f"{report.folder} → {report.container_name}")
    for picture_set_id, path in report.picture_sets:
        click.echo(f"  {path or '.'}  picture set {picture_set_id}")
    counts = [f"{count} {_STATES[state]}" for state, count in report.counts.items()]
    click.echo(f"{counted(len(report.results), 'picture')}: " + (", ".join(counts) or "none"))
    _print_leftovers(report.problems, report.not_processed)


def _print_leftovers(problems: list[Problem], not_processed: list[NotProcessed]) -> None:
    if not_processed:
        click.echo(f"{counted(len(not_processed), 'file')} not processed:")
        for left in not_processed:
            click.echo(f"  {left}")
    if problems:
        click.echo(f"{counted(len(problems), 'problem')}:", err=True)
        for problem in problems:
            click.echo(f"  {problem}", err=True)


@click.command("ls")
@acting_option
@click.option("--pictures", is_flag=True, help="List every picture, not only the sets.")
@click.option("--container", "container_id", metavar="ID", help="Those of a container that is shared with you.")
@json_option
@prints_errors
def ls_command(email: str | None, pictures: bool, container_id: str | None, as_json: bool) -> None:
    """List picture sets.

    \b
    Example:
      datastore-db ls --user ana@example.org
    """
    with acting_store(email) as store:
        folders = store.folders(container_id)
    if as_json:
        print_json(folders)
        return
    from datastore_db.cli.tables import print_table

    if pictures:
        print_table(
            ["picture", "folder", "name", "validated", "inference"],
            [
                [
                    str(picture["picture_id"]),
                    str(folder["folder_name"]),
                    str(picture["name"]),
                    "yes" if picture["is_validated"] else "no",
                    "yes" if picture["inference_exist"] else "no",
                ]
                for folder in folders
                for picture in cast("list[JsonObject]", folder["pictures"])
            ],
            ids=0,
        )
    else:
        shown = ("picture_set_id", "folder_name", "nb_pictures")
        print_table(
            ["picture set", "folder", "pictures"], [[str(folder[name]) for name in shown] for folder in folders], ids=0
        )


@click.command("show")
@click.argument("id_", metavar="ID")
@acting_option
@json_option
@prints_errors
def show_command(id_: str, email: str | None, as_json: bool) -> None:
    """Show the JSON of a picture or a picture set.

    \b
    Example:
      datastore-db show f9b0ef75-6276-4ffc-a71c-975bc842063c
    """
    with acting_store(email) as store:
        document = store.show(id_)
    if as_json or not sys.stdout.isatty():
        print_json(document)
    else:
        from rich.console import Console

        from datastore_db import json_codec

        Console().print_json(json_codec.dumps(document))


@click.command("download")
@click.argument("id_", metavar="ID")
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@acting_option
@json_option
@prints_errors
def download_command(id_: str, directory: Path, email: str | None, as_json: bool) -> None:
    """Download a picture or a picture set into DIR: the files, and their JSON beside them.

    Uploading DIR again gives the same documents and checksums. Files that are there already are not fetched again.

    \b
    Example:
      datastore-db download fb20146f-df2f-403f-a56f-f02a48092167 session1
    """
    from datastore_db.cli.progress import shown_progress

    with acting_store(email) as store, shown_progress("downloading", quiet=as_json) as progress:
        report = store.download(id_, directory, progress=progress)
    if as_json:
        print_json(
            {
                "directory": str(report.directory),
                "complete": report.complete,
                "written": list(report.written),
                "unchanged": list(report.unchanged),
                "problems": [_problem_json(problem) for problem in report.problems],
            }
        )
    else:
        click.echo(
            f"{counted(len(report.written), 'picture')} written to {directory}, {len(report.unchanged)} were there"
        )
        _print_leftovers(report.problems, [])
    if not report.complete:
        sys.exit(NOT_ALL_DONE)


@click.command("copies")
@json_option
@prints_errors
def copies_command(as_json: bool) -> None:
    """Make the missing copies without personal data, for users without access to the pictures' personal data.

    They are also made when they are asked for, where the storage account's credentials are.

    \b
    Example:
      datastore-db copies
    """
    with own_store() as store:
        done = store.make_copies()
    if as_json:
        print_json({"pictures": done})
    else:
        click.echo(f"made the copies of {counted(done, 'picture')}")
