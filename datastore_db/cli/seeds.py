"""datastore-db seeds, and its review"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import click

from datastore_db.cli.context import acting_option, acting_store, json_option, print_json, prints_errors

if TYPE_CHECKING:
    from datastore_db.json_codec import JsonObject

seed_argument = click.argument("seed", metavar="NAME_OR_ID")


@click.group("seeds", invoke_without_command=True)
@acting_option
@json_option
@click.pass_context
@prints_errors
def seeds_group(context: click.Context, email: str | None, as_json: bool) -> None:
    """List the species: known ones, and those that wait for a review because a document named them first.

    \b
    Example:
      datastore-db seeds
      datastore-db seeds review
      datastore-db seeds merge "Ambrosia trifda" "Ambrosia trifida"
    """
    if context.invoked_subcommand is not None:
        return
    with acting_store(email) as store:
        document = store.seeds()
    if as_json:
        print_json(document)
        return
    from datastore_db.cli.tables import print_table

    seeds = cast("list[JsonObject]", document["seeds"])
    print_table(["name", "status"], [[str(seed["seed_name"]), str(seed["status"])] for seed in seeds])


@seeds_group.command("review")
@acting_option
@json_option
@prints_errors
def review_command(email: str | None, as_json: bool) -> None:
    """List the species that wait for a review, the oldest first, with the labels that brought them.

    \b
    Example:
      datastore-db seeds review
    """
    with acting_store(email) as store:
        document = store.unreviewed_seeds()
    if as_json:
        print_json(document)
        return
    from datastore_db.cli.tables import moment, print_table

    seeds = cast("list[JsonObject]", document["seeds"])
    print_table(
        ["seed", "name", "first seen", "labels"],
        [
            [
                str(seed["seed_id"]),
                str(seed["seed_name"]),
                moment(seed["first_seen"]),
                ", ".join(cast("list[str]", seed["labels"])),
            ]
            for seed in seeds
        ],
        ids=0,
    )
    if not seeds:
        click.echo("nothing waits for a review", err=True)


@seeds_group.command("accept")
@seed_argument
@acting_option
@json_option
@prints_errors
def accept_command(seed: str, email: str | None, as_json: bool) -> None:
    """Accept a species that waits for a review: it is known from now on.

    \b
    Example:
      datastore-db seeds accept "Setaria faberi"
    """
    with acting_store(email) as store:
        accepted = store.accept_seed(str(store.find_seed_named(seed)["seed_id"]))
    if as_json:
        print_json(accepted)
    else:
        click.echo(f"{accepted['seed_name']} is {accepted['status']}")


@seeds_group.command("merge")
@seed_argument
@click.argument("into", metavar="INTO_NAME_OR_ID")
@acting_option
@json_option
@prints_errors
def merge_command(seed: str, into: str, email: str | None, as_json: bool) -> None:
    """Merge a species that waits for a review into a known one, in every document before and after.

    This reads every box, so it may take a while.

    \b
    Example:
      datastore-db seeds merge "Ambrosia trifda" "Ambrosia trifida"
    """
    with acting_store(email) as store:
        merged, target = store.find_seed_named(seed), store.find_seed_named(into)
        known = store.merge_seed(str(merged["seed_id"]), str(target["seed_id"]))
    if as_json:
        print_json(known)
    else:
        click.echo(f"{merged['seed_name']} is {known['seed_name']}")
