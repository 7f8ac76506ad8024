"""Tables on a terminal."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.markup import escape
from rich.table import Table

ID_WIDTH = len("8367cc4e-1b61-42c2-a061-ca8662aeac37")


def print_table(columns: list[str], rows: list[list[str]], *, ids: int | None = None) -> None:
    """Rows under column names. ids: which column has ids, that are never folded."""
    table = Table(box=None, pad_edge=False)
    for place, column in enumerate(columns):
        table.add_column(column, overflow="fold", min_width=ID_WIDTH if place == ids else None)
    for row in rows:
        table.add_row(*map(escape, row))
    # Elsewhere than on a terminal no line is folded: somebody may grep it.
    Console(width=None if sys.stdout.isatty() else 10_000).print(table)
