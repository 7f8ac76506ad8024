"""Blobs that are gone are put back by an upload of the same bytes."""

from __future__ import annotations

import logging
import subprocess
from pathlib import Path

import psycopg
import pytest

from datastore_db import Store, connect
from datastore_db.aio import User
from tests.support.commands import run
from tests.support.pictures import many_pictures, picture, write_folder
from tests.support.storage import blobs
from tests.upload.sound import container_of, sound


class TestLostBlobs:
    """A stored picture whose blob is gone is put back by an upload of the same bytes, under the same id."""

    @pytest.fixture
    def folder(self, acting: Store, tmp_path: Path) -> Path:
        folder = many_pictures(tmp_path / "lot", 40)
        assert acting.upload_folder(folder).counts == {"uploaded": 40}
        return folder

    def restored(self, store: Store, database: psycopg.Connection, folder: Path, count: int) -> None:
        query = "select picture_id, blob_name, state from datastore.picture order by position"
        before = database.execute(query).fetchall()
        report = store.upload_folder(folder)
        assert (report.complete, report.counts.get("restored")) == (True, count)
        assert report.counts.get("unchanged", 0) == 40 - count
        assert database.execute(query).fetchall() == before
        assert store.upload_folder(folder).counts == {"unchanged": 40}

    @pytest.mark.parametrize("lost", [1, 40])
    def test_a_deleted_blob_is_uploaded_again(
        self,
        acting: Store,
        ana: User,
        folder: Path,
        environment: dict[str, str],
        database: psycopg.Connection,
        storage_connection_string: str,
        lost: int,
    ) -> None:
        for name in list(blobs(storage_connection_string, ana["container_name"]))[:lost]:
            container_of(storage_connection_string, ana).delete_blob(name)
        if lost == 1:
            self.restored(acting, database, folder, lost)
        else:
            done = run(environment, "upload", folder, "--user", "ana@example.org")
            assert (done.status, "40 restored (blobs that were lost)" in done.out) == (0, True)
        assert sound(database, storage_connection_string, ana) == 40

    def test_a_changed_blob_is_uploaded_again(
        self, acting: Store, ana: User, folder: Path, database: psycopg.Connection, storage_connection_string: str
    ) -> None:
        one, other, *_ = blobs(storage_connection_string, ana["container_name"])
        container_of(storage_connection_string, ana).upload_blob(one, b"short", overwrite=True)
        container_of(storage_connection_string, ana).upload_blob(other, b"", overwrite=True)
        self.restored(acting, database, folder, 2)
        assert sound(database, storage_connection_string, ana) == 40

    def test_blobs_of_a_removed_container_are_uploaded_again(
        self, acting: Store, ana: User, folder: Path, database: psycopg.Connection, storage_connection_string: str
    ) -> None:
        container_of(storage_connection_string, ana).delete_container()
        self.restored(acting, database, folder, 40)
        assert sound(database, storage_connection_string, ana) == 40

    def test_blobs_swept_before_a_restore_are_uploaded_again(
        self,
        worker: Store,
        acting: Store,
        ana: User,
        folder: Path,
        database_url: str,
        empty_database: str,
        postgres_bin: Path,
        database: psycopg.Connection,
        storage_connection_string: str,
    ) -> None:
        dump = subprocess.run([postgres_bin / "pg_dump", "-Fc", database_url], capture_output=True, check=True)
        database.execute("delete from datastore.picture where position % 2 = 0")
        database.execute("update datastore.blob_deletion set queued_at = queued_at - interval '2 hours'")
        assert worker.sweep() == 20
        restore = [str(postgres_bin / "pg_restore"), "--exit-on-error", "-d", empty_database]
        subprocess.run(restore, input=dump.stdout, check=True, timeout=60)
        with (
            connect(empty_database, storage_connection_string) as store,
            connect(empty_database, storage_connection_string, as_role="worker") as its_worker,
            psycopg.connect(empty_database, autocommit=True) as its,
        ):
            its_worker.take_over_containers()
            with store.acting_as(ana["user_id"]):
                self.restored(store, its, folder, 20)
            assert sound(its, storage_connection_string, ana) == 40

    @pytest.mark.parametrize("count", [1, 20])
    def test_lost_pictures_of_a_backend_are_uploaded_again(
        self, acting: Store, ana: User, database: psycopg.Connection, storage_connection_string: str, count: int
    ) -> None:
        pictures = [(picture(n), None) for n in range(count)]
        first = acting.upload_pictures(pictures)
        lost = blobs(storage_connection_string, ana["container_name"])
        container_of(storage_connection_string, ana).delete_blobs(*lost)
        again = acting.upload_pictures([*pictures, (picture(0), None)])
        assert [one["state"] for one in again] == ["restored"] * count + ["unchanged"]
        assert [one["picture_id"] for one in again[:-1]] == [one["picture_id"] for one in first]
        assert sound(database, storage_connection_string, ana) == count
        assert {one["state"] for one in acting.upload_pictures(pictures)} == {"unchanged"}

    def test_an_unchanged_set_costs_one_request(
        self, acting: Store, folder: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.INFO, "azure"):
            assert acting.upload_folder(folder).counts == {"unchanged": 40}
        assert caplog.text.count("Request method:") == 1

    def test_pages_are_listed_as_they_are_needed(
        self,
        acting: Store,
        ana: User,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        from datastore_db.storage import blobs as storage_blobs

        monkeypatch.setattr(storage_blobs, "PAGE_SIZE", 50)
        files: dict[str, bytes | str] = {f"{n}.tiff": picture(n) for n in range(200)}
        folder = write_folder(tmp_path / "lot", files)
        acting.upload_folder(folder)
        with caplog.at_level(logging.INFO, "azure"):
            assert acting.upload_folder(folder).counts == {"unchanged": 200}
        lists, looks = (caplog.text.count(f"Request method: '{method}'") for method in ("GET", "HEAD"))
        assert lists == 3, "a page for each batch, but the last one, which is of eight pictures"
        assert 0 < looks < 150
