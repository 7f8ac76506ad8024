"""datastore-db audit"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from datastore_db.cli.context import (
    NOT_ALL_DONE,
    acting_option,
    acting_store,
    counted,
    fail,
    json_option,
    own_store,
    print_json,
    prints_errors,
)

if TYPE_CHECKING:
    from datastore_db.store.access_history import AuditEntry, Seal


@click.command("audit")
@click.argument("id", metavar="[ID]", required=False)
@click.option("--since", type=click.DateTime(), help="Only changes since then, in UTC.")
@click.option(
    "--limit", "how_many", type=click.IntRange(min=1), default=100, show_default=True, help="At most so many."
)
@click.option("--seal", is_flag=True, help="Seal the entries since the last seal. For a worker.")
@click.option("--verify", is_flag=True, help="Compare the whole history with its seals. For a worker or a reader.")
@click.option(
    "--against",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="With --verify: a seal that was kept elsewhere, as --seal --json printed it.",
)
@acting_option
@json_option
@prints_errors
def audit_command(
    id: str | None,  # noqa: A002
    since: datetime | None,
    how_many: int,
    seal: bool,
    verify: bool,
    against: Path | None,
    email: str | None,
    as_json: bool,
) -> None:
    """Show the history of changes, the newest first; with an ID only of that picture, inference, group or container.

    --seal and --verify are about the whole history. Keep the output of --seal --json outside of the database.

    \b
    Example:
      datastore-db audit --since 2024-05-01 --user ana@example.org
      datastore-db audit --seal --json > seal.json
      datastore-db audit --verify --against seal.json
    """
    if seal and (verify or against):
        fail("--seal or --verify, not both")
    if seal:
        _seal(as_json=as_json)
        return
    if verify or against:
        _verify(against, as_json=as_json)
        return
    with acting_store(email) as store:
        entries = store.audit(id, since=since.replace(tzinfo=UTC) if since else None, how_many=how_many)
    if as_json:
        print_json(entries)
        return
    from datastore_db.cli.tables import print_table

    rows = [
        [item["at"][:19].replace("T", " "), _actor(item), item["action"], item["entity"], item["entity_id"]]
        for item in entries
    ]  # fmt: skip
    print_table(["at (UTC)", "user", "action", "entity", "id"], rows, ids=4)


def _seal(*, as_json: bool) -> None:
    """Seal, and print the seal that should be kept elsewhere. Exit status 1 where something must be waited for."""
    with own_store() as store:
        done = store.seal_history()
    if as_json:
        print_json(done)
    else:
        click.echo(f"sealed {counted(done['rows'], 'row')}")
        _print_seal(done["latest_seal"])
    if done["waits_for"]:
        click.echo(f"datastore-db: {done['waits_for']}", err=True)
        sys.exit(NOT_ALL_DONE)


def _verify(against: Path | None, *, as_json: bool) -> None:
    """Compare, and print the differences. Exit status 1 if there are any."""
    kept = None if against is None else _read_seal(against)
    with own_store() as store:
        found = store.verify_history(kept)
    if as_json:
        print_json(found)
    else:
        for one in found["differences"]:
            row = "" if one["history_id"] is None else f" {one['history_id']}"
            click.echo(f"{one['what']}{row} (seal {one['position']})")
        click.echo(f"{counted(found['sealed_rows'], 'row')} sealed, {counted(found['differing'], 'difference')}")
        if found["unsealed_since"]:
            click.echo(f"{counted(found['unsealed_rows'], 'row')} not sealed yet, since {found['unsealed_since']}")
        _print_seal(found["latest_seal"])
    if found["differing"]:
        sys.exit(NOT_ALL_DONE)


def _print_seal(seal: Seal | None) -> None:
    if seal is not None:
        click.echo(f"latest seal: {seal['position']} {seal['hash']}")


def _read_seal(path: Path) -> Seal:
    from datastore_db import json_codec

    try:
        document = json_codec.loads(path.read_text(encoding="utf-8"))
        seal = document.get("latest_seal", document) if isinstance(document, dict) else None
        if not isinstance(seal, dict):
            raise TypeError
        position, digest = seal["position"], seal["hash"]
        return {
            "position": int(str(position)),
            "hash": str(digest),
            "last_history_id": 0,
            "sealed_at": "",
            "sealed_by": "",
        }
    except (OSError, ValueError, KeyError, TypeError):
        fail(f"{path} holds no seal: expected the output of datastore-db audit --seal --json")


def _actor(entry: AuditEntry) -> str:
    return entry.get("email") or entry.get("by") or f"{entry['database_user']} (database user)"
