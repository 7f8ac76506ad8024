"""datastore-db sweep"""

from __future__ import annotations

from datetime import timedelta

import click

from datastore_db.cli.context import acting_option, acting_store, counted, json_option, print_json, says_errors


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
@says_errors
def sweep_command(days: int | None, email: str | None, as_json: bool) -> None:
    """Delete from storage the blobs whose pictures were deleted from the database an hour ago or earlier.

    \b
    Example:
      datastore-db sweep
      datastore-db sweep --pending-older-than 30
    """
    with acting_store(email) as store:
        given_up = None if days is None else store.delete_pending_pictures(timedelta(days=days))
        swept = store.sweep()
    if as_json:
        print_json({"deleted_blobs": swept} | ({} if given_up is None else {"deleted_pictures": given_up}))
        return
    if given_up is not None:
        click.echo(f"gave up {counted(given_up, 'picture')}")
    click.echo(f"deleted {swept} blobs")
