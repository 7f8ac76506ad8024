"""datastore-db sweep, instance"""

from __future__ import annotations

import sys
from contextlib import suppress
from datetime import timedelta

import click

from datastore_db.cli.context import (
    NOT_ALL_DONE,
    acting_option,
    acting_store,
    counted,
    json_option,
    own_store,
    print_json,
    prints_errors,
)
from datastore_db.errors import BlobsRemain, NotAllowed, Remaining


@click.command("sweep")
@click.option(
    "--pending-older-than",
    "days",
    type=click.IntRange(1, 36500),
    metavar="DAYS",
    help="Give up pictures that were announced so many days ago and never arrived. Their blobs are due an hour later.",
)
@acting_option
@json_option
@prints_errors
def sweep_command(days: int | None, email: str | None, as_json: bool) -> None:
    """Delete from storage the blobs whose pictures were deleted from the database an hour ago or earlier.

    A blob that cannot be deleted does not stop the others: it is listed, with exit status 1, and tried again later.
    With --user only pictures of this user are given up; blobs are swept for all. A worker then seals the history.

    \b
    Example:
      datastore-db sweep
      datastore-db sweep --pending-older-than 30
    """
    remaining: list[Remaining] = []
    given_up: int | None = None
    with own_store() as store:
        if days is not None:
            with acting_store(email) as theirs:
                given_up = theirs.delete_pending_pictures(timedelta(days=days))
        try:
            swept = store.sweep()
        except BlobsRemain as error:
            swept, remaining = error.deleted, error.remaining
        if email is None:
            with suppress(NotAllowed):  # only a worker or the owner seals
                store.seal_history()
    if as_json:
        answer = {"deleted_blobs": swept, "remaining": remaining}
        print_json(answer | ({} if given_up is None else {"deleted_pictures": given_up}))
    else:
        if given_up is not None:
            click.echo(f"gave up {counted(given_up, 'picture')}")
        click.echo(f"deleted {swept} blobs")
        for one in remaining:
            click.echo(f"datastore-db: {one['container_name']}/{one['blob_name'] or ''}: {one['error']}", err=True)
    if remaining:
        sys.exit(NOT_ALL_DONE)


@click.command("instance")
@click.option("--new", is_flag=True, help="Make this database another instance: it is a copy of the one that it was.")
@json_option
@prints_errors
def instance_command(new: bool, as_json: bool) -> None:
    """Print the id of this database, which its containers in storage carry.

    A database that was restored from a dump is another instance by itself. One that was copied together with its whole
    server, as by a snapshot, cannot see that: say --new there, before anything else uses it.

    \b
    Example:
      datastore-db instance
    """
    with own_store() as store:
        instance_id = store.new_instance() if new else store.instance()
    if as_json:
        print_json({"instance_id": instance_id})
    else:
        click.echo(instance_id)
