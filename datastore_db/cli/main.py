"""The group of commands."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

import click

# Each command with its module, in the order of --help, and its name there. Imported when it is needed: most commands
# need little of what the others do.
COMMANDS = {
    "migrate": ("database", "migrate_command"),
    "register": ("people", "register_command"),
    "site-role": ("people", "site_role_command"),
    "upload": ("pictures", "upload_command"),
    "ls": ("pictures", "ls_command"),
    "show": ("pictures", "show_command"),
    "download": ("pictures", "download_command"),
    "inference": ("inferences", "inference_group"),
    "feedback": ("inferences", "feedback_command"),
    "seeds": ("seeds", "seeds_group"),
    "pipelines": ("pipelines", "pipelines_group"),
    "evaluation": ("evaluation", "evaluation_command"),
    "group": ("people_groups", "group_group"),
    "share": ("access_sharing", "share_command"),
    "unshare": ("access_sharing", "unshare_command"),
    "containers": ("access_sharing", "containers_command"),
    "audit": ("access_history", "audit_command"),
    "link": ("storage_links", "link_command"),
    "links": ("storage_links", "links_command"),
    "confirm-upload": ("storage_links", "confirm_upload_command"),
    "sweep": ("storage", "sweep_command"),
    "copies": ("pictures", "copies_command"),
    "keys": ("storage_container_keys", "keys_group"),
    "instance": ("storage", "instance_command"),
    "local": ("local", "local_command"),
}
# Former names, which --help leaves out
ALIASES = {"performance": "evaluation"}


class Commands(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        module, attribute = COMMANDS.get(ALIASES.get(name, name), (None, ""))
        if module is None:
            return None
        command = getattr(importlib.import_module(f"datastore_db.cli.{module}"), attribute)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="datastore-db", prog_name="datastore-db")
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
