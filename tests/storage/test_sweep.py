"""Blobs of deleted pictures are swept; what cannot be deleted stays on the list."""

from __future__ import annotations

import base64
import re
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.blob.aio import BlobClient
from click.testing import CliRunner

from datastore_db import BlobsRemain, DatastoreError, NotAllowed, Store, connect
from datastore_db.aio import User
from datastore_db.cli.main import group
from tests.support.commands import run
from tests.support.pictures import picture, write_folder
from tests.support.storage import blobs
from tests.upload.sound import container_of, sound


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


class TestBlobsThatCannotBeDeleted:
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

    def test_a_blob_is_deleted_with_its_snapshots_and_leases(
        self, worker: Store, ana: User, names: list[str], storage_connection_string: str
    ) -> None:
        container = container_of(storage_connection_string, ana)
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

    def test_an_error_is_reported_and_the_other_blobs_are_deleted(
        self,
        worker: Store,
        ana: User,
        names: list[str],
        refusing: list[str],
        database: psycopg.Connection,
        storage_connection_string: str,
    ) -> None:
        with pytest.raises(BlobsRemain, match="BlobImmutableDueToPolicy") as raised:
            worker.sweep()
        assert raised.value.deleted == 2
        assert [one["blob_name"] for one in raised.value.remaining] == names[:2]
        assert sorted(blobs(storage_connection_string, ana["container_name"])) == sorted(names[:2])
        query = "select blob_name, attempts, last_error, tried_at is not null from datastore.blob_deletion order by 1"
        for name, attempts, error, tried in database.execute(query).fetchall():
            assert (name in names[:2], attempts, tried, "BlobImmutable" in error) == (True, 1, True, True)

        assert worker.sweep() == 0, "they wait for their next turn"
        self.let_time_pass(database)
        refusing.pop()
        with pytest.raises(BlobsRemain) as raised:
            worker.sweep()
        assert (raised.value.deleted, len(raised.value.remaining)) == (1, 1)
        self.let_time_pass(database, 1)
        assert worker.sweep() == 0, "two hours after the second time"
        self.let_time_pass(database, 1)
        refusing.pop()
        assert worker.sweep() == 1

    def test_a_page_of_errors_does_not_stop_the_sweep(
        self, worker: Store, names: list[str], refusing: list[str], database: psycopg.Connection
    ) -> None:
        refusing[:] = names
        database.execute("alter function datastore.due_blob_deletions rename to all_due_blob_deletions")
        database.execute("""
            create function datastore.due_blob_deletions(
              older_than interval default '1 hour', how_many integer default 1000, except_containers jsonb default '[]',
              after bigint default 0) returns jsonb
            language sql return datastore.all_due_blob_deletions(older_than, 2, except_containers, after)""")
        with pytest.raises(BlobsRemain) as raised:
            worker.sweep()
        assert sorted(str(one["blob_name"]) for one in raised.value.remaining) == sorted(names)

    def test_the_command_lists_blobs_that_were_not_deleted(
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


def test_pending_pictures_are_deleted_on_demand(
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
