"""datastore-db register"""

from __future__ import annotations

import click

import datastore_db
from datastore_db.cli.context import json_option, print_json, says_errors


@click.command("register")
@click.argument("email")
@click.option(
    "--tier", default="user", show_default=True, help="What the container is for; the first part of its name."
)
@json_option
@says_errors
def register_command(email: str, tier: str, as_json: bool) -> None:
    """Register a user, with a storage container of their own and a picture set named General.

    Again: the same answer.

    \b
    Example:
      datastore-db register ana@example.org
    """
    with datastore_db.connect() as store:
        user = store.register_user(email, tier)
    if as_json:
        print_json(user)
    else:
        click.echo(f"{user['email']} is user {user['user_id']}, with the container {user['container_name']}")
