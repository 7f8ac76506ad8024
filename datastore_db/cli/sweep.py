"""datastore-db sweep"""

from __future__ import annotations

import click

from datastore_db.cli.context import acting_option, acting_store, json_option, print_json, says_errors


@click.command("sweep")
@acting_option
@json_option
@says_errors
def sweep_command(email: str | None, as_json: bool) -> None:
    """Delete from storage the blobs whose pictures were deleted from the database an hour ago or earlier.

    \b
    Example:
      datastore-db sweep
    """
    with acting_store(email) as store:
        swept = store.sweep()
    if as_json:
        print_json({"deleted_blobs": swept})
    else:
        click.echo(f"deleted {swept} blobs")
