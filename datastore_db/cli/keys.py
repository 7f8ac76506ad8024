"""datastore-db keys new"""

from __future__ import annotations

import click

from datastore_db.cli.context import json_option, print_json, says_errors


@click.group("keys")
def keys_group() -> None:
    """Keys: what secrets in the database are sealed with.

    \b
    Example:
      datastore-db keys new
    """


@keys_group.command("new")
@click.option("--id", "name", help="What the key is called, such as 2024-05. [default: a digest of it]")
@json_option
@says_errors
def new_command(name: str | None, as_json: bool) -> None:
    """Print a new key-encryption key, for DATASTORE_KEK. It is kept nowhere: keep it where your other secrets are.

    To take a new key into use, put it in front: DATASTORE_KEK=new,old. The old one still opens what it sealed.

    \b
    Example:
      export DATASTORE_KEK=$(datastore-db keys new)
    """
    from datastore_db.keys.key_ring import new_key

    key = new_key(name)
    if as_json:
        print_json({"kek_id": key.partition(":")[0], "kek": key})
    else:
        click.echo(key)
