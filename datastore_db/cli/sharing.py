"""datastore-db group, share, unshare, containers"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from datastore_db.cli.context import acting_option, acting_store, fail, json_option, print_json, says_errors

if TYPE_CHECKING:
    from datastore_db.store.sharing import Container, Group, Member, Share, SharedWithGroup

group_argument = click.argument("group", metavar="GROUP")


@click.group("group")
def group_group() -> None:
    """Groups of people, with whom containers are shared. GROUP is a group's name or id.

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
@says_errors
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
@says_errors
def ls_command(email: str | None, as_json: bool) -> None:
    """List your groups, who is in them, and what is shared with them.

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
    "--role", type=click.Choice(["reader", "contributor", "owner"]), default="reader", show_default=True,
    help="reader: sees what is shared with the group. contributor: changes it. owner: says who is in the group.",
)  # fmt: skip
@acting_option
@json_option
@says_errors
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
@says_errors
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
@says_errors
def remove_command(group: str, member: str, email: str | None, as_json: bool) -> None:
    """Take the user with this EMAIL out of GROUP; everybody may leave.

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
@says_errors
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


@click.command("share")
@click.argument("group", metavar="GROUP", required=False)
@click.option("--public", is_flag=True, help="With every user, to read, instead of with a group.")
@click.option(
    "--role", type=click.Choice(["reader", "contributor"]), default="contributor", show_default=True,
    help="What members may do at most. reader: see it. contributor: what their own role in the group says.",
)  # fmt: skip
@click.option(
    "--with-personal-data", "personal", is_flag=True,
    help="Show all who see the container what the files say of people and places.",
)  # fmt: skip
@acting_option
@json_option
@says_errors
def share_command(group: str | None, public: bool, role: str, personal: bool, email: str | None, as_json: bool) -> None:
    """Share your container with a GROUP that you are in, or with everybody.

    Personal data of the pictures is shown to you alone unless you say otherwise, once for all who see the container.

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
@click.option("--public", is_flag=True, help="Not with every user any more.")
@click.option("--personal-data", "personal", is_flag=True, help="Show the pictures' personal data to you alone.")
@acting_option
@json_option
@says_errors
def unshare_command(group: str | None, public: bool, personal: bool, email: str | None, as_json: bool) -> None:
    """Share your container with GROUP, or with everybody, no more.

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
@says_errors
def containers_command(email: str | None, as_json: bool) -> None:
    """List the containers that you see: your own first, then those that others share.

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
        fail("with whom? Name a GROUP, or say --public")


def _check_user(email: str | None) -> None:
    if email is None:
        fail("whose container? Say --user EMAIL, or set DATASTORE_USER")


def _print_group(group: Group | None, as_json: bool) -> None:
    if as_json:
        print_json(group)
        return
    assert group is not None
    click.echo(f"{group['name']}  group {group['group_id']}")
    for member in group["members"]:
        click.echo(f"  {_member(member)}  {_role(member)}")


def _print_container(container: Container, as_json: bool) -> None:
    if as_json:
        print_json(container)
    else:
        personal = ", and shows personal data of its pictures" if container["shows_personal_data"] else ""
        click.echo(f"{container['container_name']} is shared with {_shared_with(container) or 'nobody'}{personal}")


def _shared_with(container: Container) -> str:
    groups = [f"{_named(share)} ({share['role']})" for share in container["shared_with"]]
    return ", ".join((["everybody (reader)"] if container["is_public"] else []) + groups)


def _member(member: Member) -> str:
    """An email address, or the id where the acting user may not see it."""
    return member["email"] or member["user_id"]


def _role(member: Member) -> str:
    return member["role"] if member["accepted"] else f"{member['role']}, invited"


def _shared(share: SharedWithGroup) -> str:
    return share["email"] or share["container_id"]


def _named(share: Share) -> str:
    return share["name"] or share["group_id"]
