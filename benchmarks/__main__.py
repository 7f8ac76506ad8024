"""`make bench`: a table for each benchmark, and benchmarks/results/latest.json. `make bench ARGS=rebuild` runs one.

`--quick` only shows that the benchmarks work: tiny sizes, ratios that nothing judges, no results kept.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from dataclasses import asdict, replace
from pathlib import Path

import psycopg
from rich.console import Console
from rich.table import Table

from benchmarks import evaluation, inference, jsonschema, keys, rebuild, security, upload
from benchmarks.databases import stack_of_its_own, temporary_stack
from benchmarks.figures import Figure, Scale
from datastore_db.local import LocalStack
from datastore_db.sealing.key_ring import new_key

BENCHMARKS = {
    "inference": inference.measure,
    "jsonschema": jsonschema.measure,
    "keys": keys.measure,
    "evaluation": evaluation.measure,
    "rebuild": rebuild.measure,
    "security": security.measure,
    "upload": upload.measure,
}


def main(names: list[str], scale: Scale) -> None:
    """Run the benchmarks of these names, or all."""
    console = Console(width=None if sys.stdout.isatty() else 140)
    os.environ["DATASTORE_KEK"] = new_key()  # pictures go and come with the keys of containers, as they do elsewhere
    with temporary_stack("datastore-db-bench-") as stack:
        about = _about(stack)
        figures = measure(stack, names or list(BENCHMARKS), scale, console)
    for figure in figures:
        if not figure.is_reached:
            console.print(f"[red]beyond its bar[/]: {figure.what}: {figure.ratio:.2f}, to reach {figure.to_reach:g}")
    if scale.quick:
        return
    results = Path(__file__).parent / "results"
    results.mkdir(exist_ok=True)
    text = json.dumps(
        {"machine": about, "figures": [asdict(figure) for figure in figures]}, indent=2, ensure_ascii=False
    )
    (results / "latest.json").write_text(text + "\n", encoding="utf-8")


def measure(stack: LocalStack, names: list[str], scale: Scale, console: Console) -> list[Figure]:
    """Run benchmarks, and print the table of each when it is measured. A quick run's figures have no bars."""
    figures: list[Figure] = []
    about = _about(stack) + ("; a quick run, whose ratios are not judged" if scale.quick else "")
    for name in names:
        console.print(f"measuring {name} …")
        with stack_of_its_own(stack, f"bench_{name}") as own:
            measured = BENCHMARKS[name](own, scale)
        if scale.quick:
            measured = [replace(figure, to_reach=None) for figure in measured]
        _print(console, measured, about)
        figures += measured
    return figures


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
    parser.add_argument("--quick", action="store_true", help="tiny sizes: shows that the benchmarks work, not how fast")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - BENCHMARKS.keys():
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}: choose from {', '.join(BENCHMARKS)}")
    main(arguments.names, Scale(quick=arguments.quick))
