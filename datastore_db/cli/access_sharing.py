"""datastore-db share, unshare, containers"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from datastore_db.cli.context import acting_option, acting_store, fail, json_option, print_json, prints_errors
from datastore_db.store.access_levels import SHARE_LEVELS, SharingLevel, described

if TYPE_CHECKING:
    from datastore_db.store.access_sharing import Container, Share


@click.command("share")
@click.argument("group", metavar="GROUP", required=False)
@click.option("--public", is_flag=True, help="Publish it: every user reads it.")
@click.option(
    "--role", type=click.Choice([*map(str, SHARE_LEVELS)]), default=SharingLevel.CONTRIBUTOR.value, show_default=True,
    help=f"The members' highest level; the lesser of it and their own role counts. {described(SHARE_LEVELS)}",
)  # fmt: skip
@click.option(
    "--with-personal-data", "personal", is_flag=True,
    help="Show the pictures' personal data to all users of the container.",
)  # fmt: skip
@acting_option
@json_option
@prints_errors
def share_command(group: str | None, public: bool, role: str, personal: bool, email: str | None, as_json: bool) -> None:
    """Share your container with a GROUP that you are in, or publish it.

    You alone see the pictures' personal data; --with-personal-data shows it to all users of the container.

    \b
    Example:
      datastore-db share "Seed lab" --role reader --user ana@example.org
      datastore-db share --public --user ana@example.org
      datastore-db share --with-personal-data --user ana@example.org
    """
    if not personal or group is not None or public:
        _check_target(group, public, email)
    _check_user(email)
    with acting_store(email) as store:
        if personal:
            container = store.share_personal_data()
        if group is not None:
            container = store.share(store.find_group(group), role)
        elif public:
            container = store.publish()
    _print_container(container, as_json)


@click.command("unshare")
@click.argument("group", metavar="GROUP", required=False)
@click.option("--public", is_flag=True, help="End its publication.")
@click.option("--personal-data", "personal", is_flag=True, help="Show the pictures' personal data to you alone.")
@acting_option
@json_option
@prints_errors
def unshare_command(group: str | None, public: bool, personal: bool, email: str | None, as_json: bool) -> None:
    """End sharing your container with GROUP, or its publication.

    \b
    Example:
      datastore-db unshare "Seed lab" --user ana@example.org
      datastore-db unshare --personal-data --user ana@example.org
    """
    if not personal or group is not None or public:
        _check_target(group, public, email)
    _check_user(email)
    with acting_store(email) as store:
        if personal:
            container = store.share_personal_data(False)
        if group is not None:
            container = store.unshare(store.find_group(group))
        elif public:
            container = store.publish(False)
    _print_container(container, as_json)


@click.command("containers")
@acting_option
@json_option
@prints_errors
def containers_command(email: str | None, as_json: bool) -> None:
    """List the containers that you see: your own first, then those that other users share.

    \b
    Example:
      datastore-db containers --user ana@example.org
    """
    with acting_store(email) as store:
        containers = store.containers()
    if as_json:
        print_json(containers)
        return
    from datastore_db.cli.tables import print_table

    rows = [
        [container["container_id"], container["container_name"], container["email"] or "",
         container["permission"], _shared_with(container)]
        for container in containers
    ]  # fmt: skip
    print_table(["container", "name", "of", "you are", "shared with"], rows, ids=0)


def _check_target(group: str | None, public: bool, email: str | None) -> None:
    _check_user(email)
    if (group is None) != public:
        fail("expected a GROUP or --public")


def _check_user(email: str | None) -> None:
    if email is None:
        fail("sharing needs a user, the container's owner: --user EMAIL, or DATASTORE_USER")


def _print_container(container: Container, as_json: bool) -> None:
    if as_json:
        print_json(container)
    else:
        personal = ", and shows personal data of its pictures" if container["shows_personal_data"] else ""
        others = _shared_with(container)
        shared = f"is shared with {others}" if others else "is not shared"
        click.echo(f"{container['container_name']} {shared}{personal}")


def _shared_with(container: Container) -> str:
    groups = [f"{_named(share)} ({share['role']})" for share in container["shared_with"]]
    return ", ".join(([f"every user ({SharingLevel.READER})"] if container["is_public"] else []) + groups)


def _named(share: Share) -> str:
    return share["name"] or share["group_id"]
