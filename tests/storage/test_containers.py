"""Containers: made with the user, made again, adopted, counted in calls."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import psycopg
import pytest
from azure.storage.blob import BlobServiceClient

from datastore_db import Conflict, NotReady, Store, connect
from datastore_db.aio import User
from datastore_db.storage.errors import KeyRefused
from tests.storage.containers import count, policies, token
from tests.support.commands import run
from tests.support.pictures import picture

pytestmark = pytest.mark.usefixtures("kek")


class TestContainers:
    def test_a_container_is_made_with_its_user_and_two_keys(
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

    def test_registering_again_changes_nothing(self, store: Store, ana: User, service: BlobServiceClient) -> None:
        before = policies(service, ana)
        assert store.register_user("ana@example.org") == ana
        assert policies(service, ana).keys() == before.keys()

    def test_a_container_is_pending_until_a_process_has_credentials(
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

    def test_a_removed_container_is_made_again(
        self, store: Store, keyed: Store, ana: User, service: BlobServiceClient
    ) -> None:
        service.delete_container(ana["container_name"])
        with pytest.raises((NotReady, KeyRefused), match=r"run datastore-db keys renew user-"):
            keyed.upload_pictures([(picture(1), None)], user_id=ana["user_id"])
        (uploaded,) = store.upload_pictures([(picture(2), None)], user_id=ana["user_id"])
        assert keyed.read_picture(uploaded["picture_id"], user_id=ana["user_id"])[0] == picture(2)
        assert len(policies(service, ana)) == 2

    def test_a_removed_container_is_made_again_by_the_command(
        self, keyed: Store, ana: User, service: BlobServiceClient, environment: dict[str, str]
    ) -> None:
        service.delete_container(ana["container_name"])
        done = run(environment, "keys", "renew", "ana@example.org")
        assert (done.status, done.out.splitlines()[0]) == (0, "1 container done"), done.err
        assert keyed.upload_pictures([(picture(1), None)], user_id=ana["user_id"])

    def test_an_existing_container_of_no_database_is_adopted(
        self, worker: Store, store: Store, keyed: Store, service: BlobServiceClient
    ) -> None:
        bob = keyed.register_user("bob@example.org")
        service.create_container(bob["container_name"], metadata={"mine": "yes"}).upload_blob("old", b"1")
        assert store.register_user("bob@example.org") == bob
        client = service.get_container_client(bob["container_name"])
        metadata = client.get_container_properties().metadata
        assert metadata == {"mine": "yes", "datastore_instance": worker.instance()}
        assert [blob.name for blob in client.list_blobs()] == ["old"]

    def test_a_container_of_another_database_is_not_adopted(
        self, worker: Store, store: Store, keyed: Store, service: BlobServiceClient
    ) -> None:
        bob = keyed.register_user("bob@example.org")
        client = service.create_container(bob["container_name"], metadata={"datastore_instance": str(uuid.uuid4())})
        with pytest.raises(Conflict, match="belongs to another database"):
            store.register_user("bob@example.org")
        assert client.get_container_access_policy()["signed_identifiers"] == []
        assert worker.take_over_containers("bob@example.org")[0].error is None
        assert keyed.upload_pictures([(picture(1), None)], user_id=bob["user_id"])

    def test_ten_registrations_at_once_make_one_container(
        self, database_url: str, storage_connection_string: str, database: psycopg.Connection
    ) -> None:
        def register(_: int) -> User:
            with connect(database_url, storage_connection_string) as store:
                return store.register_user("ana@example.org")

        with ThreadPoolExecutor(10) as pool:
            users = list(pool.map(register, range(10)))
        assert all(user == users[0] for user in users)
        assert count(database, "select count(*) from datastore.container_key") == 2

    def test_without_a_sealing_key_the_account_key_is_used(
        self, owner: Store, monkeypatch: pytest.MonkeyPatch, store: Store, database: psycopg.Connection
    ) -> None:
        monkeypatch.delenv("DATASTORE_KEK")
        ana = store.register_user("ana@example.org")
        (uploaded,) = store.upload_pictures([(picture(1), None)], user_id=ana["user_id"])
        assert owner.read_picture(uploaded["picture_id"])[0] == picture(1)
        assert count(database, "select count(*) from datastore.container_key") == 0

    def test_a_container_in_another_storage_account_is_left_until_taken_over(
        self, worker: Store, ana: User, database: psycopg.Connection, service: BlobServiceClient
    ) -> None:
        database.execute("update datastore.container set endpoint = 'https://other.blob.core.windows.net'")
        (refused,) = worker.renew_keys("ana@example.org")
        assert "is in the storage https://other.blob.core.windows.net" in str(refused.error)
        assert worker.take_over_containers("ana@example.org")[0].error is None
        assert worker.renew_keys("ana@example.org")[0].error is None


def test_how_many_calls_a_container_costs(database_url: str, ana: User) -> None:
    """One where no key is known to the process, and none where one is."""
    from benchmarks.keys import calls_for_a_container

    assert calls_for_a_container(database_url, ana) == {"without": 1, "with": 0}


def test_names_that_azure_does_not_allow_are_refused(environment: dict[str, str]) -> None:
    for tier in ("Dev", "dev_1", "dev--1", "-dev", "d" * 27):
        refused = run(environment, "register", "x@example.org", f"--tier={tier}")
        assert refused.status == 2
        assert "lower-case letters, digits and single hyphens, 26 characters at most" in refused.err
    assert run(environment, "register", "team@example.org", "--tier", "dev").status == 0
