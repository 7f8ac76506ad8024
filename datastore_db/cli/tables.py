"""Tables on a terminal."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from datastore_db.folder.problems import shown
from datastore_db.json_codec import Json

ID_WIDTH = len("8367cc4e-1b61-42c2-a061-ca8662aeac37")


def print_table(columns: list[str], rows: list[list[str]], *, ids: int | None = None) -> None:
    """Rows under column names. ids: which column has ids, that are never folded."""
    table = Table(box=None, pad_edge=False)
    for place, column in enumerate(columns):
        table.add_column(column, overflow="fold", min_width=ID_WIDTH if place == ids else None)
    for row in rows:
        table.add_row(*(escape(shown(cell)) for cell in row))
    # Off a terminal no line is folded, so that grep finds it.
    Console(width=None if sys.stdout.isatty() else 10_000).print(table)


def moment(timestamp: Json) -> str:
    """A timestamp as people read it, to the second and in UTC; empty for none."""
    return f"{str(timestamp)[:19].replace('T', ' ')}Z" if timestamp else ""
