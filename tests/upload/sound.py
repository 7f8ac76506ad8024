"""Whether rows and blobs agree."""

from __future__ import annotations

import psycopg
from azure.storage.blob import BlobServiceClient, ContainerClient

from datastore_db.aio import User
from tests.support.storage import blobs


def sound(database: psycopg.Connection, storage: str, user: User) -> int:
    """A stored picture has its blob, and a blob has its row; answers how many pictures are stored."""
    rows = database.execute("select blob_name, state, size, md5 from datastore.picture").fetchall()
    found = blobs(storage, user["container_name"])
    assert found.keys() <= {name for name, *_ in rows}
    stored = {name: (size, md5) for name, state, size, md5 in rows if state == "stored"}
    for name, (size, md5) in stored.items():
        assert (found[name].size, bytes(found[name].content_settings.content_md5 or b"")) == (size, md5)
    return len(stored)


def container_of(connection_string: str, user: User) -> ContainerClient:
    service = BlobServiceClient.from_connection_string(connection_string)
    return service.get_container_client(user["container_name"])
