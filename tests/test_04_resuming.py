"""An upload may be killed at any moment, and two may run at once: running it again finishes the work."""

from __future__ import annotations

import json
import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from datastore_db import Store
from datastore_db.aio import User
from tests.commands import PROGRAM, run
from tests.pictures import many_pictures, picture, write_folder
from tests.storage import blobs

PICTURES = 120
KILLS = int(os.environ.get("DATASTORE_TEST_KILLS", "6"))


def sound(database: psycopg.Connection, storage: str, user: User) -> int:
    """A stored picture has its blob, and a blob has its row; answers how many pictures are stored."""
    rows = database.execute("select blob_name, state, size, md5 from datastore.picture").fetchall()
    found = blobs(storage, user["container_name"])
    assert found.keys() <= {name for name, *_ in rows}
    stored = {name: (size, md5) for name, state, size, md5 in rows if state == "stored"}
    for name, (size, md5) in stored.items():
        assert (found[name].size, bytes(found[name].content_settings.content_md5 or b"")) == (size, md5)
    return len(stored)


def test_killed_at_any_moment(
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
def test_cut_off_between_announcement_and_confirmation(
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
        from azure.storage.blob import BlobServiceClient

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
    from azure.storage.blob import BlobServiceClient

    with BlobServiceClient.from_connection_string(storage_connection_string) as service:
        container = service.get_container_client(ana["container_name"])
        name = next(iter(blobs(storage_connection_string, ana["container_name"])))
        container.upload_blob(name, b"something else", overwrite=True)
    assert acting.upload_folder(folder).counts == {"uploaded": 1}
    assert sound(database, storage_connection_string, ana) == 1


def test_two_at_once(
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


def test_blobs_of_deleted_pictures_are_swept(
    acting: Store, ana: User, database: psycopg.Connection, storage_connection_string: str, tmp_path: Path
) -> None:
    acting.upload_folder(write_folder(tmp_path / "lot", {"1.tiff": picture(1), "2.tiff": picture(2)}))
    database.execute("delete from datastore.picture where relative_path = '1.tiff'")
    assert acting.sweep() == 0, "an upload that was overtaken may still be under way"
    database.execute("update datastore.blob_deletion set queued_at = queued_at - interval '2 hours'")
    assert acting.sweep() == 1
    assert len(blobs(storage_connection_string, ana["container_name"])) == 1
    assert acting.sweep() == 0


def test_pictures_that_never_arrive_are_given_up_on_demand(
    acting: Store,
    ana: User,
    environment: dict[str, str],
    database: psycopg.Connection,
    storage_connection_string: str,
    tmp_path: Path,
) -> None:
    folder = write_folder(tmp_path / "lot", {f"{n}.tiff": picture(n) for n in range(4)})
    acting.upload_folder(folder)
    database.execute("update datastore.picture set state = 'pending' where relative_path <> '0.tiff'")
    database.execute(
        "update datastore.picture set created_at = now() - interval '40 days' where relative_path <> '1.tiff'"
    )
    database.execute(
        'select datastore.import_inference(picture_id, \'{"boxes": [], "totalBoxes": 0}\')'
        " from datastore.picture where relative_path = '2.tiff'"
    )
    bob = acting.register_user("bob@example.org")
    assert acting.delete_pending_pictures(timedelta(days=30), user_id=bob["user_id"]) == 0
    assert run(environment, "sweep", "--pending-older-than", "0").status == 2
    done = run(environment, "sweep", "--pending-older-than", "30")
    assert (done.status, done.out) == (0, "gave up 1 picture\ndeleted 0 blobs\n")
    left = database.execute("select relative_path from datastore.picture order by 1").fetchall()
    assert left == [("0.tiff",), ("1.tiff",), ("2.tiff",)]
    # Its blob is in the outbox, and the same upload goes on with what is left.
    database.execute("update datastore.blob_deletion set queued_at = queued_at - interval '2 hours'")
    assert acting.sweep() == 1
    assert acting.upload_folder(folder).counts == {"unchanged": 1, "finished": 2, "uploaded": 1}
    assert sound(database, storage_connection_string, ana) == 4
