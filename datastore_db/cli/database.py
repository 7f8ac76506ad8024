"""datastore-db migrate"""

from __future__ import annotations

import click

from datastore_db.cli.context import fail, json_option, print_json, prints_errors


@click.command("migrate")
@click.option(
    "--only-pre", is_flag=True, help="Stop before the first migration marked post: for a deploy in two steps."
)
@click.option("--roll-back", "back", is_flag=True, help="Undo every migration, and with it ALL DATA in the database.")
@click.option("--yes", is_flag=True, help="Do not ask before --roll-back.")
@click.option(
    "--wait",
    type=click.FloatRange(0, 86400),
    default=60,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for another migration, and for clients that use a replaced function.",
)
@json_option
@prints_errors
def migrate_command(only_pre: bool, back: bool, yes: bool, wait: float, as_json: bool) -> None:
    """Bring the database to this release: tables by numbered migrations, then the functions and views that differ.

    Running it again changes nothing, and locks nothing. The database is that of DATASTORE_DB_URL.

    \b
    Example:
      DATASTORE_DB_URL=postgresql://owner@db.example.org/pictures datastore-db migrate
    """
    # Here, because the other commands need none of it.
    import psycopg

    from datastore_db.database.errors import unreachable
    from datastore_db.database.migrations import migrate, roll_back
    from datastore_db.database.url import DatabaseUrl
    from datastore_db.settings import find_settings

    if back and not yes:
        click.confirm("This deletes every picture's metadata in the database. Go on?", abort=True)
    settings = find_settings()
    try:
        url = settings.database_url
        done = roll_back(url, wait=wait) if back else migrate(url, only_pre=only_pre, wait=wait)
    except psycopg.OperationalError as error:
        fail(str(unreachable(DatabaseUrl(settings.database_url), error)))
    except psycopg.Error as error:
        fail(f"the database refuses: {error.diag.message_primary or error}")
    finally:
        if settings.stack is not None:
            settings.stack.close()
    if as_json:
        print_json({"rolled_back" if back else "applied": done})
    else:
        for migration in done:
            click.echo(f"{'rolled back' if back else 'applied'} {migration}")
        if not back:
            click.echo("the database is up to date")
