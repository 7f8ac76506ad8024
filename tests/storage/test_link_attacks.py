"""Links that are used for what they were not made for change nothing that is stored."""

from __future__ import annotations

import base64
import hashlib
import urllib.error
import urllib.request

import psycopg
import pytest
from azure.storage.blob import BlobClient, ContainerClient

from datastore_db import BrokenPicture, Conflict, NotAPicture, Store
from datastore_db.aio import User
from datastore_db.storage.links import Link
from tests.storage.links import BLOCK, PAGE, announced, let_time_pass, names, put, send
from tests.support.pictures import picture

pytestmark = pytest.mark.usefixtures("kek")


class TestAttacks:
    """Uses of a link to upload that named the picture's own blob."""

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

    def test_a_confirmed_picture_cannot_be_overwritten(
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

    def test_a_link_uploads_once(self, acting: Store, id_: str, link: Link) -> None:
        assert put(link, picture(1)) == 201
        assert put(link, picture(2)) >= 400
        acting.confirm_upload(id_)
        assert acting.read_picture(id_)[0] == picture(1)

    def test_a_file_of_another_kind_is_refused(
        self, acting: Store, id_: str, link: Link, container: ContainerClient
    ) -> None:
        assert put(link, PAGE, BLOCK | {"x-ms-blob-content-type": "text/html"}) == 201
        with pytest.raises(NotAPicture):
            acting.confirm_upload(id_)
        assert [name.endswith(".upload") for name in names(container)] == [True]

    def test_a_picture_is_served_with_the_type_of_its_format(self, acting: Store, id_: str, link: Link) -> None:
        assert put(link, picture(1), BLOCK | {"x-ms-blob-content-type": "text/html"}) == 201
        acting.confirm_upload(id_)
        assert acting.read_picture(id_)[1] == "image/tiff"
        with urllib.request.urlopen(acting.link(id_)["url"], timeout=10) as answer:
            assert answer.headers["Content-Type"] == "image/tiff"

    @pytest.mark.parametrize("other", [picture(2), picture(1, size=(20, 20)), picture(1)[:-1], b""])
    def test_other_bytes_than_announced_are_refused(
        self, acting: Store, ana: User, database: psycopg.Connection, other: bytes
    ) -> None:
        id_ = announced(database, ana, picture(1))
        link = acting.upload_link(id_)
        md5 = base64.b64encode(hashlib.md5(picture(1)).digest()).decode()
        assert put(link, other, BLOCK) == 201 or put(link, other, BLOCK | {"x-ms-blob-content-md5": md5}) == 201
        with pytest.raises((Conflict, BrokenPicture)):
            acting.confirm_upload(id_)
        assert database.execute("select state from datastore.picture").fetchone() == ("pending",)
        # Another link makes another blob; a sender of the right bytes is not held up for long.
        let_time_pass(database, 48)
        put(acting.upload_link(id_), picture(1))
        acting.confirm_upload(id_)
        assert acting.read_picture(id_)[0] == picture(1)

    def test_a_claimed_md5_of_a_list_of_blocks_is_not_believed(self, acting: Store, id_: str, link: Link) -> None:
        block = base64.b64encode(b"1").decode()
        staged = send(link["url"], PAGE, more=f"&comp=block&blockid={block}")
        listed = f"<?xml version='1.0'?><BlockList><Latest>{block}</Latest></BlockList>".encode()
        md5 = base64.b64encode(hashlib.md5(picture(1)).digest()).decode()
        committed = send(link["url"], listed, {"x-ms-blob-content-md5": md5}, more="&comp=blocklist")
        with pytest.raises((Conflict, NotAPicture)):
            acting.confirm_upload(id_)
        assert committed >= 400 or staged < 300

    def test_an_append_blob_is_refused(self, acting: Store, id_: str, link: Link) -> None:
        if send(link["url"], b"", {"x-ms-blob-type": "AppendBlob"}) == 201:
            send(link["url"], picture(1), more="&comp=appendblock")
            with pytest.raises(BrokenPicture, match="AppendBlob"):
                acting.confirm_upload(id_)
        else:
            with pytest.raises(Conflict):
                acting.confirm_upload(id_)

    def test_a_blob_in_the_archive_is_refused(
        self, acting: Store, id_: str, link: Link, container: ContainerClient
    ) -> None:
        if put(link, picture(1), BLOCK | {"x-ms-access-tier": "Archive"}) != 201:
            assert put(link, picture(1)) == 201
            container.get_blob_client(names(container)[0]).set_standard_blob_tier("Archive")
        with pytest.raises(BrokenPicture, match="archive tier"):
            acting.confirm_upload(id_)

    def test_snapshots_and_leases_do_not_stop_the_sweep(
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

    def test_an_upload_link_cannot_read_delete_or_change(self, acting: Store, id_: str, link: Link) -> None:
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
        """The right to insert a link does not delete another blob."""
        with pytest.raises(psycopg.errors.GeneratedAlways):
            database.execute("update datastore.link set blob_name = 'x'")
        row = database.execute("select link_id, blob_name from datastore.link").fetchone()
        assert row is not None
        assert row[1].endswith(f"/{id_}.{row[0]}.upload")
