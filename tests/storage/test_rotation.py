"""Keys are rotated and revoked while uploads go on."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import psycopg
import pytest
from azure.storage.blob import BlobServiceClient

from datastore_db import Store, connect
from datastore_db.aio import User
from datastore_db.json_codec import JsonObject
from datastore_db.sealing.key_ring import new_key
from tests.storage.containers import blobs_of, opened, policies, status_of, token
from tests.support.commands import run
from tests.support.pictures import picture

pytestmark = pytest.mark.usefixtures("kek")


class TestRotationWhileWorking:
    def test_sixteen_uploads_go_on_during_rotations(
        self,
        worker: Store,
        store: Store,
        database_url: str,
        ana: User,
        service: BlobServiceClient,
        database: psycopg.Connection,
        kek: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setenv("DATASTORE_KEK", f"{new_key('k2')},{kek}")
        first = token(database, ana, "write")
        stop = Event()

        def work(uploader: int, store: Store) -> int:
            done = 0
            while not stop.is_set():
                content = picture(uploader * 10_000 + done)
                (uploaded,) = store.upload_pictures([(content, None)], user_id=ana["user_id"])
                assert store.read_picture(uploaded["picture_id"], user_id=ana["user_id"])[0] == content
                done += 1
            return done

        stores = [connect(database_url) for _ in range(4)]
        rotations = 0
        with ThreadPoolExecutor(16) as pool:
            uploads = [pool.submit(work, n, stores[n % 4]) for n in range(16)]
            end = time.monotonic() + 3
            try:
                while time.monotonic() < end:
                    # No overlap at all: each rotation makes the keys that are in use bad.
                    worker.rotate_keys(overlap_hours=0)
                    worker.renew_keys()
                    worker.rotate_key_encryption_key()
                    rotations += 1
            finally:
                stop.set()
            done = [upload.result() for upload in uploads]
        for one in stores:
            one.close()
        assert rotations > 3
        assert min(done) > 0
        assert len(blobs_of(service, ana)) == sum(done)
        assert status_of(lambda: opened(service, ana, first).upload_blob("x", b"1")) == 403

    def test_uploads_go_on_with_new_keys_after_a_revocation(
        self,
        owner: Store,
        keyed: Store,
        ana: User,
        service: BlobServiceClient,
        database: psycopg.Connection,
    ) -> None:
        keyed.upload_pictures([(picture(0), None)], user_id=ana["user_id"])
        old = token(database, ana, "write")
        revoked = owner.revoke_keys(container="ana@example.org")
        assert len(revoked["keys"]) == 2
        assert revoked["in_storage"]
        assert status_of(lambda: opened(service, ana, old).upload_blob("x", b"1")) == 403
        keyed.upload_pictures([(picture(1), None)], user_id=ana["user_id"])
        assert len(policies(service, ana)) == 2

    def test_revoking_without_credentials_reports_keys_that_stay_valid(
        self,
        worker: Store,
        ana: User,
        service: BlobServiceClient,
        database: psycopg.Connection,
        environment: dict[str, str],
    ) -> None:
        old = token(database, ana, "write")
        alone = {name: value for name, value in environment.items() if name != "DATASTORE_STORAGE_CONNECTION_STRING"}
        done = run(alone, "keys", "revoke", "--container", "ana@example.org")
        assert (done.status, done.out.count("revoked key")) == (1, 2)
        assert "storage still accepts them" in done.err
        assert status_of(lambda: opened(service, ana, old).upload_blob("x", b"1")) == 200
        worker.renew_keys()
        assert status_of(lambda: opened(service, ana, old).upload_blob("x", b"1", overwrite=True)) == 403

    def test_reading_goes_on_when_the_key_is_replaced_half_way(
        self, owner: Store, store: Store, keyed: Store, ana: User, database_url: str
    ) -> None:
        import asyncio

        from datastore_db.aio import connect as connect_async

        large = picture(1, "BMP", size=(4000, 3000))  # 36 MB: more than storage gives in one answer
        (uploaded,) = store.upload_pictures([(large, None)], user_id=ana["user_id"])

        async def read() -> bytes:
            async with connect_async(database_url) as reader:
                chunks, _ = await reader.open_picture(uploaded["picture_id"], user_id=ana["user_id"])
                parts = [await anext(chunks)]
                await asyncio.to_thread(lambda: owner.revoke_keys(container="ana@example.org"))
                parts += [chunk async for chunk in chunks]
                return b"".join(parts)

        assert asyncio.run(read()) == large

    def test_the_key_encryption_key_is_rotated(
        self,
        owner: Store,
        ana: User,
        database_url: str,
        environment: dict[str, str],
        kek: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        model: JsonObject = {
            "model_name": "m",
            "task": "classification",
            "version": 1,
            "api_key": "secret",
            "endpoint": "https://x",
        }
        owner.import_pipelines({"pipelines": [], "models": [model]})
        new = new_key("k2")
        monkeypatch.setenv("DATASTORE_KEK", f"{new},{kek}")
        done = run(environment | {"DATASTORE_KEK": f"{new},{kek}"}, "keys", "rotate", "--kek")
        assert (done.status, done.out) == (0, "4 secrets sealed with k2 now\n")
        with connect(database_url, as_role="worker") as other:
            assert other.rotate_key_encryption_key().secrets == 0
        monkeypatch.setenv("DATASTORE_KEK", new)
        with connect(database_url, as_role="owner") as other:
            other.upload_pictures([(picture(1), None)], user_id=ana["user_id"])
            assert other.endpoints()[0]["api_key"] == "secret"

    def test_a_secret_replaced_during_a_rotation_is_not_overwritten(
        self, ana: User, database: psycopg.Connection, kek: str
    ) -> None:
        row = database.execute("select datastore.sealed_secrets()").fetchone()
        assert row is not None
        database.execute("update datastore.container_key set nonce = '\\x000102030405060708090a0b'")
        again = database.execute("select datastore.rewrap_secrets(%s)", [json.dumps(row[0])]).fetchone()
        assert again == (0,)

    def test_a_secret_that_does_not_open_stays(
        self, worker: Store, ana: User, database_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DATASTORE_KEK", new_key("k2"))
        with connect(database_url, as_role="worker") as store:
            report = store.rotate_key_encryption_key()
        assert (report.secrets, len(report.problems)) == (0, 2)
        assert "'k1', and there is only 'k2'" in report.problems[0]
