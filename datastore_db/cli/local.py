"""datastore-db local"""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import click

from datastore_db.cli.context import fail, prints_errors


@click.command("local")
@click.option(
    "--home",
    type=click.Path(path_type=Path),
    help="Where the data is kept. [default: DATASTORE_HOME, or the usual place]",
)
@prints_errors
def local_command(home: Path | None) -> None:
    """Keep the PostgreSQL and the Azurite of this machine running until Ctrl-C, and print their addresses.

    Every command starts them by itself; with this one running in another terminal, commands are quicker.

    \b
    Example:
      datastore-db local
    """
    from datastore_db.settings import Given, find_settings

    settings = find_settings(Given(home=home))
    if settings.stack is None:
        fail("DATASTORE_DB_URL is set: there are no local servers to keep running. Unset it, or give --home")
    with settings.stack as stack:
        click.echo(f"database: {stack.database_url}")
        click.echo(f"data:     {stack.home}")
        click.echo("Ctrl-C ends it.")
        stopped = threading.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: stopped.set())
        stopped.wait()
