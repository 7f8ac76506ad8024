"""Which database may touch the containers: a copy touches nothing until it takes them over."""

from __future__ import annotations

import subprocess
from pathlib import Path

import psycopg
import pytest
from azure.storage.blob import BlobServiceClient

from datastore_db import Conflict, Store, connect
from datastore_db.aio import User
from tests.storage.containers import NEAR_ITS_END, blobs_of, count, policies
from tests.support.commands import run
from tests.support.pictures import picture

pytestmark = pytest.mark.usefixtures("kek")


class TestInstance:
    @pytest.fixture
    def copy(self, ana: User, database_url: str, empty_database: str, postgres_bin: Path) -> str:
        """The database, restored beside the original."""
        dump = subprocess.run([postgres_bin / "pg_dump", "-Fc", database_url], capture_output=True, check=True)
        restore = [str(postgres_bin / "pg_restore"), "--exit-on-error", "-d", empty_database]
        subprocess.run(restore, input=dump.stdout, check=True, timeout=60)
        return empty_database

    def test_a_copied_database_changes_nothing_until_it_takes_over(
        self,
        worker: Store,
        owner: Store,
        store: Store,
        ana: User,
        copy: str,
        storage_connection_string: str,
        service: BlobServiceClient,
        database: psycopg.Connection,
    ) -> None:
        (uploaded,) = store.upload_pictures([(picture(1), None)], user_id=ana["user_id"])
        before = policies(service, ana).keys()
        with (
            connect(copy, storage_connection_string, as_role="owner") as restored,
            psycopg.connect(copy, autocommit=True) as its,
        ):
            assert restored.instance() != worker.instance()
            its.execute(NEAR_ITS_END)
            its.execute(
                "insert into datastore.blob_deletion (container_id, blob_name, queued_at)"
                " values (%s, %s, now() - interval '1 day')",
                [ana["container_id"], blobs_of(service, ana)[0]],
            )
            for refused in (restored.renew_keys(), restored.renew_keys("ana@example.org"), restored.rotate_keys()):
                assert "belongs to another database" in str(refused[0].error)
                assert "datastore-db keys take-over" in str(refused[0].error)
            with pytest.raises(Conflict, match="belongs to another database"):
                restored.sweep()
            with pytest.raises(Conflict, match="belongs to another database"):
                restored.revoke_keys(container="ana@example.org")
            assert policies(service, ana).keys() == before
            assert owner.read_picture(uploaded["picture_id"])[0] == picture(1)

            assert restored.take_over_containers()[0].error is None
            assert count(its, "select count(*) from datastore.container where taken_over_at is not null") == 1
            assert restored.sweep() == 1
            restored.upload_pictures([(picture(2), None)], user_id=ana["user_id"])
        assert "belongs to another database" in str(worker.renew_keys("ana@example.org")[0].error)

    def test_blobs_of_other_containers_are_swept_all_the_same(
        self, ana: User, copy: str, storage_connection_string: str, service: BlobServiceClient
    ) -> None:
        with (
            connect(copy, storage_connection_string, as_role="owner") as restored,
            psycopg.connect(copy, autocommit=True) as its,
        ):
            bob = restored.register_user("bob@example.org")
            for user in (ana, bob):
                service.get_container_client(user["container_name"]).upload_blob("b", b"1")
                its.execute(
                    "insert into datastore.blob_deletion (container_id, blob_name, queued_at)"
                    " values (%s, 'b', now() - interval '1 day')",
                    [user["container_id"]],
                )
            with pytest.raises(Conflict, match="deleted 1 blobs"):
                restored.sweep()
        assert (blobs_of(service, ana), blobs_of(service, bob)) == (["b"], [])

    def test_a_copied_database_becomes_another_instance_by_command(
        self, ana: User, environment: dict[str, str]
    ) -> None:
        was = run(environment, "instance").out.strip()
        now = run(environment, "instance", "--new").out.strip()
        assert was != now
        assert run(environment, "instance").out.strip() == now
        refused = run(environment, "keys", "renew", "ana@example.org")
        assert (refused.status, "keys take-over" in refused.err) == (1, True)
        assert run(environment, "keys", "take-over", "--all").status == 0
        assert run(environment, "keys", "renew", "ana@example.org").status == 0


def test_revoking_all_keys_names_the_containers_that_storage_did_not_follow(
    worker: Store, ana: User, environment: dict[str, str]
) -> None:
    worker.new_instance()
    revoked = worker.revoke_all_keys()
    assert not revoked["in_storage"]
    assert str(ana["container_name"]) in str(revoked["to_do"])
