"""datastore-db link, links, confirm-upload"""

from __future__ import annotations

import click

from datastore_db.cli.context import acting_option, acting_store, json_option, print_json, prints_errors
from datastore_db.cli.storage_container_keys import container_argument, minute


@click.command("link")
@click.argument("picture_id", metavar="PICTURE")
@click.option("--minutes", type=int, default=15, show_default=True, help="How long it is good; an hour at most.")
@click.option("--upload", is_flag=True, help="To upload the bytes of a picture that was announced.")
@click.option(
    "--with-personal-data", "personal", is_flag=True,
    help="To the original, even if it has personal data.",
)  # fmt: skip
@acting_option
@json_option
@prints_errors
def link_command(picture_id: str, minutes: int, upload: bool, personal: bool, email: str | None, as_json: bool) -> None:
    """Print a link to the picture with this id in storage. It expires, works for any holder, and is recorded.

    A file with personal data is not handed out: the link is to a copy without it.
    A file that was uploaded by a link is stored by "datastore-db confirm-upload".

    \b
    Example:
      datastore-db link f9b0ef75-6276-4ffc-a71c-975bc842063c
    """
    with acting_store(email) as store:
        if upload:
            link = store.upload_link(picture_id, minutes=minutes)
        else:
            link = store.link(picture_id, minutes=minutes, personal_data=personal)
    if as_json:
        print_json(link)
        return
    click.echo(link["url"])
    if link["headers"]:
        headers = ", ".join(f"{name}: {value}" for name, value in link["headers"].items())
        click.echo(f"send it with {link['method']} and the headers {headers}", err=True)


@click.command("confirm-upload")
@click.argument("picture_id", metavar="PICTURE")
@acting_option
@json_option
@prints_errors
def confirm_upload_command(picture_id: str, email: str | None, as_json: bool) -> None:
    """Inspect the file that was uploaded by a link, and store it as the picture with this id.

    \b
    Example:
      datastore-db confirm-upload f9b0ef75-6276-4ffc-a71c-975bc842063c
    """
    with acting_store(email) as store:
        document = store.confirm_upload(picture_id)
    if as_json:
        print_json(document)
    else:
        click.echo(f"stored picture {picture_id}")


@click.command("links")
@container_argument
@click.option("--all", "everything", is_flag=True, help="Also links that have ended.")
@acting_option
@json_option
@prints_errors
def links_command(container: str | None, everything: bool, email: str | None, as_json: bool) -> None:
    """List the open links to pictures of a container, or of all: not the links themselves.

    \b
    Example:
      datastore-db links ana@example.org
    """
    with acting_store(email) as store:
        links = store.links(container, include_past=everything)
    if as_json:
        print_json(links)
        return
    from datastore_db.cli.tables import print_table

    shown = ("picture_id", "permission", "state")
    rows = [
        [*(str(link[name]) for name in shown), minute(link["expires_at"]), str(link["issued_by"] or "")]
        for link in links
    ]
    print_table(["picture", "permission", "state", "until", "handed out by"], rows)
