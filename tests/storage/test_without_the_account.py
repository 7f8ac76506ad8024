"""A process with keys of containers and without the storage account's key."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import psycopg
import pytest
from azure.storage.blob import BlobServiceClient

from datastore_db import CannotSign, Store, connect
from datastore_db.aio import User
from tests.storage.containers import blobs_of, opened, policies, status_of, token
from tests.support.commands import run
from tests.support.pictures import picture, write_folder

pytestmark = pytest.mark.usefixtures("kek")


class TestWithoutTheAccount:
    def test_pictures_are_uploaded_and_downloaded(self, ana: User, environment: dict[str, str], tmp_path: Path) -> None:
        """A command with DATASTORE_DB_URL and DATASTORE_KEK alone."""
        alone = {name: value for name, value in environment.items() if name != "DATASTORE_STORAGE_CONNECTION_STRING"}
        folder = write_folder(tmp_path / "lot", {f"{n}.tiff": picture(n) for n in range(5)})
        done = run(alone, "upload", folder, "--user", "ana@example.org", "--json")
        assert done.status == 0, done.err
        (picture_set,) = json.loads(done.out)["picture_sets"]
        fetched = run(alone, "download", picture_set["picture_set_id"], tmp_path / "copy")
        assert fetched.status == 0, fetched.err
        assert (tmp_path / "copy" / "3.tiff").read_bytes() == picture(3)

    def test_large_pictures_go_up_in_blocks(self, keyed: Store, ana: User) -> None:
        large = picture(1, size=(3000, 2000))
        (uploaded,) = keyed.upload_pictures([(large, None)], user_id=ana["user_id"])
        assert keyed.read_picture(uploaded["picture_id"], user_id=ana["user_id"])[0] == large

    def test_the_account_key_is_not_used_where_a_key_is(
        self, store: Store, ana: User, service: BlobServiceClient, database: psycopg.Connection
    ) -> None:
        client = service.get_container_client(ana["container_name"])
        client.set_container_access_policy({})
        # Another process is at work on the container, so this one has to wait with its repair: it needs the policies.
        database.execute(
            "insert into datastore.container_renewal (container_id, renewal_id, ends_at)"
            " select container_id, gen_random_uuid(), now() + interval '1 second' from datastore.container"
        )
        start = time.monotonic()
        store.upload_pictures([(picture(1), None)], user_id=ana["user_id"])
        assert time.monotonic() - start > 0.5
        assert len(policies(service, ana)) == 2

    @pytest.mark.parametrize("what", ["sweep", "renew_keys", "rotate_keys", "take_over_containers"])
    def test_calls_that_need_the_account_key_are_refused(self, database_url: str, what: str) -> None:
        with (
            connect(database_url, as_role="worker") as keyed,
            pytest.raises(CannotSign, match=r"storage account's credentials\. Set DATASTORE_STORAGE"),
        ):
            getattr(keyed, what)()

    def test_keys_have_only_their_permissions(
        self, store: Store, ana: User, service: BlobServiceClient, database: psycopg.Connection
    ) -> None:
        store.upload_pictures([(picture(1), None)], user_id=ana["user_id"])
        (name,) = blobs_of(service, ana)
        reader, writer = (opened(service, ana, token(database, ana, permission)) for permission in ("read", "write"))
        assert status_of(lambda: reader.download_blob(name).readall()) == 200
        assert status_of(lambda: reader.upload_blob("new", b"1")) == 403
        assert status_of(lambda: writer.upload_blob(name, b"1", overwrite=True)) == 200
        for client in (reader, writer):
            assert status_of(lambda client=client: client.delete_blob(name)) == 403  # type: ignore[misc]
        assert status_of(lambda: list(reader.list_blobs())) == 403
        assert status_of(lambda: list(writer.list_blobs())) == 200

    def test_no_key_is_in_the_database_in_clear(
        self, ana: User, database_url: str, database: psycopg.Connection, postgres_bin: Path
    ) -> None:
        secret = token(database, ana, "write")
        signature = secret.partition("sig=")[2].partition("&")[0]
        assert len(signature) > 40
        dump = subprocess.run([postgres_bin / "pg_dump", database_url], capture_output=True, check=True, timeout=60)
        assert b"container_key" in dump.stdout
        assert signature.encode() not in dump.stdout
