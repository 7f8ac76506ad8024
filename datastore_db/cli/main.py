"""The group of commands."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import version

import click

from datastore_db.cli.access_history import audit_command
from datastore_db.cli.access_sharing import containers_command, share_command, unshare_command
from datastore_db.cli.database import migrate_command
from datastore_db.cli.evaluation import performance_command
from datastore_db.cli.inferences import feedback_command, inference_group
from datastore_db.cli.local import local_command
from datastore_db.cli.people import register_command, site_role_command
from datastore_db.cli.people_groups import group_group
from datastore_db.cli.pictures import copies_command, download_command, ls_command, show_command, upload_command
from datastore_db.cli.pipelines import pipelines_group
from datastore_db.cli.seeds import seeds_group
from datastore_db.cli.storage import instance_command, sweep_command
from datastore_db.cli.storage_container_keys import keys_group
from datastore_db.cli.storage_links import confirm_upload_command, link_command, links_command


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(version("datastore-db"), prog_name="datastore-db")
def group() -> None:
    """Pictures and their JSON in PostgreSQL and Azure Blob Storage.

    Without configuration everything runs on this machine. With DATASTORE_DB_URL (a libpq URL) and
    DATASTORE_STORAGE_CONNECTION_STRING set, it runs against your own servers.

    \b
    Example:
      datastore-db register ana@example.org
      datastore-db upload barley-2024 --user ana@example.org
      datastore-db ls --user ana@example.org

    Exit status: 0 when everything asked for was done, 1 when a part of it was not, 2 when nothing could be done.
    """


for command in (
    migrate_command,
    register_command,
    site_role_command,
    upload_command,
    ls_command,
    show_command,
    download_command,
    inference_group,
    feedback_command,
    seeds_group,
    pipelines_group,
    performance_command,
    group_group,
    share_command,
    unshare_command,
    containers_command,
    audit_command,
    link_command,
    links_command,
    confirm_upload_command,
    sweep_command,
    copies_command,
    keys_group,
    instance_command,
    local_command,
):
    group.add_command(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; without arguments those that the process was given."""
    try:
        group.main(arguments, prog_name="datastore-db", standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("datastore-db: stopped. Run it again to go on from here.", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.exceptions.Exit as end:
        sys.exit(end.exit_code)
    except BrokenPipeError:
        sys.exit(1)
