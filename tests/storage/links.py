"""Uploads through links, and what tests of them look at."""

from __future__ import annotations

import base64
import hashlib
import json
import urllib.error
import urllib.request
from typing import Any

import psycopg
from azure.storage.blob import ContainerClient

from datastore_db.aio import User
from datastore_db.storage.links import Link

BLOCK = {"x-ms-blob-type": "BlockBlob"}


PAGE = b"<html><script>alert(1)</script></html>"


def announced(
    database: psycopg.Connection, user: User, content: bytes | None = None, document: dict[str, Any] | None = None
) -> str:
    """A picture that was announced: with what its file has, or without."""
    inspection = None
    if content is not None:
        inspection = {
            "size": len(content),
            "md5": base64.b64encode(hashlib.md5(content).digest()).decode(),
            "metadata": {"file_name": "1.tiff"},
            "image_data": {"format": "TIFF"},
            "quality_check": {"image_checksum": hashlib.sha256(content).hexdigest()},
        }
    row = database.execute(
        "select datastore.announce_pictures(%s, %s, %s) -> 0 ->> 'picture_id'",
        [
            user["picture_set_id"],
            json.dumps([document or {}]),
            None if inspection is None else json.dumps([inspection]),
        ],
    ).fetchone()
    assert row is not None
    return str(row[0])


def send(
    url: str, content: bytes, headers: dict[str, str] | None = None, *, method: str = "PUT", more: str = ""
) -> int:
    """Which HTTP status storage answers."""
    request = urllib.request.Request(url + more, content, headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def put(link: Link, content: bytes, headers: dict[str, str] | None = None) -> int:
    return send(link["url"], content, link["headers"] if headers is None else headers)


def names(container: ContainerClient) -> list[str]:
    return sorted(blob.name for blob in container.list_blobs())


def let_time_pass(database: psycopg.Connection, hours: int) -> None:
    """As if links had been handed out, and pictures deleted, so many hours ago."""
    database.execute(
        "update datastore.blob_deletion set queued_at = queued_at - make_interval(hours => %s),"
        " writable_until = writable_until - make_interval(hours => %s)",
        [hours, hours],
    )
    database.execute(
        "update datastore.link set starts_at = starts_at - make_interval(hours => %s),"
        " expires_at = expires_at - make_interval(hours => %s)",
        [hours, hours],
    )
