"""`make bench`: a table for each benchmark, and benchmarks/results/latest.json. `make bench ARGS=rebuild` runs one."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from dataclasses import asdict
from pathlib import Path

import psycopg
from rich.console import Console
from rich.table import Table

from benchmarks import inference, jsonschema, keys, performance, rebuild, security, upload
from benchmarks.databases import stack_of_its_own, temporary_stack
from benchmarks.figures import Figure
from datastore_db.keys.key_ring import new_key
from datastore_db.local import LocalStack

BENCHMARKS = {
    "inference": inference.measure,
    "jsonschema": jsonschema.measure,
    "keys": keys.measure,
    "performance": performance.measure,
    "rebuild": rebuild.measure,
    "security": security.measure,
    "upload": upload.measure,
}


def main(names: list[str]) -> None:
    """Run the benchmarks of these names, or all."""
    console = Console(width=None if sys.stdout.isatty() else 140)
    figures: list[Figure] = []
    os.environ["DATASTORE_KEK"] = new_key()  # pictures go and come with the keys of containers, as they do elsewhere
    with temporary_stack("datastore-db-bench-") as stack:
        about = _about(stack)
        for name in names or BENCHMARKS:
            console.print(f"measuring {name} …")
            with stack_of_its_own(stack, f"bench_{name}") as own:
                measured = BENCHMARKS[name](own)
            _print(console, measured, about)
            figures += measured
    for figure in figures:
        if not figure.is_reached:
            console.print(f"[red]beyond its bar[/]: {figure.what}: {figure.ratio:.2f}, to reach {figure.to_reach:g}")
    results = Path(__file__).parent / "results"
    results.mkdir(exist_ok=True)
    text = json.dumps(
        {"machine": about, "figures": [asdict(figure) for figure in figures]}, indent=2, ensure_ascii=False
    )
    (results / "latest.json").write_text(text + "\n", encoding="utf-8")


def _about(stack: LocalStack) -> str:
    with psycopg.connect(stack.database_url) as connection:
        version = connection.info.server_version // 10000
    return f"PostgreSQL {version}, Python {platform.python_version()}, {platform.machine()}"


def _print(console: Console, figures: list[Figure], about: str) -> None:
    for delay in sorted({figure.delay for figure in figures}):
        title = f"the same with {delay * 1000:g} ms of network delay a round trip" if delay else about
        table = Table(title=title, title_justify="left")
        for column in ("what", "against", "ratio", "to reach", "detail"):
            table.add_column(column, overflow="fold")
        for figure in figures:
            if figure.delay == delay:
                table.add_row(
                    figure.what,
                    figure.against,
                    f"[green]{figure.ratio:.2f}" if figure.is_reached else f"[red]{figure.ratio:.2f} beyond its bar",
                    "" if figure.to_reach is None else f"{figure.to_reach:g}",
                    figure.detail,
                )
        console.print(table)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Ratios within one run. inference takes about three minutes and 6 GB of disk: "
        "it stores ten million guesses beside ten thousand.",
    )
    parser.add_argument("names", nargs="*", metavar="name", help=f"all without one: {', '.join(BENCHMARKS)}")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - BENCHMARKS.keys():
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}: choose from {', '.join(BENCHMARKS)}")
    main(arguments.names)
