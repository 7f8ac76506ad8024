"""datastore-db group create, ls, add, join, remove, delete"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from datastore_db.cli.context import (
    acting_option,
    acting_store,
    json_option,
    print_json,
    prints_errors,
)
from datastore_db.store.access_levels import GROUP_LEVELS, SharingLevel, described

if TYPE_CHECKING:
    from datastore_db.store.people_groups import Group, Member, SharedWithGroup


group_argument = click.argument("group", metavar="GROUP")


@click.group("group")
def group_group() -> None:
    """Groups of users, to share containers with. GROUP is a group's name or id.

    \b
    Example:
      datastore-db group create "Seed lab" --user ana@example.org
      datastore-db group add "Seed lab" bob@example.org --role contributor --user ana@example.org
      datastore-db share "Seed lab" --user ana@example.org
    """


@group_group.command("create")
@click.argument("name")
@acting_option
@json_option
@prints_errors
def create_command(name: str, email: str | None, as_json: bool) -> None:
    """Make a group with this NAME; you are its owner.

    \b
    Example:
      datastore-db group create "Seed lab" --user ana@example.org
    """
    with acting_store(email) as store:
        made = store.create_group(name)
    _print_group(made, as_json)


@group_group.command("ls")
@acting_option
@json_option
@prints_errors
def ls_command(email: str | None, as_json: bool) -> None:
    """List your groups, their members, and the containers that are shared with them.

    \b
    Example:
      datastore-db group ls --user ana@example.org
    """
    with acting_store(email) as store:
        groups = store.groups()
    if as_json:
        print_json(groups)
        return
    from datastore_db.cli.tables import print_table

    rows = [
        [
            group["group_id"],
            group["name"],
            "you are invited: datastore-db group join"
            if group["invited"]
            else ", ".join(f"{_member(member)} ({_role(member)})" for member in group["members"]),
            ", ".join(f"{_shared(share)} ({share['role']})" for share in group["containers"]),
        ]
        for group in groups
    ]
    print_table(["group", "name", "members", "containers"], rows, ids=0)


@group_group.command("add")
@group_argument
@click.argument("member", metavar="EMAIL")
@click.option(
    "--role", type=click.Choice([*map(str, GROUP_LEVELS)]), default=SharingLevel.READER.value, show_default=True,
    help=described(GROUP_LEVELS),
)  # fmt: skip
@acting_option
@json_option
@prints_errors
def add_command(group: str, member: str, role: str, email: str | None, as_json: bool) -> None:
    """Invite the user with this EMAIL to GROUP, or change their role. They accept with `group join`.

    \b
    Example:
      datastore-db group add "Seed lab" bob@example.org --role contributor --user ana@example.org
    """
    with acting_store(email) as store:
        changed = store.set_member(store.find_group(group), member, role)
    _print_group(changed, as_json)


@group_group.command("join")
@group_argument
@acting_option
@json_option
@prints_errors
def join_command(group: str, email: str | None, as_json: bool) -> None:
    """Accept an invitation to GROUP. `datastore-db group ls` lists invitations, `group remove` declines one.

    \b
    Example:
      datastore-db group join "Seed lab" --user bob@example.org
    """
    with acting_store(email) as store:
        joined = store.join_group(store.find_group(group))
    _print_group(joined, as_json)


@group_group.command("remove")
@group_argument
@click.argument("member", metavar="EMAIL")
@acting_option
@json_option
@prints_errors
def remove_command(group: str, member: str, email: str | None, as_json: bool) -> None:
    """Remove the user with this EMAIL from GROUP; each member may leave.

    \b
    Example:
      datastore-db group remove "Seed lab" bob@example.org --user ana@example.org
    """
    with acting_store(email) as store:
        left = store.remove_member(store.find_group(group), member)
    if left is None and not as_json:
        click.echo(f"{member} left the group {group}")
    else:
        _print_group(left, as_json)


@group_group.command("delete")
@group_argument
@acting_option
@json_option
@prints_errors
def delete_command(group: str, email: str | None, as_json: bool) -> None:
    """Delete GROUP: nothing is shared with its members any more. No picture is touched.

    \b
    Example:
      datastore-db group delete "Seed lab" --user ana@example.org
    """
    with acting_store(email) as store:
        store.delete_group(store.find_group(group))
    if as_json:
        print_json(None)
    else:
        click.echo(f"the group {group} is deleted")


def _print_group(group: Group | None, as_json: bool) -> None:
    if as_json:
        print_json(group)
        return
    assert group is not None
    click.echo(f"{group['name']}  group {group['group_id']}")
    for member in group["members"]:
        click.echo(f"  {_member(member)}  {_role(member)}")


def _member(member: Member) -> str:
    """An email address, or the id where the acting user may not see it."""
    return member["email"] or member["user_id"]


def _role(member: Member) -> str:
    return member["role"] if member["accepted"] else f"{member['role']}, invited"


def _shared(share: SharedWithGroup) -> str:
    return share["email"] or share["container_id"]
