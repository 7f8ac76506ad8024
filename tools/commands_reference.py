"""Write docs/commands.md: what `datastore-db … --help` says of each command.

python -m tools.commands_reference        (`make documents`)
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from datastore_db.cli.main import group

PAGE = Path(__file__).parent.parent / "docs" / "commands.md"
_START = """\
<!-- Made by `make documents` from the help of the commands. -->

# Commands

Each command with its options, as `--help` shows them. The pages of the subjects show them at work.
"""


def commands() -> str:
    """The whole page."""
    context = group.make_context("datastore-db", [], resilient_parsing=True)
    return "\n".join([_START, *_entries(group, context)])


def _entries(of: click.Group, context: click.Context) -> Iterator[str]:
    for name in of.list_commands(context):
        command = of.get_command(context, name)
        assert command is not None
        inner = click.Context(command, info_name=name, parent=context, terminal_width=100)
        yield f"## `{inner.command_path}`\n\n```text\n{command.get_help(inner).rstrip()}\n```\n"
        if isinstance(command, click.Group):
            yield from _entries(command, inner)


def main() -> None:
    """Write the page."""
    PAGE.write_text(commands(), encoding="utf-8")


if __name__ == "__main__":
    main()
