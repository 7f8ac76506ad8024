"""datastore-db keys new, ls, issue, renew, rotate, revoke, take-over"""

from __future__ import annotations

import sys
from dataclasses import asdict
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
    from collections.abc import Sequence

    from datastore_db.json_codec import Json
    from datastore_db.storage.renewal import Renewed
    from datastore_db.store.storage_revocation import Revoked, RevokedLinks

container_argument = click.argument("container", metavar="[CONTAINER]", required=False)


@click.group("keys")
def keys_group() -> None:
    """Keys of containers, and key-encryption keys for the secrets in the database.

    CONTAINER is a container's name or id, or its user's email address.

    \b
    Example:
      datastore-db keys ls
      datastore-db keys renew
    """


@keys_group.command("new")
@click.option("--id", "name", help="The key's name, such as 2024-05. [default: a digest of it]")
@json_option
@prints_errors
def new_command(name: str | None, as_json: bool) -> None:
    """Print a new key-encryption key, for DATASTORE_KEK. It is kept nowhere: keep it where your other secrets are.

    To take a new key into use, put it in front: DATASTORE_KEK=new,old. The old one still opens the secrets it sealed.

    \b
    Example:
      export DATASTORE_KEK=$(datastore-db keys new)
    """
    from datastore_db.sealing.key_ring import new_key

    key = new_key(name)
    if as_json:
        print_json({"kek_id": key.partition(":")[0], "kek": key})
    else:
        click.echo(key)


@keys_group.command("ls")
@container_argument
@click.option("--all", "everything", is_flag=True, help="Also keys that have ended.")
@acting_option
@json_option
@prints_errors
def ls_command(container: str | None, everything: bool, email: str | None, as_json: bool) -> None:
    """List the keys of a container, or of all: not the keys themselves.

    \b
    Example:
      datastore-db keys ls ana@example.org
    """
    with acting_store(email) as store:
        keys = store.keys(container, include_past=everything)
    if as_json:
        print_json(keys)
        return
    from datastore_db.cli.tables import print_table

    columns = ["key", "container", "permission", "state", "until"]
    shown = ("key_id", "container_name", "permission", "state")
    rows = [[*(str(key[column]) for column in shown), minute(key["expires_at"])] for key in keys]
    print_table(columns, rows, ids=0)


@keys_group.command("issue")
@click.argument("container", metavar="CONTAINER")
@click.option("--permission", type=click.Choice(["read", "write"]), default="read", show_default=True)
@click.option("--hours", type=float, default=8, show_default=True, help="How long it is good; a week at most.")
@acting_option
@json_option
@prints_errors
def issue_command(container: str, permission: str, hours: float, email: str | None, as_json: bool) -> None:
    """Print an address of CONTAINER with a key in it, for a person. It is shown once, and the history records it.

    It gives access to every picture of the container, to read or to read and write, until it expires or is revoked.

    \b
    Example:
      datastore-db keys issue ana@example.org --permission read --hours 8
    """
    with acting_store(email) as store:
        issued = store.issue_key(container, permission="write" if permission == "write" else "read", hours=hours)
    if as_json:
        print_json({name: issued[name] for name in ("key_id", "container_name", "permission", "expires_at", "url")})
        return
    click.echo(issued["url"])
    click.echo(f"key {issued['key_id']}: {permission}, until {minute(issued['expires_at'])}", err=True)


@keys_group.command("renew")
@container_argument
@json_option
@prints_errors
def renew_command(container: str | None, as_json: bool) -> None:
    """Do the work that is due in storage: pending containers, keys close to expiry, and the end of revoked keys.

    Run it by a timer where the storage account's credentials are. With CONTAINER: that one, and its policies, whether
    or not something seems due, for example after it was removed from storage.

    \b
    Example:
      datastore-db keys renew
    """
    with own_store() as store:
        renewed = store.renew_keys(container)
    _print_renewed(renewed, as_json)


