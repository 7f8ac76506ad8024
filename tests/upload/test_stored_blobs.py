"""Each read compares the blob with the stored picture; uploads of one picture at once agree on one blob."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from azure.storage.blob import BlobClient, BlobServiceClient, ContentSettings

from datastore_db import PictureChanged, Store
from datastore_db.aio import User
from datastore_db.aio import connect as connect_async
from tests.support.pictures import many_pictures, picture
from tests.support.storage import blobs


@pytest.fixture
def stored(acting: Store) -> str:
    """A stored picture's id."""
    return acting.upload_pictures([(picture(1), None)])[0]["picture_id"]


@pytest.fixture
def blob(stored: str, ana: User, storage_connection_string: str) -> BlobClient:
    """Its blob, as an administrator of the storage sees it."""
    (name,) = blobs(storage_connection_string, ana["container_name"])
    return BlobServiceClient.from_connection_string(storage_connection_string).get_blob_client(
        ana["container_name"], name
    )


def put_others(blob: BlobClient) -> None:
    blob.upload_blob(picture(2), overwrite=True)


def put_a_page(blob: BlobClient) -> None:
    blob.upload_blob(b"<script>", overwrite=True, content_settings=ContentSettings(content_type="text/html"))


def claim_the_md5(blob: BlobClient) -> None:
    """Other bytes of the same size, in blocks, whose MD5 storage does not look at."""
    was = blob.get_blob_properties()
    blob.stage_block("1", b"x" * was.size)
    blob.commit_block_list(["1"], content_settings=was.content_settings)  # type: ignore[list-item]
    assert blob.get_blob_properties().content_settings.content_md5 == was.content_settings.content_md5


ATTACKS = [put_others, put_a_page, claim_the_md5]


class TestReading:
    @pytest.mark.parametrize("attack", ATTACKS)
    def test_a_blob_that_was_changed_is_refused_and_can_be_put_back(
        self, acting: Store, stored: str, blob: BlobClient, tmp_path: Path, attack: Callable[[BlobClient], None]
    ) -> None:
        attack(blob)
        with pytest.raises(PictureChanged, match="differs from the picture that was stored"):
            acting.read_picture(stored)
        report = acting.download(stored, tmp_path / "copy")
        assert [problem.message for problem in report.problems] != []
        assert [one["state"] for one in acting.upload_pictures([(picture(1), None)])] == ["restored"]
        assert acting.read_picture(stored) == (picture(1), "image/tiff")

    @pytest.mark.parametrize("attack", ATTACKS[:2])
    def test_size_and_md5_are_checked_without_an_etag(
        self,
        acting: Store,
        stored: str,
        blob: BlobClient,
        database: psycopg.Connection,
        attack: Callable[[BlobClient], None],
    ) -> None:
        database.execute("update datastore.picture set etag = null")
        assert acting.read_picture(stored)[0] == picture(1)
        attack(blob)
        with pytest.raises(PictureChanged):
            acting.read_picture(stored)

    def test_the_etag_is_learned_by_the_next_upload(
        self, acting: Store, stored: str, blob: BlobClient, database: psycopg.Connection
    ) -> None:
        database.execute("update datastore.picture set etag = null")
        assert [one["state"] for one in acting.upload_pictures([(picture(1), None)])] == ["unchanged"]
        row = database.execute("select etag from datastore.picture").fetchone()
        assert row == (str(blob.get_blob_properties().etag).strip('"'),)

    def test_the_media_type_is_that_of_the_format(
        self, acting: Store, stored: str, database: psycopg.Connection
    ) -> None:
        database.execute('update datastore.picture set image_data = image_data || \'{"format": "PNG"}\'')
        assert acting.read_picture(stored)[1] == "image/png"
        database.execute("update datastore.picture set image_data = image_data - 'format'")
        assert acting.read_picture(stored)[1] == "application/octet-stream"

    def test_a_blob_that_changes_while_it_is_read_is_refused(
        self, acting: Store, ana: User, database_url: str, storage_connection_string: str
    ) -> None:
        large = picture(1, "BMP", size=(4000, 3000))  # 36 MB: more than storage gives in one answer
        (uploaded,) = acting.upload_pictures([(large, None)])
        (name,) = blobs(storage_connection_string, ana["container_name"])
        service = BlobServiceClient.from_connection_string(storage_connection_string)

        async def read() -> None:
            async with connect_async(database_url, storage_connection_string) as store:
                chunks, _ = await store.open_picture(uploaded["picture_id"], user_id=ana["user_id"])
                await anext(chunks)
                put_others(service.get_blob_client(ana["container_name"], name))
                async for _ in chunks:
                    pass

        with pytest.raises(PictureChanged):
            asyncio.run(read())


def test_uploads_of_the_same_pictures_at_once_agree(
    acting: Store, ana: User, database: psycopg.Connection, storage_connection_string: str, tmp_path: Path
) -> None:
    folder = many_pictures(tmp_path / "lot", 60)
    rows: dict[str, str] = {}
    for _ in range(2):
        with ThreadPoolExecutor(4) as pool:
            reports = list(pool.map(lambda _: acting.upload_folder(folder, user_id=ana["user_id"]), range(4)))
        assert all(report.complete for report in reports)
        rows = dict(database.execute("select blob_name, etag from datastore.picture where state = 'stored'").fetchall())
        there = blobs(storage_connection_string, ana["container_name"])
        assert rows == {name: str(blob.etag).strip('"') for name, blob in there.items()}
        # Once more, with all of them lost.
        client = BlobServiceClient.from_connection_string(storage_connection_string)
        client.get_container_client(ana["container_name"]).delete_blobs(*there)
    assert len(rows) == 60


def test_a_read_costs_one_request(acting: Store, stored: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "azure"):
        acting.read_picture(stored)
    assert caplog.text.count("Request method:") == 1
