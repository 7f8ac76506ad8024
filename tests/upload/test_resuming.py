"""An upload may be killed at any moment, and two may run at once: running it again finishes the work."""

from __future__ import annotations

import json
import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import psycopg
import pytest
from azure.storage.blob import BlobServiceClient

from datastore_db import DatastoreError, Store
from datastore_db.aio import User
from tests.support.commands import PROGRAM, run
from tests.support.pictures import many_pictures, picture, write_folder
from tests.support.storage import blobs
from tests.upload.sound import sound

PICTURES = 120


KILLS = int(os.environ.get("DATASTORE_TEST_KILLS", "4"))


def test_an_upload_killed_at_any_moment_is_finished(
    ana: User,
    environment: dict[str, str],
    database: psycopg.Connection,
    storage_connection_string: str,
    tmp_path: Path,
) -> None:
    folder = many_pictures(tmp_path / "lot", PICTURES)
    command = [PROGRAM, "upload", str(folder), "--user", "ana@example.org"]
    written: dict[str, datetime] = {}
    for kill in range(KILLS):
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        before = _announced(database)
        deadline = time.monotonic() + 20
        # It is killed after it began to work: at the first announcement, and a little later each time.
        while _announced(database) == before and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(0.03 * kill)
        process.kill()
        process.wait()
        sound(database, storage_connection_string, ana)
        now = {
            name: blob.last_modified for name, blob in blobs(storage_connection_string, ana["container_name"]).items()
        }
        assert {name: now[name] for name in written} == written, "a blob was sent twice"
        written = now

    finished = run(environment, "upload", folder, "--user", "ana@example.org")
    assert finished.status == 0, finished.err
    assert sound(database, storage_connection_string, ana) == PICTURES
    now = {name: blob.last_modified for name, blob in blobs(storage_connection_string, ana["container_name"]).items()}
    assert len(now) == PICTURES
    assert {name: now[name] for name in written} == written, "a blob was sent twice"
    assert database.execute("select count(*) from datastore.picture_set").fetchone() == (1 + 3,)
    again = json.loads(run(environment, "upload", folder, "--user", "ana@example.org", "--json").out)
    assert {one["state"] for one in again["pictures"]} == {"unchanged"}


def _announced(database: psycopg.Connection) -> int:
    row = database.execute(
        "select count(*) from datastore.picture where state = 'stored' or size is not null"
    ).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("blob_is_there", [True, False])
def test_an_upload_cut_off_before_confirmation_is_finished(
    acting: Store,
    ana: User,
    database: psycopg.Connection,
    storage_connection_string: str,
    tmp_path: Path,
    blob_is_there: bool,
) -> None:
    folder = write_folder(tmp_path / "lot", {"1.tiff": picture(1)})
    acting.upload_folder(folder)
    database.execute("update datastore.picture set state = 'pending'")
    before = blobs(storage_connection_string, ana["container_name"])
    if not blob_is_there:
        with BlobServiceClient.from_connection_string(storage_connection_string) as service:
            service.get_container_client(ana["container_name"]).delete_blob(next(iter(before)))
    again = acting.upload_folder(folder)
    assert again.counts == ({"finished": 1} if blob_is_there else {"uploaded": 1})
    assert sound(database, storage_connection_string, ana) == 1
    if blob_is_there:
        after = blobs(storage_connection_string, ana["container_name"])
        assert [blob.etag for blob in after.values()] == [blob.etag for blob in before.values()]


def test_a_blob_that_is_only_half_right_is_sent_again(
    acting: Store, ana: User, database: psycopg.Connection, storage_connection_string: str, tmp_path: Path
) -> None:
    folder = write_folder(tmp_path / "lot", {"1.tiff": picture(1)})
    acting.upload_folder(folder)
    database.execute("update datastore.picture set state = 'pending'")
    with BlobServiceClient.from_connection_string(storage_connection_string) as service:
        container = service.get_container_client(ana["container_name"])
        name = next(iter(blobs(storage_connection_string, ana["container_name"])))
        container.upload_blob(name, b"something else", overwrite=True)
    assert acting.upload_folder(folder).counts == {"uploaded": 1}
    assert sound(database, storage_connection_string, ana) == 1


def test_two_uploads_at_once_store_each_picture_once(
    ana: User,
    environment: dict[str, str],
    database: psycopg.Connection,
    storage_connection_string: str,
    tmp_path: Path,
) -> None:
    folder = many_pictures(tmp_path / "lot", PICTURES)
    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(lambda _: run(environment, "upload", folder, "--user", "ana@example.org"), range(3)))
    assert [one.status for one in done] == [0, 0, 0], [one.err for one in done]
    assert sound(database, storage_connection_string, ana) == PICTURES
    assert len(blobs(storage_connection_string, ana["container_name"])) == PICTURES
    assert database.execute("select count(*) from datastore.picture").fetchone() == (PICTURES,)


def test_a_file_that_changes_while_it_is_uploaded_is_refused(
    acting: Store,
    ana: User,
    database: psycopg.Connection,
    storage_connection_string: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from datastore_db.upload import batch

    # Large enough to be read twice: once to look at it, once to send it.
    folder = write_folder(tmp_path / "lot", {"1.tiff": picture(1, size=(1500, 1000)), "2.tiff": picture(2)})
    look = batch._announce

    async def change_then_announce(*args: object, **kwargs: object) -> object:
        (folder / "1.tiff").write_bytes(picture(11, size=(1500, 1000)))
        return await look(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(batch, "_announce", change_then_announce)
    report = acting.upload_folder(folder)
    assert report.counts == {"refused": 1, "uploaded": 1}
    assert ["changed while it was uploaded" in problem.message for problem in report.problems] == [True]
    assert sound(database, storage_connection_string, ana) == 1
    monkeypatch.undo()
    assert acting.upload_folder(folder).complete
    assert sound(database, storage_connection_string, ana) == 2


def test_an_upload_that_slept_sends_nothing_more(
    acting: Store,
    ana: User,
    database: psycopg.Connection,
    storage_connection_string: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its announced pictures may be deleted and swept by then, and its blob would stay for ever."""
    from datastore_db.upload import batch

    folder = write_folder(tmp_path / "lot", {"1.tiff": picture(1)})
    announce = batch._announce

    async def announce_and_sleep(*args: object, **kwargs: object) -> object:
        answer = await announce(*args, **kwargs)  # type: ignore[arg-type]
        now = time.time
        monkeypatch.setattr(time, "time", lambda: now() + 31 * 60)
        return answer

    with monkeypatch.context() as patched:
        patched.setattr(batch, "_announce", announce_and_sleep)
        with pytest.raises(DatastoreError, match="stood still for too long"):
            acting.upload_folder(folder)
    monkeypatch.undo()
    assert blobs(storage_connection_string, ana["container_name"]) == {}
    assert acting.upload_folder(folder).counts == {"uploaded": 1}
    assert sound(database, storage_connection_string, ana) == 1
