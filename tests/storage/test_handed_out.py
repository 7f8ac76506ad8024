"""Keys for people and links to one picture: for a time, and revoked together."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from azure.storage.blob import BlobServiceClient, ContainerClient

from datastore_db import CannotSign, Conflict, InvalidDocument, NotFound, Store
from datastore_db.aio import User
from tests.storage.containers import blobs_of, count, policies, status_at, status_of
from tests.support.commands import run
from tests.support.pictures import picture, write_folder

pytestmark = pytest.mark.usefixtures("kek")


class TestKeysForPeople:
    def test_a_key_for_a_day_reads_and_expires(
        self,
        store: Store,
        ana: User,
        service: BlobServiceClient,
        environment: dict[str, str],
        database: psycopg.Connection,
    ) -> None:
        store.upload_pictures([(picture(1), None)], user_id=ana["user_id"])
        (name,) = blobs_of(service, ana)
        done = run(environment, "keys", "issue", "ana@example.org", "--hours", "24", "--json")
        assert done.status == 0, done.err
        issued = json.loads(done.out)
        client = ContainerClient.from_container_url(issued["url"])
        assert client.download_blob(name).readall() == picture(1)
        assert status_of(lambda: client.upload_blob("x", b"1")) == 403
        (row,) = database.execute(
            "select permission, is_handed_out, ciphertext, issued_by from datastore.container_key where is_handed_out"
        ).fetchall()
        assert row == ("read", True, None, None)

        listed = run(environment, "keys", "ls", "ana@example.org").out
        assert "handed out" in listed
        assert issued["url"].partition("sig=")[2] not in listed
        assert run(environment, "keys", "revoke", issued["key_id"]).status == 0
        assert status_of(lambda: client.download_blob(name).readall()) == 403
        assert len(policies(service, ana)) == 2

    def test_keys_for_people_share_a_policy_and_end_together(
        self, owner: Store, store: Store, ana: User, service: BlobServiceClient
    ) -> None:
        one, other = (store.issue_key(ana["container_name"], user_id=ana["user_id"]) for _ in range(2))
        assert len(policies(service, ana)) == 3
        revoked = owner.revoke_keys([str(one["key_id"])])
        assert {key["key_id"] for key in revoked["keys"]} == {one["key_id"], other["key_id"]}
        for issued in (one, other):
            client = ContainerClient.from_container_url(str(issued["url"]))
            assert status_of(lambda client=client: client.upload_blob("x", b"1")) == 403  # type: ignore[misc]

    def test_a_key_to_write_writes(self, owner: Store, ana: User) -> None:
        issued = owner.issue_key(ana["container_id"], permission="write", hours=1)
        assert status_of(lambda: ContainerClient.from_container_url(str(issued["url"])).upload_blob("x", b"1")) == 200
        with pytest.raises(Conflict, match="a key to write was handed out"):
            owner.issue_key(ana["container_id"], permission="read")

    def test_a_key_has_an_end_and_needs_the_owner(self, owner: Store, store: Store, keyed: Store, ana: User) -> None:
        bob = store.register_user("bob@example.org")
        with pytest.raises(InvalidDocument, match="7 days"):
            owner.issue_key("ana@example.org", hours=200)
        with pytest.raises(NotFound, match="there is no container"):
            store.issue_key("ana@example.org", user_id=bob["user_id"])
        with pytest.raises(CannotSign):
            keyed.issue_key("ana@example.org", user_id=ana["user_id"])
        with pytest.raises(NotFound):
            owner.revoke_keys([uuid.uuid4()])
        # A failed call blocks no later one.
        assert owner.issue_key("ana@example.org")


class TestLinks:
    def test_a_link_reads_its_picture(
        self, store: Store, ana: User, database: psycopg.Connection, tmp_path: Path
    ) -> None:
        folder = write_folder(tmp_path / "lot", {'grün "1".png': picture(1, "PNG")})
        result = store.upload_folder(folder, user_id=ana["user_id"]).results[0]
        link = store.link(str(result.picture_id), user_id=ana["user_id"])
        with urllib.request.urlopen(link["url"], timeout=10) as answer:
            assert answer.read() == picture(1, "PNG")
            assert answer.headers["Content-Type"] == "image/png"
            assert answer.headers["Content-Disposition"] == (
                "inline; filename=\"gr_n _1_.png\"; filename*=UTF-8''gr%C3%BCn%20%221%22.png"
            )
        ends = datetime.fromisoformat(link["expires_at"])
        assert timedelta(minutes=14) < ends - datetime.now(UTC) < timedelta(minutes=16)
        rows = database.execute("select picture_id, permission, issued_by from datastore.link").fetchall()
        assert rows == [(result.picture_id, "read", uuid.UUID(ana["user_id"]))]

    def test_a_link_opens_one_picture_for_reading(self, owner: Store, store: Store, ana: User) -> None:
        one, other = store.upload_pictures([(picture(1), None), (picture(2), None)], user_id=ana["user_id"])
        link = owner.link(one["picture_id"], minutes=1)["url"]
        assert status_at(link) == 200
        assert status_at(link.replace(one["picture_id"], other["picture_id"])) == 403
        assert status_at(link, "PUT", b"1", {"x-ms-blob-type": "BlockBlob"}) == 403
        assert status_at(link.partition("?")[0]) >= 400

    def test_a_link_needs_access_to_the_picture(
        self, owner: Store, store: Store, keyed: Store, ana: User, database: psycopg.Connection
    ) -> None:
        (uploaded,) = store.upload_pictures([(picture(1), None)], user_id=ana["user_id"])
        bob = store.register_user("bob@example.org")
        with pytest.raises(NotFound):
            store.link(uploaded["picture_id"], user_id=bob["user_id"])
        with pytest.raises(CannotSign, match="signs a link"):
            keyed.link(uploaded["picture_id"], user_id=ana["user_id"])
        with pytest.raises(InvalidDocument, match="between 1 and 60"):
            owner.link(uploaded["picture_id"], minutes=61)
        assert count(database, "select count(*) from datastore.link") == 0

    def test_the_command_prints_a_link(self, store: Store, ana: User, environment: dict[str, str]) -> None:
        (uploaded,) = store.upload_pictures([(picture(1), None)], user_id=ana["user_id"])
        done = run(environment, "link", uploaded["picture_id"], "--user", "ana@example.org")
        assert (status_at(done.out.strip()), done.err) == (200, "")
        alone = {name: value for name, value in environment.items() if name != "DATASTORE_STORAGE_CONNECTION_STRING"}
        refused = run(alone, "link", uploaded["picture_id"])
        assert (refused.status, refused.out) == (2, "")
        assert "DATASTORE_STORAGE_CONNECTION_STRING" in refused.err
