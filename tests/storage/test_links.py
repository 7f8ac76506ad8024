"""Links: an upload through one is looked into before it is stored, and changes nothing; those to read can be ended."""

from __future__ import annotations

import base64
import hashlib
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import psycopg
import pytest
from azure.storage.blob import BlobClient, BlobServiceClient, ContainerClient

from datastore_db import BrokenPicture, Conflict, NotAllowed, NotAPicture, NotFound, Store, connect
from datastore_db.aio import User
from datastore_db.sealing.key_ring import new_key
from datastore_db.storage.links import Link
from tests.support.commands import run
from tests.support.pictures import picture

BLOCK = {"x-ms-blob-type": "BlockBlob"}
PAGE = b"<html><script>alert(1)</script></html>"


@pytest.fixture(autouse=True)
def kek(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key-encryption key for all processes of a test."""
    monkeypatch.setenv("DATASTORE_KEK", new_key("k1"))


@pytest.fixture
def container(acting: Store, ana: User, storage_connection_string: str) -> Iterator[ContainerClient]:
    """Ana's container, as an administrator of the storage sees it."""
    with BlobServiceClient.from_connection_string(storage_connection_string) as service:
        yield service.get_container_client(ana["container_name"])


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


class TestUpload:
    @pytest.mark.parametrize("is_known", [True, False])
    def test_what_came_is_looked_into_and_stored(
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

    def test_by_commands(
        self, acting: Store, ana: User, database: psycopg.Connection, environment: dict[str, str]
    ) -> None:
        id_ = announced(database, ana)
        link = json.loads(run(environment, "link", id_, "--upload", "--user", ana["email"], "--json").out)
        assert put(cast(Link, link), picture(1)) == 201
        done = run(environment, "confirm-upload", id_, "--user", ana["email"])
        assert (done.status, done.out) == (0, f"stored picture {id_}\n"), done.err
        listed = run(environment, "links", ana["email"], "--user", ana["email"])
        assert (id_ in listed.out, "write" in listed.out) == (True, True)

    def test_a_large_one(self, acting: Store, ana: User, database: psycopg.Connection) -> None:
        content = picture(1, "BMP", size=(4000, 3000))
        id_ = announced(database, ana)
        assert put(acting.upload_link(id_), content) == 201
        acting.confirm_upload(id_)
        assert acting.read_picture(id_) == (content, "image/bmp")

    def test_for_those_who_may(self, acting: Store, ana: User, database: psycopg.Connection) -> None:
        bob = acting.register_user("bob@example.org")
        id_ = announced(database, ana)
        put(acting.upload_link(id_), picture(1))
        with pytest.raises(NotFound):
            acting.confirm_upload(id_, user_id=bob["user_id"])
        acting.publish()
        with pytest.raises(NotAllowed):
            acting.confirm_upload(id_, user_id=bob["user_id"])

    def test_without_the_account_it_is_confirmed_all_the_same(
        self, acting: Store, ana: User, database: psycopg.Connection, database_url: str
    ) -> None:
        id_ = announced(database, ana)
        put(acting.upload_link(id_), picture(1))
        with connect(database_url) as backend:
            backend.confirm_upload(id_, user_id=ana["user_id"])
            assert backend.read_picture(id_, user_id=ana["user_id"])[0] == picture(1)

    def test_the_blob_that_came_is_swept_whether_or_not_it_was_confirmed(
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


class TestAttacks:
    """What a link to upload was good for when it named the picture's own blob."""

    @pytest.fixture
    def id_(self, ana: User, database: psycopg.Connection) -> str:
        return announced(database, ana)

    @pytest.fixture
    def link(self, acting: Store, id_: str) -> Link:
        return acting.upload_link(id_)

    @pytest.fixture
    def confirmed(self, acting: Store, id_: str, link: Link) -> str:
        assert put(link, picture(1)) == 201
        acting.confirm_upload(id_)
        return id_

    def test_overwriting_after_it_was_confirmed(
        self, acting: Store, confirmed: str, link: Link, container: ContainerClient
    ) -> None:
        assert put(link, picture(2)) >= 400
        for name in names(container):
            staged, _, signature = link["url"].partition("?")
            if name.endswith(".upload"):
                container.delete_blob(name)
        assert put(link, picture(2)) == 201, "where there is no blob, it makes one"
        other = next(name for name in names(container) if not name.endswith(".upload"))
        address = f"{staged.rpartition('/')[0].rpartition('/')[0]}/{other}?{signature}"
        assert send(address, picture(2), BLOCK) == 403
        assert acting.read_picture(confirmed) == (picture(1), "image/tiff")
        acting.confirm_upload(confirmed)
        assert acting.read_picture(confirmed) == (picture(1), "image/tiff")

    def test_twice_before_it_is_confirmed(self, acting: Store, id_: str, link: Link) -> None:
        assert put(link, picture(1)) == 201
        assert put(link, picture(2)) >= 400
        acting.confirm_upload(id_)
        assert acting.read_picture(id_)[0] == picture(1)

    def test_a_page(self, acting: Store, id_: str, link: Link, container: ContainerClient) -> None:
        assert put(link, PAGE, BLOCK | {"x-ms-blob-content-type": "text/html"}) == 201
        with pytest.raises(NotAPicture):
            acting.confirm_upload(id_)
        assert [name.endswith(".upload") for name in names(container)] == [True]

    def test_a_picture_that_says_it_is_a_page(self, acting: Store, id_: str, link: Link) -> None:
        assert put(link, picture(1), BLOCK | {"x-ms-blob-content-type": "text/html"}) == 201
        acting.confirm_upload(id_)
        assert acting.read_picture(id_)[1] == "image/tiff"
        with urllib.request.urlopen(acting.link(id_)["url"], timeout=10) as answer:
            assert answer.headers["Content-Type"] == "image/tiff"

    @pytest.mark.parametrize("other", [picture(2), picture(1, size=(20, 20)), picture(1)[:-1], b""])
    def test_other_bytes_than_were_announced(
        self, acting: Store, ana: User, database: psycopg.Connection, other: bytes
    ) -> None:
        id_ = announced(database, ana, picture(1))
        link = acting.upload_link(id_)
        md5 = base64.b64encode(hashlib.md5(picture(1)).digest()).decode()
        assert put(link, other, BLOCK) == 201 or put(link, other, BLOCK | {"x-ms-blob-content-md5": md5}) == 201
        with pytest.raises((Conflict, BrokenPicture)):
            acting.confirm_upload(id_)
        assert database.execute("select state from datastore.picture").fetchone() == ("pending",)
        # Another link makes another blob; who sends the right bytes is not held up for long.
        let_time_pass(database, 48)
        put(acting.upload_link(id_), picture(1))
        acting.confirm_upload(id_)
        assert acting.read_picture(id_)[0] == picture(1)

    def test_a_list_of_blocks_with_a_claimed_md5(self, acting: Store, id_: str, link: Link) -> None:
        block = base64.b64encode(b"1").decode()
        staged = send(link["url"], PAGE, more=f"&comp=block&blockid={block}")
        listed = f"<?xml version='1.0'?><BlockList><Latest>{block}</Latest></BlockList>".encode()
        md5 = base64.b64encode(hashlib.md5(picture(1)).digest()).decode()
        committed = send(link["url"], listed, {"x-ms-blob-content-md5": md5}, more="&comp=blocklist")
        with pytest.raises((Conflict, NotAPicture)):
            acting.confirm_upload(id_)
        assert committed >= 400 or staged < 300

    def test_an_append_blob(self, acting: Store, id_: str, link: Link) -> None:
        if send(link["url"], b"", {"x-ms-blob-type": "AppendBlob"}) == 201:
            send(link["url"], picture(1), more="&comp=appendblock")
            with pytest.raises(BrokenPicture, match="AppendBlob"):
                acting.confirm_upload(id_)
        else:
            with pytest.raises(Conflict):
                acting.confirm_upload(id_)

    def test_the_archive(self, acting: Store, id_: str, link: Link, container: ContainerClient) -> None:
        if put(link, picture(1), BLOCK | {"x-ms-access-tier": "Archive"}) != 201:
            assert put(link, picture(1)) == 201
            container.get_blob_client(names(container)[0]).set_standard_blob_tier("Archive")
        with pytest.raises(BrokenPicture, match="archive tier"):
            acting.confirm_upload(id_)

    def test_snapshots_and_leases(
        self,
        acting: Store,
        worker: Store,
        id_: str,
        link: Link,
        confirmed: str,
        container: ContainerClient,
        database: psycopg.Connection,
    ) -> None:
        send(link["url"], b"", more="&comp=snapshot")
        send(link["url"], b"", {"x-ms-lease-action": "acquire", "x-ms-lease-duration": "-1"}, more="&comp=lease")
        staged = next(name for name in names(container) if name.endswith(".upload"))
        # Whatever storage lets a link do, as if it had been allowed.
        client: BlobClient = container.get_blob_client(staged)
        client.create_snapshot()
        if client.get_blob_properties().lease.state != "leased":
            client.acquire_lease(-1)
        let_time_pass(database, 3)
        assert worker.sweep() == 1
        assert len(list(container.list_blobs(include=["snapshots"]))) == 1
        assert acting.read_picture(confirmed)[0] == picture(1)

    def test_reading_deleting_and_changing(self, acting: Store, id_: str, link: Link) -> None:
        assert put(link, picture(1)) == 201
        assert send(link["url"], b"", method="DELETE") == 403
        assert send(link["url"], b"", {"x-ms-meta-a": "b"}, more="&comp=metadata") == 403
        assert send(link["url"], b"", {"x-ms-blob-content-type": "text/html"}, more="&comp=properties") == 403
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(link["url"], timeout=10)

    def test_a_link_that_ended_makes_nothing(
        self, acting: Store, database: psycopg.Connection, id_: str, container: ContainerClient
    ) -> None:
        """An entry of the outbox is due an hour after the link ended, so nothing comes after the sweep."""
        acting.upload_link(id_, minutes=60)
        row = database.execute(
            "select bool_and(queue.writable_until = link.expires_at), max(link.expires_at) - now() < interval '1 hour'"
            " from datastore.link join datastore.blob_deletion as queue using (blob_name)"
        ).fetchone()
        assert row == (True, True)
        due = "select jsonb_array_length(datastore.due_blob_deletions())"
        let_time_pass(database, 1)
        assert database.execute(due).fetchone() == (0,)
        let_time_pass(database, 1)
        assert database.execute(due).fetchone() == (1,)

    def test_names_are_of_the_rows_ids(self, database: psycopg.Connection, id_: str, link: Link) -> None:
        """Whoever may insert a link cannot have another blob deleted."""
        with pytest.raises(psycopg.errors.GeneratedAlways):
            database.execute("update datastore.link set blob_name = 'x'")
        row = database.execute("select link_id, blob_name from datastore.link").fetchone()
        assert row is not None
        assert row[1].endswith(f"/{id_}.{row[0]}.upload")


class TestEnding:
    @pytest.fixture
    def id_(self, acting: Store) -> str:
        return acting.upload_pictures([(picture(1), None)])[0]["picture_id"]

    @pytest.fixture
    def bobs(self, acting: Store, id_: str) -> Link:
        """A link to Ana's picture that Bob handed out, who sees it in a group."""
        bob = acting.register_user("bob@example.org")
        lab = acting.create_group("lab")
        acting.set_member(lab["group_id"], "bob@example.org", "reader")
        acting.join_group(lab["group_id"], user_id=bob["user_id"])
        acting.share(lab["group_id"])
        link = acting.link(id_, minutes=60, user_id=bob["user_id"])
        assert _status(link["url"]) == 200
        self.lab_id = lab["group_id"]
        return link

    def test_an_hour_at_most(self, acting: Store, id_: str) -> None:
        link = acting.link(id_, minutes=60)
        ends = datetime.fromisoformat(link["expires_at"])
        assert timedelta(minutes=59) < ends - datetime.now(UTC) <= timedelta(minutes=60)
        assert "sp=" not in link["url"].partition("?")[2], "the policy says what it may do"
        assert "si=read-" in link["url"]

    def test_with_unshare(self, acting: Store, bobs: Link, id_: str) -> None:
        own = acting.link(id_)
        assert acting.unshare(self.lab_id)["ended_links"] == 2
        assert (_status(bobs["url"]), _status(own["url"])) == (403, 403)
        assert _status(acting.link(id_)["url"]) == 200
        assert acting.read_picture(id_)[0] == picture(1)

    def test_with_unpublish(self, acting: Store, id_: str) -> None:
        carl = acting.register_user("carl@example.org")
        acting.publish()
        link = acting.link(id_, user_id=carl["user_id"])
        assert _status(link["url"]) == 200
        assert acting.publish(False)["ended_links"] == 1
        assert _status(link["url"]) == 403

    def test_links_of_the_owner_alone_stay(self, acting: Store, id_: str, database: psycopg.Connection) -> None:
        link = acting.link(id_)
        acting.publish()
        assert acting.publish(False)["ended_links"] == 0
        assert _status(link["url"]) == 200

    def test_by_command(self, acting: Store, bobs: Link, environment: dict[str, str]) -> None:
        assert "open" in run(environment, "links", "ana@example.org").out
        done = run(environment, "keys", "revoke", "--links", "ana@example.org")
        assert (done.status, done.out) == (0, "revoked 1 link\n"), done.err
        assert _status(bobs["url"]) == 403
        assert "open" not in run(environment, "links", "ana@example.org").out
        assert "revoked" in run(environment, "links", "ana@example.org", "--all").out
        assert run(environment, "keys", "revoke", "--links", "ana@example.org").out == "revoked 0 links\n"

    def test_with_the_keys_of_the_container(self, acting: Store, bobs: Link) -> None:
        acting.revoke_keys(container="ana@example.org")
        assert _status(bobs["url"]) == 403
        (listed,) = acting.links(include_past=True)
        assert (listed["state"], listed["is_revocable"], listed["permission"]) == ("revoked", True, "read")

    def test_not_with_a_rotation(self, acting: Store, worker: Store, bobs: Link, database: psycopg.Connection) -> None:
        worker.rotate_keys("ana@example.org")
        assert _status(bobs["url"]) == 200

    def test_where_storage_cannot_be_told(
        self, acting: Store, worker: Store, bobs: Link, database_url: str, ana: User, caplog: pytest.LogCaptureFixture
    ) -> None:
        with connect(database_url) as backend:
            assert backend.unshare(self.lab_id, user_id=ana["user_id"])["ended_links"] == 1
        assert "datastore-db keys renew does it" in caplog.text
        assert _status(bobs["url"]) == 200
        worker.renew_keys()
        assert _status(bobs["url"]) == 403

    def test_who_may(self, acting: Store, bobs: Link) -> None:
        bob = acting.find_user("bob@example.org")
        assert len(acting.links(user_id=bob["user_id"])) == 1
        assert acting.revoke_links("ana@example.org", user_id=bob["user_id"])["links"] == 0
        assert _status(bobs["url"]) == 200

    def test_without_keys_it_ends_by_itself(
        self, acting: Store, id_: str, database: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        database.execute("update datastore.container_key set revoked_at = now()")
        link = acting.link(id_)
        assert (_status(link["url"]), "si=" in link["url"]) == (200, False)
        assert acting.links()[0]["is_revocable"] is False


def _status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
