"""datastore-db seeds"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import click

from datastore_db.cli.context import acting_option, acting_store, json_option, print_json, says_errors

if TYPE_CHECKING:
    from datastore_db.json_codec import JsonObject


@click.command("seeds")
@acting_option
@json_option
@says_errors
def seeds_command(email: str | None, as_json: bool) -> None:
    """List the species: known ones, and those that wait for a review because a document named them first.

    \b
    Example:
      datastore-db seeds
    """
    with acting_store(email) as store:
        document = store.seeds()
    if as_json:
        print_json(document)
        return
    from datastore_db.cli.tables import print_table

    seeds = cast("list[JsonObject]", document["seeds"])
    print_table(["name", "status"], [[str(seed["seed_name"]), str(seed["status"])] for seed in seeds])
