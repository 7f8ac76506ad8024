"""Containers and their keys: made, sealed, renewed, rotated, taken back; links; and which database may touch them."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import subprocess
import time
import traceback
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event
from urllib.parse import parse_qs, unquote

import psycopg
import pytest
from azure.core.credentials import AzureSasCredential
from azure.core.exceptions import AzureError, HttpResponseError
from azure.storage.blob import AccessPolicy, BlobServiceClient, ContainerClient
from click.testing import CliRunner

from datastore_db import CannotSign, Conflict, DatastoreError, InvalidDocument, NotFound, NotReady, Store, connect
from datastore_db.aio import User
from datastore_db.aio import connect as connect_async
from datastore_db.cli.main import group
from datastore_db.json_codec import JsonObject
from datastore_db.sealing import CannotUnseal, NoKey, Sealed, find_keys, unseal
from datastore_db.sealing.key_ring import new_key
from datastore_db.sealing.sealed import SecretText
from datastore_db.storage.account import Account
from datastore_db.storage.blobs import Connections
from datastore_db.storage.errors import KeyRefused
from datastore_db.storage.renewal import purpose
from tests.support.pictures import picture, write_folder
from tests.support.proxy import Proxy

NEAR_ITS_END = (
    "update datastore.container_key set starts_at = now() - interval '25 days', expires_at = now() + interval '5 days'"
)


@pytest.fixture(autouse=True)
def kek(monkeypatch: pytest.MonkeyPatch) -> str:
    """A key-encryption key for all processes of a test."""
    key = new_key("k1")
    monkeypatch.setenv("DATASTORE_KEK", key)
    return key


@pytest.fixture
def service(storage_connection_string: str) -> Iterator[BlobServiceClient]:
    """The storage as an administrator sees it."""
    with BlobServiceClient.from_connection_string(storage_connection_string) as service:
        yield service


@pytest.fixture
def keyed(database_url: str) -> Iterator[Store]:
    """A process that has the key-encryption key, and no credentials of the storage account."""
    with connect(database_url) as store:
        yield store


def token(database: psycopg.Connection, user: User, permission: str, *, place: int = 0) -> str:
    """A key in clear: the newest of a container, or one before it."""
    row = database.execute(
        "select endpoint, key_id, kek_id, nonce, ciphertext from datastore.container_key"
        " join datastore.container using (container_id)"
        " where container_id = %s and permission = %s and not is_handed_out order by issued_at desc offset %s limit 1",
        [user["container_id"], permission, place],
    ).fetchone()
    assert row is not None
    endpoint, key_id, *sealed = row
    return str(unseal(Sealed(*sealed), purpose(user["container_id"], str(key_id), endpoint), find_keys(None)))


def opened(service: BlobServiceClient, user: User, key: str) -> ContainerClient:
    """A container, opened with a key alone."""
    return ContainerClient(service.url, user["container_name"], AzureSasCredential(key))


def status_of(action: Callable[[], object]) -> int:
    """Which HTTP status storage answers."""
    try:
        action()
    except HttpResponseError as error:
        return error.status_code or 0
    return 200


def policies(service: BlobServiceClient, user: User) -> dict[str, AccessPolicy]:
    found = service.get_container_client(user["container_name"]).get_container_access_policy()
    return {policy.id: policy.access_policy for policy in found["signed_identifiers"]}


@dataclass(frozen=True)
class Done:
    """What a command left."""

    status: int
    out: str
    err: str


def run(environment: dict[str, str], *arguments: str | Path) -> Done:
    """Run a command in this process: a new one for each takes a second."""
    left_out: dict[str, str | None] = {name: None for name in os.environ if name.startswith("DATASTORE_")}
    result = CliRunner().invoke(group, [str(argument) for argument in arguments], env=left_out | environment)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return Done(result.exit_code, result.stdout, result.stderr)


def count(database: psycopg.Connection, query: str) -> int:
    row = database.execute(query).fetchone()
    assert row is not None
    return int(row[0])


class TestContainers:
    def test_made_with_the_user_and_two_keys(
        self, ana: User, service: BlobServiceClient, database: psycopg.Connection
    ) -> None:
        found = policies(service, ana)
        assert {name.split("-")[0]: policy.permission for name, policy in found.items()} == {
            "read": "r",
            "write": "rwl",
        }
        signed = parse_qs(token(database, ana, "read"))
        policy = next(policy for policy in found.values() if policy.permission != "r")
        for times in ((policy.start, policy.expiry), (signed["st"][0], signed["se"][0])):
            starts, ends = (datetime.fromisoformat(str(moment)) for moment in times)
            assert starts < datetime.now(UTC) - timedelta(minutes=10)
            assert timedelta(days=29) < ends - datetime.now(UTC) < timedelta(days=31)
        rows = database.execute("select policy_name from datastore.container_key").fetchall()
        assert {name for (name,) in rows} == found.keys()
        endpoint = database.execute("select endpoint from datastore.container").fetchone()
        assert endpoint == (service.url.rstrip("/"),)

    def test_again_changes_nothing(self, store: Store, ana: User, service: BlobServiceClient) -> None:
        before = policies(service, ana)
        assert store.register_user("ana@example.org") == ana
        assert policies(service, ana).keys() == before.keys()

    def test_pending_until_somebody_can_make_it(
        self, worker: Store, keyed: Store, service: BlobServiceClient, database: psycopg.Connection
    ) -> None:
        bob = keyed.register_user("bob@example.org", "dev")
        assert bob["container_name"].startswith("dev-")
        with pytest.raises(NotReady, match=r"is not made in storage yet: run datastore-db keys renew dev-"):
            keyed.upload_pictures([(picture(1), None)], user_id=bob["user_id"])
        (done,) = worker.renew_keys()
        assert (done.container_name, done.error) == (bob["container_name"], None)
        assert sorted(done.issued) == ["read", "write"]
        (uploaded,) = keyed.upload_pictures([(picture(1), None)], user_id=bob["user_id"])
        assert keyed.read_picture(uploaded["picture_id"], user_id=bob["user_id"]) == (picture(1), "image/tiff")

    def test_made_again_if_somebody_removed_it(
        self, store: Store, keyed: Store, ana: User, service: BlobServiceClient
    ) -> None:
        service.delete_container(ana["container_name"])
        with pytest.raises((NotReady, KeyRefused), match=r"run datastore-db keys renew user-"):
            keyed.upload_pictures([(picture(1), None)], user_id=ana["user_id"])
        (uploaded,) = store.upload_pictures([(picture(2), None)], user_id=ana["user_id"])
        assert keyed.read_picture(uploaded["picture_id"], user_id=ana["user_id"])[0] == picture(2)
        assert len(policies(service, ana)) == 2

    def test_made_again_by_the_command(
        self, keyed: Store, ana: User, service: BlobServiceClient, environment: dict[str, str]
    ) -> None:
        service.delete_container(ana["container_name"])
        done = run(environment, "keys", "renew", "ana@example.org")
        assert (done.status, done.out.splitlines()[0]) == (0, "1 container done"), done.err
        assert keyed.upload_pictures([(picture(1), None)], user_id=ana["user_id"])

    def test_adopted_if_it_exists_without_a_row(
        self, worker: Store, store: Store, keyed: Store, service: BlobServiceClient
    ) -> None:
        bob = keyed.register_user("bob@example.org")
        service.create_container(bob["container_name"], metadata={"mine": "yes"}).upload_blob("old", b"1")
        assert store.register_user("bob@example.org") == bob
        client = service.get_container_client(bob["container_name"])
        metadata = client.get_container_properties().metadata
        assert metadata == {"mine": "yes", "datastore_instance": worker.instance()}
        assert [blob.name for blob in client.list_blobs()] == ["old"]

    def test_not_adopted_if_it_belongs_to_another_database(
        self, worker: Store, store: Store, keyed: Store, service: BlobServiceClient
    ) -> None:
        bob = keyed.register_user("bob@example.org")
        client = service.create_container(bob["container_name"], metadata={"datastore_instance": str(uuid.uuid4())})
        with pytest.raises(Conflict, match="belongs to another database"):
            store.register_user("bob@example.org")
        assert client.get_container_access_policy()["signed_identifiers"] == []
        assert worker.claim_containers("bob@example.org")[0].error is None
        assert keyed.upload_pictures([(picture(1), None)], user_id=bob["user_id"])

    def test_ten_register_at_once(
        self, database_url: str, storage_connection_string: str, database: psycopg.Connection
    ) -> None:
        def register(_: int) -> User:
            with connect(database_url, storage_connection_string) as store:
                return store.register_user("ana@example.org")

        with ThreadPoolExecutor(10) as pool:
            users = list(pool.map(register, range(10)))
        assert all(user == users[0] for user in users)
        assert count(database, "select count(*) from datastore.container_key") == 2

    def test_without_a_key_to_seal_with_the_account_does_it(
        self, owner: Store, monkeypatch: pytest.MonkeyPatch, store: Store, database: psycopg.Connection
    ) -> None:
        monkeypatch.delenv("DATASTORE_KEK")
        ana = store.register_user("ana@example.org")
        (uploaded,) = store.upload_pictures([(picture(1), None)], user_id=ana["user_id"])
        assert owner.read_picture(uploaded["picture_id"])[0] == picture(1)
        assert count(database, "select count(*) from datastore.container_key") == 0

    def test_in_another_storage_account(
        self, worker: Store, ana: User, database: psycopg.Connection, service: BlobServiceClient
    ) -> None:
        database.execute("update datastore.container set endpoint = 'https://other.blob.core.windows.net'")
        (refused,) = worker.renew_keys("ana@example.org")
        assert "is in the storage https://other.blob.core.windows.net" in str(refused.error)
        assert worker.claim_containers("ana@example.org")[0].error is None
        assert worker.renew_keys("ana@example.org")[0].error is None


class TestWithoutTheAccount:
    def test_uploads_and_downloads(self, ana: User, environment: dict[str, str], tmp_path: Path) -> None:
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

    @pytest.mark.parametrize("what", ["sweep", "renew_keys", "rotate_keys", "claim_containers"])
    def test_what_only_the_account_can_do(self, database_url: str, what: str) -> None:
        with (
            connect(database_url, as_role="worker") as keyed,
            pytest.raises(CannotSign, match=r"storage account's credentials\. Set DATASTORE_STORAGE"),
        ):
            getattr(keyed, what)()

    def test_keys_may_do_no_more_than_they_must(
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


def blobs_of(service: BlobServiceClient, user: User) -> list[str]:
    return [blob.name for blob in service.get_container_client(user["container_name"]).list_blobs()]


class TestRenewal:
    def test_ten_at_once_and_one_does_it(
        self, ana: User, database_url: str, storage_connection_string: str, database: psycopg.Connection
    ) -> None:
        database.execute(NEAR_ITS_END)
        with ThreadPoolExecutor(10) as pool:
            open_one = partial(connect, database_url, storage_connection_string, as_role="worker")
            stores = list(pool.map(lambda _: open_one(), range(10)))
            done = list(pool.map(lambda store: store.renew_keys(), stores))
            list(pool.map(Store.close, stores))
        assert sorted(len(one) for one in done) == [0] * 9 + [1]
        assert count(database, "select count(*) from datastore.container_key") == 4

    def test_nobody_has_to_ask(
        self, ana: User, database_url: str, storage_connection_string: str, database: psycopg.Connection
    ) -> None:
        database.execute(NEAR_ITS_END)
        with connect(database_url, storage_connection_string) as store:
            store.upload_pictures([(picture(1), None)], user_id=ana["user_id"])
        with connect(database_url, as_role="worker") as store:
            listed = store.keys("ana@example.org")
        states = {key["state"] for key in listed}
        assert states == {"current", "retiring"}
        assert (
            count(
                database, "select count(*) from datastore.container_key where retires_at < now() + interval '2 hours'"
            )
            == 2
        )

    def test_while_a_third_of_its_life_is_left_nothing_happens(self, worker: Store, ana: User) -> None:
        assert worker.renew_keys() == []

    def test_a_process_that_died_holds_nothing_up_for_ever(
        self, worker: Store, ana: User, database: psycopg.Connection
    ) -> None:
        database.execute(NEAR_ITS_END)
        database.execute(
            "insert into datastore.container_renewal (container_id, renewal_id, ends_at)"
            " select container_id, gen_random_uuid(), now() + interval '1 minute' from datastore.container"
        )
        assert worker.renew_keys() == []
        database.execute("update datastore.container_renewal set ends_at = now()")
        assert len(worker.renew_keys()) == 1

    def test_one_that_is_named_waits_for_its_turn(self, worker: Store, ana: User, database: psycopg.Connection) -> None:
        database.execute(
            "insert into datastore.container_renewal (container_id, renewal_id, ends_at)"
            " select container_id, gen_random_uuid(), now() + interval '0.5 seconds' from datastore.container"
        )
        (done,) = worker.rotate_keys("ana@example.org")
        assert (done.error, sorted(done.issued)) == (None, ["read", "write"])

    def test_one_that_took_too_long_writes_nothing(self, ana: User, database: psycopg.Connection) -> None:
        row = database.execute("select datastore.begin_renewals(only_due => false)").fetchone()
        assert row is not None
        (work,) = row[0]
        database.execute("update datastore.container_renewal set ends_at = now()")
        again = database.execute("select datastore.begin_renewals(only_due => false)").fetchone()
        assert again is not None
        assert len(again[0]) == 1
        with pytest.raises(psycopg.Error, match="another process took over"):
            database.execute(
                "select datastore.finish_renewal(%s, %s, 'https://somewhere')",
                [work["container_id"], work["renewal_id"]],
            )

    def test_old_keys_end_when_their_time_is_over(
        self, worker: Store, store: Store, ana: User, service: BlobServiceClient, database: psycopg.Connection
    ) -> None:
        old = token(database, ana, "read")
        worker.rotate_keys()
        assert len(policies(service, ana)) == 4
        store.upload_pictures([(picture(1), None)], user_id=ana["user_id"])
        (name,) = blobs_of(service, ana)
        assert status_of(lambda: opened(service, ana, old).download_blob(name).readall()) == 200
        database.execute("update datastore.container_key set retires_at = now() where retires_at is not null")
        worker.renew_keys()
        assert status_of(lambda: opened(service, ana, old).download_blob(name).readall()) == 403
        assert len(policies(service, ana)) == 2
        assert (
            count(
                database,
                "select count(*) from datastore.container_key where removed_at is not null and ciphertext is null",
            )
            == 2
        )

    def test_never_more_than_five_policies(
        self, worker: Store, owner: Store, ana: User, service: BlobServiceClient
    ) -> None:
        owner.issue_key("ana@example.org")
        for _ in range(3):
            worker.rotate_keys()
            assert len(policies(service, ana)) == 5

    def test_a_key_that_storage_does_not_know_yet_is_waited_for(
        self, keyed: Store, ana: User, service: BlobServiceClient, database: psycopg.Connection
    ) -> None:
        """As Azure is for up to 30 seconds after a policy was set."""
        known = policies(service, ana)
        client = service.get_container_client(ana["container_name"])
        client.set_container_access_policy({})
        database.execute("update datastore.container_key set settled_at = now() + interval '1 second'")
        with ThreadPoolExecutor(1) as pool:
            upload = pool.submit(lambda: keyed.upload_pictures([(picture(1), None)], user_id=ana["user_id"]))
            client.set_container_access_policy(dict(known))
            assert upload.result()

    def test_the_old_key_is_taken_until_the_new_one_is_known(
        self, worker: Store, keyed: Store, ana: User, database: psycopg.Connection
    ) -> None:
        def taken() -> str:
            row = database.execute(
                "select datastore.find_container_key(%s) -> 'key' ->> 'key_id'", [ana["container_id"]]
            ).fetchone()
            assert row is not None
            return str(row[0])

        old = taken()
        worker.rotate_keys()
        assert taken() != old
        database.execute(
            "update datastore.container_key set settled_at = now() + interval '9 seconds' where retires_at is null"
        )
        assert taken() == old

    def test_one_container_that_fails_does_not_stop_the_others(
        self, worker: Store, store: Store, ana: User, database: psycopg.Connection
    ) -> None:
        bob = store.register_user("bob@example.org")
        database.execute(NEAR_ITS_END)
        database.execute(
            "update datastore.container set endpoint = 'https://elsewhere/x' where user_id = %s", [bob["user_id"]]
        )
        done = {one.container_name: one.error is None for one in worker.renew_keys()}
        assert done == {ana["container_name"]: True, bob["container_name"]: False}


class TestRotationWhileWorking:
    def test_sixteen_uploaders_and_no_failure(
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

    def test_revocation_while_uploading(
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

    def test_revoked_where_storage_cannot_be_told(
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

    def test_of_the_key_encryption_key(
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

    def test_a_secret_that_was_replaced_meanwhile_is_not_written_over(
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


class TestKeysForPeople:
    def test_one_for_a_day(
        self,
        store: Store,
        ana: User,
        service: BlobServiceClient,
        environment: dict[str, str],
        database: psycopg.Connection,
    ) -> None:
        store.upload_pictures([(picture(1), None)], user_id=ana["user_id"])
        (name,) = blobs_of(service, ana)
        done = run(environment, "keys", "issue", "ana@example.org", "--hours", "24", "--json")
        assert done.status == 0, done.err
        issued = json.loads(done.out)
        client = ContainerClient.from_container_url(issued["url"])
        assert client.download_blob(name).readall() == picture(1)
        assert status_of(lambda: client.upload_blob("x", b"1")) == 403
        (row,) = database.execute(
            "select permission, is_handed_out, ciphertext, issued_by from datastore.container_key where is_handed_out"
        ).fetchall()
        assert row == ("read", True, None, None)

        listed = run(environment, "keys", "ls", "ana@example.org").out
        assert "handed out" in listed
        assert issued["url"].partition("sig=")[2] not in listed
        assert run(environment, "keys", "revoke", issued["key_id"]).status == 0
        assert status_of(lambda: client.download_blob(name).readall()) == 403
        assert len(policies(service, ana)) == 2

    def test_several_share_a_policy_and_end_together(
        self, owner: Store, store: Store, ana: User, service: BlobServiceClient
    ) -> None:
        one, other = (store.issue_key(ana["container_name"], user_id=ana["user_id"]) for _ in range(2))
        assert len(policies(service, ana)) == 3
        revoked = owner.revoke_keys([str(one["key_id"])])
        assert {key["key_id"] for key in revoked["keys"]} == {one["key_id"], other["key_id"]}
        for issued in (one, other):
            client = ContainerClient.from_container_url(str(issued["url"]))
            assert status_of(lambda client=client: client.upload_blob("x", b"1")) == 403  # type: ignore[misc]

    def test_to_write(self, owner: Store, ana: User) -> None:
        issued = owner.issue_key(ana["container_id"], permission="write", hours=1)
        assert status_of(lambda: ContainerClient.from_container_url(str(issued["url"])).upload_blob("x", b"1")) == 200
        with pytest.raises(Conflict, match="a key to write was handed out"):
            owner.issue_key(ana["container_id"], permission="read")

    def test_not_for_ever_and_not_for_everyone(self, owner: Store, store: Store, keyed: Store, ana: User) -> None:
        bob = store.register_user("bob@example.org")
        with pytest.raises(InvalidDocument, match="7 days"):
            owner.issue_key("ana@example.org", hours=200)
        with pytest.raises(NotFound, match="there is no container"):
            store.issue_key("ana@example.org", user_id=bob["user_id"])
        with pytest.raises(CannotSign):
            keyed.issue_key("ana@example.org", user_id=ana["user_id"])
        with pytest.raises(NotFound):
            owner.revoke_keys([uuid.uuid4()])
        # What failed holds nobody up.
        assert owner.issue_key("ana@example.org")


class TestLinks:
    def test_to_read(self, store: Store, ana: User, database: psycopg.Connection, tmp_path: Path) -> None:
        folder = write_folder(tmp_path / "lot", {'grün "1".png': picture(1, "PNG")})
        result = store.upload_folder(folder, user_id=ana["user_id"]).results[0]
        link = store.link(str(result.picture_id), user_id=ana["user_id"])
        with urllib.request.urlopen(link["url"], timeout=10) as answer:
            assert answer.read() == picture(1, "PNG")
            assert answer.headers["Content-Type"] == "image/png"
            assert answer.headers["Content-Disposition"] == (
                "inline; filename=\"gr_n _1_.png\"; filename*=UTF-8''gr%C3%BCn%20%221%22.png"
            )
        ends = datetime.fromisoformat(link["expires_at"])
        assert timedelta(minutes=14) < ends - datetime.now(UTC) < timedelta(minutes=16)
        rows = database.execute("select picture_id, permission, issued_by from datastore.link").fetchall()
        assert rows == [(result.picture_id, "read", uuid.UUID(ana["user_id"]))]

    def test_it_opens_one_picture_for_reading(self, owner: Store, store: Store, ana: User) -> None:
        one, other = store.upload_pictures([(picture(1), None), (picture(2), None)], user_id=ana["user_id"])
        link = owner.link(one["picture_id"], minutes=1)["url"]
        assert _status(link) == 200
        assert _status(link.replace(one["picture_id"], other["picture_id"])) == 403
        assert _status(link, "PUT", b"1", {"x-ms-blob-type": "BlockBlob"}) == 403
        assert _status(link.partition("?")[0]) >= 400

    def test_for_those_who_may(
        self, owner: Store, store: Store, keyed: Store, ana: User, database: psycopg.Connection
    ) -> None:
        (uploaded,) = store.upload_pictures([(picture(1), None)], user_id=ana["user_id"])
        bob = store.register_user("bob@example.org")
        with pytest.raises(NotFound):
            store.link(uploaded["picture_id"], user_id=bob["user_id"])
        with pytest.raises(CannotSign, match="signs a link"):
            keyed.link(uploaded["picture_id"], user_id=ana["user_id"])
        with pytest.raises(InvalidDocument, match="between 1 and 60"):
            owner.link(uploaded["picture_id"], minutes=61)
        assert count(database, "select count(*) from datastore.link") == 0

    def test_the_command(self, store: Store, ana: User, environment: dict[str, str]) -> None:
        (uploaded,) = store.upload_pictures([(picture(1), None)], user_id=ana["user_id"])
        done = run(environment, "link", uploaded["picture_id"], "--user", "ana@example.org")
        assert (_status(done.out.strip()), done.err) == (200, "")
        alone = {name: value for name, value in environment.items() if name != "DATASTORE_STORAGE_CONNECTION_STRING"}
        refused = run(alone, "link", uploaded["picture_id"])
        assert (refused.status, refused.out) == (2, "")
        assert "DATASTORE_STORAGE_CONNECTION_STRING" in refused.err


def _status(url: str, method: str = "GET", data: bytes | None = None, headers: dict[str, str] | None = None) -> int:
    request = urllib.request.Request(url, data, headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


class TestInstance:
    @pytest.fixture
    def copy(self, ana: User, database_url: str, empty_database: str, postgres_bin: Path) -> str:
        """The database, restored beside the original."""
        dump = subprocess.run([postgres_bin / "pg_dump", "-Fc", database_url], capture_output=True, check=True)
        restore = [str(postgres_bin / "pg_restore"), "--exit-on-error", "-d", empty_database]
        subprocess.run(restore, input=dump.stdout, check=True, timeout=60)
        return empty_database

    def test_a_copy_touches_nothing_until_it_claims_it(
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
                assert "datastore-db keys claim" in str(refused[0].error)
            with pytest.raises(Conflict, match="belongs to another database"):
                restored.sweep()
            with pytest.raises(Conflict, match="belongs to another database"):
                restored.revoke_keys(container="ana@example.org")
            assert policies(service, ana).keys() == before
            assert owner.read_picture(uploaded["picture_id"])[0] == picture(1)

            assert restored.claim_containers()[0].error is None
            assert count(its, "select count(*) from datastore.container where claimed_at is not null") == 1
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

    def test_a_copy_that_cannot_see_it_is_told(self, ana: User, environment: dict[str, str]) -> None:
        was = run(environment, "instance").out.strip()
        now = run(environment, "instance", "--new").out.strip()
        assert was != now
        assert run(environment, "instance").out.strip() == now
        refused = run(environment, "keys", "renew", "ana@example.org")
        assert (refused.status, "keys claim" in refused.err) == (1, True)
        assert run(environment, "keys", "claim", "--all").status == 0
        assert run(environment, "keys", "renew", "ana@example.org").status == 0


class TestWhatGoesWrong:
    def upload(self, database_url: str, user: User) -> None:
        with connect(database_url) as store:
            store.upload_pictures([(picture(1), None)], user_id=user["user_id"])

    def test_a_lost_key_and_a_wrong_one_and_none(
        self, ana: User, database_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DATASTORE_KEK", new_key("k2"))
        with pytest.raises(CannotUnseal, match=r"'k1', and there is only 'k2'.*keys revoke --container user-"):
            self.upload(database_url, ana)
        monkeypatch.setenv("DATASTORE_KEK", new_key("k1"))
        with pytest.raises(CannotUnseal, match=r"'k1' is not the one.*keys revoke --container user-"):
            self.upload(database_url, ana)
        monkeypatch.delenv("DATASTORE_KEK")
        with pytest.raises(NoKey, match="DATASTORE_KEK is not set"):
            self.upload(database_url, ana)

    def test_what_to_do_about_a_lost_key_helps(
        self, ana: User, database_url: str, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DATASTORE_KEK", key := new_key("k2"))
        done = run(environment | {"DATASTORE_KEK": key}, "keys", "revoke", "--container", ana["container_name"])
        assert done.status == 0, done.err
        self.upload(database_url, ana)

    def test_a_ciphertext_that_was_changed_or_moved(
        self, store: Store, ana: User, database_url: str, database: psycopg.Connection
    ) -> None:
        store.register_user("bob@example.org")
        database.execute("""
            update datastore.container_key as one
            set kek_id = other.kek_id, nonce = other.nonce, ciphertext = other.ciphertext
            from datastore.container_key as other
            where other.container_id <> one.container_id and other.permission = one.permission
        """)
        with pytest.raises(CannotUnseal, match="sealed for something else"):
            self.upload(database_url, ana)
        database.execute("update datastore.container_key set ciphertext = set_byte(ciphertext, 90, 1)")
        with pytest.raises(CannotUnseal, match="it was changed since it was sealed"):
            self.upload(database_url, ana)

    @pytest.mark.parametrize("endpoint", ["https://evil.example.org", "https://evil.example.org/devstoreaccount1"])
    def test_an_endpoint_that_was_changed_gets_no_key(
        self, ana: User, database_url: str, database: psycopg.Connection, endpoint: str
    ) -> None:
        database.execute("update datastore.container set endpoint = %s", [endpoint])
        with pytest.raises(CannotUnseal, match="sealed for something else"):
            self.upload(database_url, ana)

    def test_nothing_is_sent_in_clear_but_on_this_machine(
        self, ana: User, database: psycopg.Connection, storage_connection_string: str, database_url: str
    ) -> None:
        for endpoint in ("http://example.org/a", "http://127.0.0.1.example.org", "http://127.0.0.1@evil.example.org"):
            with pytest.raises(psycopg.errors.CheckViolation):
                database.execute("update datastore.container set endpoint = %s", [endpoint])
            with pytest.raises(DatastoreError, match="neither https:// nor on this machine"):
                Connections().container(endpoint, "c", SecretText("sig=1"))
        elsewhere = re.sub(r"http://[^/]+", "http://example.org", storage_connection_string)
        with connect(database_url, elsewhere) as store, pytest.raises(DatastoreError, match="neither https://"):
            store.upload_pictures([(picture(1), None)], user_id=ana["user_id"])

    def test_a_key_that_does_not_open_is_replaced_where_one_can_be_made(
        self, ana: User, database_url: str, storage_connection_string: str, database: psycopg.Connection
    ) -> None:
        database.execute("update datastore.container_key set ciphertext = set_byte(ciphertext, 90, 1)")
        with connect(database_url, storage_connection_string) as store:
            (uploaded,) = store.upload_pictures([(picture(1), None)], user_id=ana["user_id"])
            assert store.read_picture(uploaded["picture_id"], user_id=ana["user_id"])[0] == picture(1)
        self.upload(database_url, ana)

    def test_keys_are_new_after_the_move_to_another_account(
        self, worker: Store, ana: User, database_url: str, database: psycopg.Connection
    ) -> None:
        database.execute("update datastore.container set endpoint = 'https://other.blob.core.windows.net'")
        (claimed,) = worker.claim_containers("ana@example.org")
        assert (claimed.error, sorted(claimed.issued)) == (None, ["read", "write"])
        self.upload(database_url, ana)

    def test_an_expired_key(
        self, ana: User, database_url: str, database: psycopg.Connection, service: BlobServiceClient
    ) -> None:
        found = policies(service, ana)
        client = service.get_container_client(ana["container_name"])
        over = datetime.now(UTC) - timedelta(minutes=1)
        client.set_container_access_policy(
            {
                name: AccessPolicy(permission=policy.permission, start=over - timedelta(days=1), expiry=over)
                for name, policy in found.items()
            }
        )
        with pytest.raises(KeyRefused, match=r"\(403 .*it is good from .* to .*run datastore-db keys renew"):
            self.upload(database_url, ana)
        database.execute("update datastore.container_key set starts_at = now() - interval '2 days', expires_at = now()")
        with pytest.raises(NotReady, match=r"has no key: run datastore-db keys renew user-"):
            self.upload(database_url, ana)

    def test_a_clock_that_is_twenty_minutes_off(
        self, ana: User, database_url: str, database: psycopg.Connection, service: BlobServiceClient
    ) -> None:
        """Storage's clock, as its answers tell it: this machine's cannot be set for a test."""
        service.get_container_client(ana["container_name"]).set_container_access_policy({})
        with Proxy(service.url, timedelta(minutes=-20)) as storage:
            database.execute("update datastore.container set endpoint = %s", [storage.url])
            with pytest.raises(KeyRefused, match=r"clock is 20 minutes ahead of the storage's.*set it right"):
                self.upload(database_url, ana)

    @pytest.mark.parametrize("what", ["write", "read", "list", "half-way", "no answer"])
    def test_no_error_keeps_a_key(
        self,
        store: Store,
        ana: User,
        database_url: str,
        database: psycopg.Connection,
        service: BlobServiceClient,
        tmp_path: Path,
        what: str,
    ) -> None:
        """Neither its message, nor what it came from, nor a variable of a function that it went through."""
        large = picture(1, "BMP", size=(4000, 3000)) if what == "half-way" else picture(1)
        folder = write_folder(tmp_path / "lot", {f"{n}.tiff": picture(n) for n in range(10)})
        store.upload_folder(folder, user_id=ana["user_id"])
        (stored,) = store.upload_pictures([(large, None)], user_id=ana["user_id"])
        secrets = [token(database, ana, permission) for permission in ("read", "write")]
        client = service.get_container_client(ana["container_name"])
        if what != "half-way":
            client.set_container_access_policy({})
        if what == "no answer":
            database.execute("update datastore.container set endpoint = 'http://127.0.0.1:9/devstoreaccount1'")
        with connect(database_url) as keyed:
            actions: dict[str, Callable[[], object]] = {
                "list": lambda: keyed.upload_folder(folder, user_id=ana["user_id"]),
                "read": lambda: keyed.read_picture(stored["picture_id"], user_id=ana["user_id"]),
                "half-way": lambda: asyncio.run(
                    self.read_half(database_url, ana, stored["picture_id"], client.delete_container)
                ),
            }
            action = actions.get(what, lambda: keyed.upload_pictures([(picture(2), None)], user_id=ana["user_id"]))
            with pytest.raises(DatastoreError) as raised:
                action()
        for kept in everything_kept_by(raised.value):
            for secret in secrets:
                assert secret.partition("sig=")[2].partition("&")[0] not in kept
                assert unquote(secret.partition("sig=")[2].partition("&")[0]) not in kept

    async def read_half(self, database_url: str, user: User, picture_id: str, then: Callable[[], None]) -> None:
        async with connect_async(database_url) as store:
            chunks, _ = await store.open_picture(picture_id, user_id=user["user_id"])
            await anext(chunks)
            then()
            async for _ in chunks:
                pass

    def test_no_error_keeps_the_account_key(self, database_url: str, storage_connection_string: str) -> None:
        secret = storage_connection_string.partition("AccountKey=")[2].partition(";")[0]
        broken = storage_connection_string.replace("AccountName=", "Name=").replace("BlobEndpoint=", "Endpoint=")
        with pytest.raises(DatastoreError, match="is not an Azure connection string") as raised:
            Account.connect(Connections(), SecretText(broken))
        assert not any(secret in kept for kept in everything_kept_by(raised.value))


def everything_kept_by(error: BaseException) -> Iterator[str]:
    """What a log of an error may show: its chain as text, and the variables of our functions."""
    yield "".join(traceback.format_exception(error, chain=True))
    seen: set[int] = set()
    left: list[BaseException | None] = [error]
    while left:
        one = left.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        assert not isinstance(one, AzureError)
        yield repr(one) + repr(vars(one))
        left += [one.__cause__, one.__context__]
        for frame, _ in traceback.walk_tb(one.__traceback__):
            if "tests" not in frame.f_code.co_filename:
                yield repr(frame.f_locals)


def test_no_log_shows_a_key(
    worker: Store,
    owner: Store,
    keyed: Store,
    ana: User,
    database: psycopg.Connection,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.DEBUG):
        (uploaded,) = keyed.upload_pictures([(picture(1), None)], user_id=ana["user_id"])
        keyed.read_picture(uploaded["picture_id"], user_id=ana["user_id"])
        worker.rotate_keys()
        link = owner.link(uploaded["picture_id"])
    assert "Request method: 'PUT'" in caplog.text
    assert ana["container_name"] in caplog.text
    shown = [token(database, ana, permission) for permission in ("read", "write")] + [link["url"]]
    for secret in shown:
        assert secret.partition("sig=")[2].partition("&")[0] not in caplog.text


def test_how_many_calls_a_container_costs(database_url: str, ana: User) -> None:
    """One where no key is known to the process, and none where one is."""
    from benchmarks.keys import calls_for_a_container

    assert calls_for_a_container(database_url, ana) == {"without": 1, "with": 0}


def test_names_that_azure_does_not_allow(environment: dict[str, str]) -> None:
    for tier in ("Dev", "dev_1", "dev--1", "-dev", "d" * 27):
        refused = run(environment, "register", "x@example.org", f"--tier={tier}")
        assert refused.status == 2
        assert "lower-case letters, digits and single hyphens, 26 characters at most" in refused.err
    assert run(environment, "register", "team@example.org", "--tier", "dev").status == 0
