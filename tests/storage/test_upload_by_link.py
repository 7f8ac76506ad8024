"""An upload through a link is looked into before it is stored."""

from __future__ import annotations

import hashlib
import json
from typing import Any, cast

import psycopg
import pytest
from azure.storage.blob import ContainerClient

from datastore_db import Conflict, NotAllowed, NotFound, Store, connect
from datastore_db.aio import User
from datastore_db.storage.links import Link
from tests.storage.links import announced, let_time_pass, names, put
from tests.support.commands import run
from tests.support.pictures import picture

pytestmark = pytest.mark.usefixtures("kek")


class TestUpload:
    @pytest.mark.parametrize("is_known", [True, False])
    def test_an_upload_by_link_is_inspected_and_stored(
        self, acting: Store, ana: User, database: psycopg.Connection, container: ContainerClient, is_known: bool
    ) -> None:
        content = picture(1)
        id_ = announced(database, ana, content if is_known else None, {"seed": "Solanum nigrum"})
        with pytest.raises(Conflict, match="nothing came through a link"):
            acting.confirm_upload(id_)
        link = acting.upload_link(id_)
        assert put(link, content) == 201
        with pytest.raises(Conflict, match="have not arrived"):
            acting.read_picture(id_)
        document: Any = acting.confirm_upload(id_)
        assert document == acting.confirm_upload(id_) == acting.picture(id_)
        assert document["image_data"]["format"] == "TIFF"
        assert (document["image_data"]["width"], document["image_data"]["size"]) == (16, len(content))
        assert document["quality_check"]["image_checksum"] == hashlib.sha256(content).hexdigest()
        assert document["quality_check"]["upload_check"] is True
        assert document["seed"] == "Solanum nigrum"
        assert acting.read_picture(id_) == (content, "image/tiff")
        row = database.execute("select blob_name, size, md5, etag, state from datastore.picture").fetchone()
        assert row is not None
        blob = container.get_blob_client(row[0]).get_blob_properties()
        assert row[1:] == (len(content), hashlib.md5(content).digest(), str(blob.etag).strip('"'), "stored")
        assert blob.content_settings.content_type == "image/tiff"
        with pytest.raises(Conflict, match="is stored"):
            acting.upload_link(id_)

    def test_an_upload_by_link_works_by_commands(
        self, acting: Store, ana: User, database: psycopg.Connection, environment: dict[str, str]
    ) -> None:
        id_ = announced(database, ana)
        link = json.loads(run(environment, "link", id_, "--upload", "--user", ana["email"], "--json").out)
        assert put(cast(Link, link), picture(1)) == 201
        done = run(environment, "confirm-upload", id_, "--user", ana["email"])
        assert (done.status, done.out) == (0, f"stored picture {id_}\n"), done.err
        listed = run(environment, "links", ana["email"], "--user", ana["email"])
        assert (id_ in listed.out, "write" in listed.out) == (True, True)

    def test_a_large_picture_is_uploaded_by_link(self, acting: Store, ana: User, database: psycopg.Connection) -> None:
        content = picture(1, "BMP", size=(4000, 3000))
        id_ = announced(database, ana)
        assert put(acting.upload_link(id_), content) == 201
        acting.confirm_upload(id_)
        assert acting.read_picture(id_) == (content, "image/bmp")

    def test_a_link_to_upload_needs_access_to_the_picture(
        self, acting: Store, ana: User, database: psycopg.Connection
    ) -> None:
        bob = acting.register_user("bob@example.org")
        id_ = announced(database, ana)
        put(acting.upload_link(id_), picture(1))
        with pytest.raises(NotFound):
            acting.confirm_upload(id_, user_id=bob["user_id"])
        acting.publish()
        with pytest.raises(NotAllowed):
            acting.confirm_upload(id_, user_id=bob["user_id"])

    def test_an_upload_is_confirmed_without_the_account_key(
        self, acting: Store, ana: User, database: psycopg.Connection, database_url: str
    ) -> None:
        id_ = announced(database, ana)
        put(acting.upload_link(id_), picture(1))
        with connect(database_url) as backend:
            backend.confirm_upload(id_, user_id=ana["user_id"])
            assert backend.read_picture(id_, user_id=ana["user_id"])[0] == picture(1)

    def test_an_uploaded_blob_is_swept_confirmed_or_not(
        self, acting: Store, worker: Store, ana: User, database: psycopg.Connection, container: ContainerClient
    ) -> None:
        confirmed, forgotten, deleted = (announced(database, ana) for _ in range(3))
        links = [acting.upload_link(id_, minutes=60) for id_ in (confirmed, forgotten, deleted)]
        acting.upload_link(forgotten)  # nothing ever comes through this one
        for link in links:
            put(link, picture(1))
        acting.confirm_upload(confirmed)
        database.execute("delete from datastore.picture where picture_id = %s", [deleted])
        assert len(names(container)) == 4
        let_time_pass(database, 1)
        worker.sweep()
        assert len(names(container)) == 4, "links may still be under way"
        let_time_pass(database, 2)
        worker.sweep()
        (left,) = names(container)
        assert confirmed in left
        assert acting.read_picture(confirmed)[0] == picture(1)
        assert database.execute("select count(*) from datastore.blob_deletion").fetchone() == (0,)
