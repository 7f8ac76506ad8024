"""Options and decorators of every command: the acting user, the output, and the end by an error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, NoReturn, TypeVar

import click

import datastore_db
from datastore_db.errors import DatastoreError

F = TypeVar("F", bound=Callable[..., Any])

DONE, NOT_ALL_DONE, FAILED = 0, 1, 2


def acting_option(command: F) -> F:
    """The option --user; its default is `DATASTORE_USER`."""
    return click.option(
        "--user",
        "email",
        envvar="DATASTORE_USER",
        metavar="EMAIL",
        help="The acting user. Without it the command runs as the connection's own role, and prints a note.",
    )(command)


def json_option(command: F) -> F:
    """The option --json: output for a machine, alone on stdout."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")(command)


def prints_errors(command: Callable[..., None]) -> Callable[..., None]:
    """Errors of this package end a command with a message and exit status 2; a traceback would be a bug."""

    @wraps(command)
    def run(*args: object, **kwargs: object) -> None:
        try:
            command(*args, **kwargs)
        except DatastoreError as error:
            fail(str(error))

    return run


def fail(message: str) -> NoReturn:
    """End with a message on stderr."""
    click.echo(f"datastore-db: {message}", err=True)
    sys.exit(FAILED)


@contextmanager
def acting_store(email: str | None) -> Iterator[datastore_db.Store]:
    """A store in which this user acts; without one it has the login's own role, and a note on stderr."""
    if email is None:
        with own_store() as store:
            click.echo("datastore-db: no --user, so this runs as the connection's own role", err=True)
            yield store
        return
    with datastore_db.connect() as store, store.acting_as(store.find_user(email)["user_id"]) as mine:
        yield mine


def own_store() -> datastore_db.Store:
    """A store in the role of the database login itself, for commands without an acting user."""
    return datastore_db.connect(as_role="owner")


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """A number of things in words: 1 picture, 2 pictures, 2 boxes."""
    return f"{number} {noun}" if number == 1 else f"{number} {plural or noun + 's'}"


def print_json(value: object) -> None:
    """One JSON document on stdout."""
    from datastore_db import json_codec  # here, because --help needs none of it

    click.echo(json_codec.dumps(value, indent=2))
