"""Rebuilding a picture set, against the same documents stored whole."""

from __future__ import annotations

import base64
import hashlib
import json

import psycopg
from psycopg.types.json import Jsonb

from benchmarks.figures import Figure, Scale, alternately
from datastore_db.inspection import Inspection, inspect
from datastore_db.json_codec import dumps
from datastore_db.local import LocalStack
from tests.support.pictures import EXAMPLE

PICTURES = 1000


def measure(stack: LocalStack, scale: Scale) -> list[Figure]:
    """The set of 1,000 pictures with real tags, and the documents that the rebuild gives in a table of one column."""
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        pictures = scale.size(PICTURES, 10)
        set_id = fill(connection, pictures)
        connection.execute("create table public.whole (document jsonb)")
        documents = "jsonb_array_elements(datastore.rebuild_picture_set(%s)::jsonb -> 'pictures')"
        connection.execute(f"insert into public.whole select {documents}", [set_id])
        connection.execute("create table public.one (documents jsonb)")
        connection.execute("insert into public.one select datastore.rebuild_picture_set(%s)", [set_id])
        connection.execute("vacuum analyze")
        # As text, so that neither is parsed by the client.
        rebuild = "select datastore.rebuild_picture_set(%s)::text"
        whole = "select document::text from public.whole"
        one = "select documents::text from public.one"

        def run(query: str, *arguments: object) -> None:
            connection.execute(query, arguments or None).fetchall()

        rebuilt, selected, selected_one = alternately(
            scale.rounds(21), lambda: run(rebuild, set_id), lambda: run(whole), lambda: run(one)
        )
        connection.execute("drop table public.whole, public.one")
    what = f"rebuild_picture_set of {pictures:,} pictures"
    detail = f"{rebuilt * 1000:.1f} ms, {selected * 1000:.1f} ms"
    return [
        Figure(what, "the documents, whole, a row each", rebuilt / selected, 2, detail),
        Figure(
            what,
            "the documents, whole, in one jsonb",
            rebuilt / selected_one,
            None,
            f"{rebuilt * 1000:.1f} ms, {selected_one * 1000:.1f} ms",
        ),
    ]


def example_inspection() -> Inspection:
    """The tags of a real TIFF."""
    path = EXAMPLE / "pictures" / "session1" / "1.tiff"
    with path.open("rb") as file:
        return inspect(file, path.name)


def fill(connection: psycopg.Connection, pictures: int) -> str:
    """Store the pictures; answers the id of their set."""
    found = example_inspection()
    documents = [
        {
            "user_data": {"description": f"picture {n}", "number_of_seeds": n % 9, "zoom": 30},
            "seed": "Ambrosia artemisiifolia",
            "client_data": {"client_email": "ana@example.org", "client_expertise": "seed analyst"},
        }
        for n in range(pictures)
    ]
    inspections = [
        {
            "size": found.size,
            "md5": base64.b64encode(found.md5).decode(),
            "metadata": {"file_name": f"{n}.tiff", "relative_path": f"s/{n}.tiff"},
            "image_data": found.image_data,
            "quality_check": {**found.quality_check, "image_checksum": hashlib.sha256(str(n).encode()).hexdigest()},
        }
        for n in range(pictures)
    ]
    row = connection.execute("select datastore.register_user('bench@example.org') ->> 'picture_set_id'").fetchone()
    assert row is not None
    announce = "select datastore.announce_pictures(%s, %s, %s)"
    given = [Jsonb(value, dumps=dumps) for value in (documents, inspections)]
    answer = connection.execute(announce, [row[0], *given]).fetchone()
    assert answer is not None
    confirmations = json.dumps([{"picture_id": picture["picture_id"]} for picture in answer[0]])
    connection.execute("select datastore.confirm_pictures(%s)", [confirmations])
    return str(row[0])