@keys_group.command("rotate")
@container_argument
@click.option("--overlap", type=float, default=1, show_default=True, help="For how many hours the old keys stay good.")
@click.option("--kek", is_flag=True, help="Instead: seal all secrets with the current key of DATASTORE_KEK.")
@json_option
@prints_errors
def rotate_command(container: str | None, overlap: float, kek: bool, as_json: bool) -> None:
    """Replace the keys of CONTAINER, or of all containers, while they are in use.

    The next "keys renew" after the overlap removes the old ones from storage. With --kek: DATASTORE_KEK=new,old first,
    everywhere; then this; then DATASTORE_KEK=new.

    \b
    Example:
      datastore-db keys rotate
      datastore-db keys rotate --kek
    """
    if kek and container is not None:
        fail("--kek is for all secrets: leave out CONTAINER")
    with own_store() as store:
        if not kek:
            _print_renewed(store.rotate_keys(container, overlap_hours=overlap), as_json)
            return
        report = store.rotate_key_encryption_key()
    if as_json:
        print_json(asdict(report))
    else:
        click.echo(f"{counted(report.secrets, 'secret')} sealed with {report.kek_id} now")
    _end_with(report.problems, as_json)


@keys_group.command("revoke")
@click.argument("key_ids", metavar="[KEY_ID]...", nargs=-1)
@click.option("--container", metavar="CONTAINER", help="All keys of this container.")
@click.option("--links", metavar="CONTAINER", help="All open links to read pictures of this container.")
@click.option("--all", "everything", is_flag=True, help="All keys and links of every container: after a theft.")
@click.option("--yes", is_flag=True, help="Do not ask before --all.")
@acting_option
@json_option
@prints_errors
def revoke_command(
    key_ids: tuple[str, ...],
    container: str | None,
    links: str | None,
    everything: bool,
    yes: bool,
    email: str | None,
    as_json: bool,
) -> None:
    """Revoke keys: storage refuses them from the next request on, in Azure after up to 30 seconds.

    Keys that were handed out for the same container go together, and links with the keys of their container. For its
    own use the datastore makes new ones.

    \b
    Example:
      datastore-db keys revoke 8367cc4e-1b61-42c2-a061-ca8662aeac37
      datastore-db keys revoke --container ana@example.org
      datastore-db keys revoke --links ana@example.org
      datastore-db keys revoke --all --yes
    """
    if (bool(key_ids), container is not None, links is not None, everything).count(True) != 1:
        fail("expected ids of keys, --container CONTAINER, --links CONTAINER or --all")
    if everything and not yes:
        click.confirm("This ends every key and link that people have. Go on?", abort=True)
    with acting_store(email) as store:
        revoked: Revoked | RevokedLinks
        if links is not None:
            revoked = store.revoke_links(links)
            lines = [f"revoked {counted(revoked['links'], 'link')}"]
        else:
            revoked = store.revoke_all_keys() if everything else store.revoke_keys(key_ids, container=container)
            lines = [
                f"revoked key {key['key_id']} ({key['permission']}, "
                f"{'handed out' if key['is_handed_out'] else 'of the datastore itself'})"
                for key in revoked["keys"]
            ]
    if as_json:
        print_json(revoked)
    else:
        click.echo("\n".join(lines))
    if revoked["to_do"] is not None:
        _end_with([revoked["to_do"]], as_json=False)


@keys_group.command("take-over")
@container_argument
@click.option("--all", "everything", is_flag=True, help="All containers that this database knows.")
@json_option
@prints_errors
def claim_command(container: str | None, everything: bool, as_json: bool) -> None:
    """Take over CONTAINER in storage from another database that this one takes the place of, as after a restore.

    The other database, if it is still there, makes no keys for it and sweeps nothing in it any more.

    \b
    Example:
      datastore-db keys take-over --all
    """
    if everything == (container is not None):
        fail("expected a CONTAINER or --all")
    with own_store() as store:
        claimed = store.take_over_containers(container)
    _print_renewed(claimed, as_json, "claimed")


def _print_renewed(renewed: Sequence[Renewed], as_json: bool, done_word: str = "done") -> None:
    problems = [f"{one.container_name}: {one.error}" for one in renewed if one.error is not None]
    done = [one for one in renewed if one.error is None]
    if as_json:
        print_json([asdict(one) for one in renewed])
    else:
        click.echo(f"{counted(len(done), 'container')} {done_word}")
        for one in done:
            click.echo(f"  {one.container_name}: {counted(len(one.issued), 'new key')}, {one.removed} removed")
    _end_with(problems, as_json)


def _end_with(problems: Sequence[str], as_json: bool) -> None:
    if problems:
        for problem in () if as_json else problems:
            click.echo(f"datastore-db: {problem}", err=True)
        sys.exit(NOT_ALL_DONE)


def minute(value: Json) -> str:
    """A time of the database, in UTC and to the minute."""
    from datetime import UTC, datetime

    return datetime.fromisoformat(str(value)).astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
