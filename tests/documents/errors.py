"""Errors of a document, as its model and as the database give them."""

from __future__ import annotations

import asyncio
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from datastore_db import InvalidDocument, json_codec
from datastore_db.aio import User
from datastore_db.database.calls import Database
from datastore_db.database.calls import Document as Argument
from datastore_db.database.url import DatabaseUrl
from datastore_db.models import Document

Errors = list[tuple[str, str]]


def python_errors(model: type[Document], document: object) -> Errors:
    with pytest.raises(InvalidDocument) as refusal:
        model.read(document)
    return sorted((error["instance_path"], error["keyword"]) for error in refusal.value.errors)


def sql_errors(database: psycopg.Connection, kind: str, document: object) -> Errors:
    rows = database.execute(
        "select instance_path, keyword from datastore.document_errors(%s, %s)",
        [kind, Jsonb(document, dumps=json_codec.dumps)],
    ).fetchall()
    return sorted(rows)


def hand_on(database_url: str, document: object, user: User) -> object:
    """Give a document to SQL as the wrapper does, but without asking its model first."""

    async def call() -> object:
        database = await Database.connect(DatabaseUrl(database_url))
        try:
            return await database.call("create_picture_set", acting=UUID(user["user_id"]), document=Argument(document))
        finally:
            await database.close()

    return asyncio.run(call())
