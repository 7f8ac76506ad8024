"""An upload may be killed at any moment, and two may run at once: running it again finishes the work."""

from __future__ import annotations

import base64
import json
import logging
import os
import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobServiceClient, ContainerClient
from azure.storage.blob.aio import BlobClient
from click.testing import CliRunner

from datastore_db import BlobsRemain, DatastoreError, NotAllowed, Store, connect
from datastore_db.aio import User
from datastore_db.cli.main import group
from tests.support.commands import PROGRAM, run
from tests.support.pictures import many_pictures, picture, write_folder
from tests.support.storage import blobs

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
    def test_deleted_by_hand(
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
            _container(storage_connection_string, ana).delete_blob(name)
        if lost == 1:
            self.restored(acting, database, folder, lost)
        else:
            done = run(environment, "upload", folder, "--user", "ana@example.org")
            assert (done.status, "40 restored (blobs that were lost)" in done.out) == (0, True)
        assert sound(database, storage_connection_string, ana) == 40

    def test_other_bytes_lie_there(
        self, acting: Store, ana: User, folder: Path, database: psycopg.Connection, storage_connection_string: str
    ) -> None:
        one, other, *_ = blobs(storage_connection_string, ana["container_name"])
        _container(storage_connection_string, ana).upload_blob(one, b"short", overwrite=True)
        _container(storage_connection_string, ana).upload_blob(other, b"", overwrite=True)
        self.restored(acting, database, folder, 2)
        assert sound(database, storage_connection_string, ana) == 40

    def test_the_container_was_removed(
        self, acting: Store, ana: User, folder: Path, database: psycopg.Connection, storage_connection_string: str
    ) -> None:
        _container(storage_connection_string, ana).delete_container()
        self.restored(acting, database, folder, 40)
        assert sound(database, storage_connection_string, ana) == 40

    def test_a_dump_was_restored_after_a_sweep(
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
            its_worker.claim_containers()
            with store.acting_as(ana["user_id"]):
                self.restored(store, its, folder, 20)
            assert sound(its, storage_connection_string, ana) == 40

    @pytest.mark.parametrize("count", [1, 20])
    def test_pictures_of_a_backend(
        self, acting: Store, ana: User, database: psycopg.Connection, storage_connection_string: str, count: int
    ) -> None:
        pictures = [(picture(n), None) for n in range(count)]
        first = acting.upload_pictures(pictures)
        lost = blobs(storage_connection_string, ana["container_name"])
        _container(storage_connection_string, ana).delete_blobs(*lost)
        again = acting.upload_pictures([*pictures, (picture(0), None)])
        assert [one["state"] for one in again] == ["restored"] * count + ["unchanged"]
        assert [one["picture_id"] for one in again[:-1]] == [one["picture_id"] for one in first]
        assert sound(database, storage_connection_string, ana) == count
        assert {one["state"] for one in acting.upload_pictures(pictures)} == {"unchanged"}

    def test_costs_one_request_for_a_set_that_is_unchanged(
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


def _container(connection_string: str, user: User) -> ContainerClient:
    service = BlobServiceClient.from_connection_string(connection_string)
    return service.get_container_client(user["container_name"])


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


def test_an_upload_that_slept_sends_nothing_more(
    acting: Store,
    ana: User,
    database: psycopg.Connection,
    storage_connection_string: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What it had announced may be given up and swept by then, and its blob would stay for ever."""
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


def test_blobs_of_deleted_pictures_are_swept(
    acting: Store,
    worker: Store,
    ana: User,
    database: psycopg.Connection,
    storage_connection_string: str,
    tmp_path: Path,
) -> None:
    acting.upload_folder(write_folder(tmp_path / "lot", {"1.tiff": picture(1), "2.tiff": picture(2)}))
    database.execute("delete from datastore.picture where relative_path = '1.tiff'")
    assert worker.sweep() == 0, "an upload that was overtaken may still be under way"
    database.execute("update datastore.blob_deletion set queued_at = queued_at - interval '2 hours'")
    assert worker.sweep() == 1
    assert len(blobs(storage_connection_string, ana["container_name"])) == 1
    assert worker.sweep() == 0


class TestWhatCannotBeDeleted:
    """One blob does not stop the sweep for all."""

    @pytest.fixture
    def names(
        self, acting: Store, ana: User, database: psycopg.Connection, storage_connection_string: str, tmp_path: Path
    ) -> list[str]:
        """Four blobs whose pictures are gone, in the order of the outbox."""
        acting.upload_folder(write_folder(tmp_path / "lot", {f"{n}.tiff": picture(n) for n in range(4)}))
        for n in range(4):
            database.execute("delete from datastore.picture where relative_path = %s", [f"{n}.tiff"])
        self.let_time_pass(database)
        rows = database.execute("select blob_name from datastore.blob_deletion order by blob_deletion_id").fetchall()
        return [str(name) for (name,) in rows]

    def let_time_pass(self, database: psycopg.Connection, hours: int = 2) -> None:
        database.execute(
            "update datastore.blob_deletion set queued_at = queued_at - make_interval(hours => %s),"
            " tried_at = tried_at - make_interval(hours => %s)",
            [hours, hours],
        )

    def test_snapshots_and_leases_go_with_it(
        self, worker: Store, ana: User, names: list[str], storage_connection_string: str
    ) -> None:
        container = _container(storage_connection_string, ana)
        container.get_blob_client(names[0]).create_snapshot()
        container.get_blob_client(names[1]).acquire_lease(-1)
        container.get_blob_client(names[2]).create_snapshot()
        container.get_blob_client(names[2]).acquire_lease(60)
        assert worker.sweep() == 4
        assert list(container.list_blobs(include=["snapshots"])) == []

    @pytest.fixture
    def refusing(self, monkeypatch: pytest.MonkeyPatch, names: list[str]) -> list[str]:
        """Names of blobs under a legal hold, as storage has it: Azurite knows none."""
        held = names[:2]
        delete = BlobClient.delete_blob

        async def refuse(self: BlobClient, **options: object) -> None:
            if self.blob_name in held:
                error = HttpResponseError("This operation is not permitted as the blob is immutable")
                error.error_code = "BlobImmutableDueToPolicy"  # type: ignore[attr-defined]
                raise error
            await delete(self, **options)  # type: ignore[arg-type]

        monkeypatch.setattr(BlobClient, "delete_blob", refuse)
        return held

    def test_an_error_is_kept_and_told_and_the_rest_goes_on(
        self,
        worker: Store,
        ana: User,
        names: list[str],
        refusing: list[str],
        database: psycopg.Connection,
        storage_connection_string: str,
    ) -> None:
        with pytest.raises(BlobsRemain, match="BlobImmutableDueToPolicy") as told:
            worker.sweep()
        assert told.value.deleted == 2
        assert [one["blob_name"] for one in told.value.remaining] == names[:2]
        assert sorted(blobs(storage_connection_string, ana["container_name"])) == sorted(names[:2])
        query = "select blob_name, attempts, last_error, tried_at is not null from datastore.blob_deletion order by 1"
        for name, attempts, error, tried in database.execute(query).fetchall():
            assert (name in names[:2], attempts, tried, "BlobImmutable" in error) == (True, 1, True, True)

        assert worker.sweep() == 0, "they wait for their next turn"
        self.let_time_pass(database)
        refusing.pop()
        with pytest.raises(BlobsRemain) as told:
            worker.sweep()
        assert (told.value.deleted, len(told.value.remaining)) == (1, 1)
        self.let_time_pass(database, 1)
        assert worker.sweep() == 0, "two hours after the second time"
        self.let_time_pass(database, 1)
        refusing.pop()
        assert worker.sweep() == 1

    def test_more_of_them_than_a_page_do_not_go_round_for_ever(
        self, worker: Store, names: list[str], refusing: list[str], database: psycopg.Connection
    ) -> None:
        refusing[:] = names
        database.execute("alter function datastore.due_blob_deletions rename to all_due_blob_deletions")
        database.execute("""
            create function datastore.due_blob_deletions(
              older_than interval default '1 hour', how_many integer default 1000, except_containers jsonb default '[]',
              after bigint default 0) returns jsonb
            language sql return datastore.all_due_blob_deletions(older_than, 2, except_containers, after)""")
        with pytest.raises(BlobsRemain) as told:
            worker.sweep()
        assert sorted(str(one["blob_name"]) for one in told.value.remaining) == sorted(names)

    def test_the_command_lists_them(
        self, names: list[str], refusing: list[str], environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("DATASTORE_DB_URL", "DATASTORE_STORAGE_CONNECTION_STRING"):
            monkeypatch.setenv(name, environment[name])
        done = CliRunner().invoke(group, ["sweep"])
        assert (done.exit_code, done.stdout) == (1, "deleted 2 blobs\n")
        assert done.stderr.count("BlobImmutableDueToPolicy") == 2

    def test_storage_that_does_not_answer_is_no_error_of_a_blob(
        self, database_url: str, names: list[str], database: psycopg.Connection, storage_connection_string: str
    ) -> None:
        wrong = re.sub(r"(AccountKey)=[^;]*", f"\\1={base64.b64encode(b'x' * 64).decode()}", storage_connection_string)
        with (
            connect(database_url, wrong, as_role="worker") as worker,
            pytest.raises(DatastoreError, match="refuses the account key"),
        ):
            worker.sweep()
        assert database.execute("select max(attempts) from datastore.blob_deletion").fetchone() == (0,)


def test_blobs_of_a_container_in_another_storage_account_are_left_alone(
    acting: Store, worker: Store, ana: User, database: psycopg.Connection, storage_connection_string: str
) -> None:
    acting.upload_pictures([(picture(1), None)])
    database.execute("delete from datastore.picture")
    database.execute("update datastore.blob_deletion set queued_at = queued_at - interval '2 hours'")
    database.execute("update datastore.container set endpoint = 'https://other.blob.core.windows.net'")
    with pytest.raises(BlobsRemain, match="is in the storage https://other"):
        worker.sweep()
    assert database.execute("select count(*) from datastore.blob_deletion").fetchone() == (1,)
    assert len(blobs(storage_connection_string, ana["container_name"])) == 1


def test_pictures_that_never_arrive_are_given_up_on_demand(
    acting: Store,
    worker: Store,
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
    with pytest.raises(NotAllowed):
        acting.delete_pending_pictures(timedelta(days=30))
    assert run(environment, "sweep", "--pending-older-than", "0").status == 2
    done = run(environment, "sweep", "--pending-older-than", "30")
    assert (done.status, done.out) == (0, "gave up 1 picture\ndeleted 0 blobs\n")
    left = database.execute("select relative_path from datastore.picture order by 1").fetchall()
    assert left == [("0.tiff",), ("1.tiff",), ("2.tiff",)]
    # Its blob is in the outbox, and the same upload goes on with what is left.
    database.execute("update datastore.blob_deletion set queued_at = queued_at - interval '2 hours'")
    assert worker.sweep() == 1
    assert acting.upload_folder(folder).counts == {"unchanged": 1, "finished": 2, "uploaded": 1}
    assert sound(database, storage_connection_string, ana) == 4
