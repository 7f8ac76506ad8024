"""Keys are renewed before they end, by one process at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import psycopg
import pytest
from azure.storage.blob import BlobServiceClient

from datastore_db import Store, connect
from datastore_db.aio import User
from tests.storage.containers import NEAR_ITS_END, blobs_of, count, opened, policies, status_of, token
from tests.support.pictures import picture

pytestmark = pytest.mark.usefixtures("kek")


class TestRenewal:
    def test_of_ten_processes_one_renews(
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

    def test_an_upload_renews_keys_in_the_background(
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

    def test_a_new_key_is_not_renewed(self, worker: Store, ana: User) -> None:
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

    def test_renewing_a_named_container_waits_for_its_turn(
        self, worker: Store, ana: User, database: psycopg.Connection
    ) -> None:
        database.execute(
            "insert into datastore.container_renewal (container_id, renewal_id, ends_at)"
            " select container_id, gen_random_uuid(), now() + interval '0.5 seconds' from datastore.container"
        )
        (done,) = worker.rotate_keys("ana@example.org")
        assert (done.error, sorted(done.issued)) == (None, ["read", "write"])

    def test_a_renewal_that_took_too_long_writes_nothing(self, ana: User, database: psycopg.Connection) -> None:
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

    def test_a_container_has_at_most_five_policies(
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
