"""datastore-db register, site-role"""

from __future__ import annotations

import click

from datastore_db.cli.context import acting_option, acting_store, json_option, own_store, print_json, prints_errors


@click.command("register")
@click.argument("email")
@click.option("--tier", default="user", show_default=True, help="The use of the container; the first part of its name.")
@json_option
@prints_errors
def register_command(email: str, tier: str, as_json: bool) -> None:
    """Register a user, with a storage container of their own and a picture set named General.

    Again: the same answer.

    \b
    Example:
      datastore-db register ana@example.org
    """
    with own_store() as store:
        user = store.register_user(email, tier)
    if as_json:
        print_json(user)
    else:
        click.echo(f"{user['email']} is user {user['user_id']}, with the container {user['container_name']}")


@click.command("site-role")
@click.argument("member", metavar="EMAIL")
@click.argument("role", type=click.Choice(["user", "verifier", "administrator"]))
@acting_option
@json_option
@prints_errors
def site_role_command(member: str, role: str, email: str | None, as_json: bool) -> None:
    """Give the user with this EMAIL a ROLE for the data that all containers share.

    verifier: reviews species. administrator: moreover registers models and pipelines, and gives these roles. An
    administrator says so, or, without --user, the database's owner.

    \b
    Example:
      datastore-db site-role ana@example.org administrator
    """
    with acting_store(email) as store:
        user = store.set_site_role(member, role)
    if as_json:
        print_json(user)
    else:
        click.echo(f"{user['email']} has the site role {user['site_role']}")
