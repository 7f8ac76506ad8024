"""Links end: with their time, with the sharing, by command."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from datastore_db import Store, connect
from datastore_db.aio import User
from datastore_db.storage.links import Link
from tests.storage.containers import status_at
from tests.support.commands import run
from tests.support.pictures import picture

pytestmark = pytest.mark.usefixtures("kek")


class TestEndOfLinks:
    @pytest.fixture
    def id_(self, acting: Store) -> str:
        return acting.upload_pictures([(picture(1), None)])[0]["picture_id"]

    @pytest.fixture
    def bobs(self, acting: Store, id_: str) -> Link:
        """A link to Ana's picture that Bob handed out, a member of a group with access."""
        bob = acting.register_user("bob@example.org")
        lab = acting.create_group("lab")
        acting.set_member(lab["group_id"], "bob@example.org", "reader")
        acting.join_group(lab["group_id"], user_id=bob["user_id"])
        acting.share(lab["group_id"])
        link = acting.link(id_, minutes=60, user_id=bob["user_id"])
        assert status_at(link["url"]) == 200
        self.lab_id = lab["group_id"]
        return link

    def test_a_link_lasts_an_hour_at_most(self, acting: Store, id_: str) -> None:
        link = acting.link(id_, minutes=60)
        ends = datetime.fromisoformat(link["expires_at"])
        assert timedelta(minutes=59) < ends - datetime.now(UTC) <= timedelta(minutes=60)
        assert "sp=" not in link["url"].partition("?")[2], "the policy says what it may do"
        assert "si=read-" in link["url"]

    def test_links_end_with_unshare(self, acting: Store, bobs: Link, id_: str) -> None:
        own = acting.link(id_)
        assert acting.unshare(self.lab_id)["ended_links"] == 2
        assert (status_at(bobs["url"]), status_at(own["url"])) == (403, 403)
        assert status_at(acting.link(id_)["url"]) == 200
        assert acting.read_picture(id_)[0] == picture(1)

    def test_links_end_with_unpublish(self, acting: Store, id_: str) -> None:
        carl = acting.register_user("carl@example.org")
        acting.publish()
        link = acting.link(id_, user_id=carl["user_id"])
        assert status_at(link["url"]) == 200
        assert acting.publish(False)["ended_links"] == 1
        assert status_at(link["url"]) == 403

    def test_links_of_the_owner_alone_stay(self, acting: Store, id_: str, database: psycopg.Connection) -> None:
        link = acting.link(id_)
        acting.publish()
        assert acting.publish(False)["ended_links"] == 0
        assert status_at(link["url"]) == 200

    def test_links_end_by_command(self, acting: Store, bobs: Link, environment: dict[str, str]) -> None:
        assert "open" in run(environment, "links", "ana@example.org").out
        done = run(environment, "keys", "revoke", "--links", "ana@example.org")
        assert (done.status, done.out) == (0, "revoked 1 link\n"), done.err
        assert status_at(bobs["url"]) == 403
        assert "open" not in run(environment, "links", "ana@example.org").out
        assert "revoked" in run(environment, "links", "ana@example.org", "--all").out
        assert run(environment, "keys", "revoke", "--links", "ana@example.org").out == "revoked 0 links\n"

    def test_links_end_with_the_keys_of_the_container(self, acting: Store, bobs: Link) -> None:
        acting.revoke_keys(container="ana@example.org")
        assert status_at(bobs["url"]) == 403
        (listed,) = acting.links(include_past=True)
        assert (listed["state"], listed["is_revocable"], listed["permission"]) == ("revoked", True, "read")

    def test_links_stay_after_a_rotation(
        self, acting: Store, worker: Store, bobs: Link, database: psycopg.Connection
    ) -> None:
        worker.rotate_keys("ana@example.org")
        assert status_at(bobs["url"]) == 200

    def test_without_credentials_a_later_renewal_ends_links(
        self, acting: Store, worker: Store, bobs: Link, database_url: str, ana: User, caplog: pytest.LogCaptureFixture
    ) -> None:
        with connect(database_url) as backend:
            assert backend.unshare(self.lab_id, user_id=ana["user_id"])["ended_links"] == 1
        assert "datastore-db keys renew ends them" in caplog.text
        assert status_at(bobs["url"]) == 200
        worker.renew_keys()
        assert status_at(bobs["url"]) == 403

    def test_a_user_revokes_only_their_own_links(self, acting: Store, bobs: Link) -> None:
        bob = acting.find_user("bob@example.org")
        assert len(acting.links(user_id=bob["user_id"])) == 1
        assert acting.revoke_links("ana@example.org", user_id=bob["user_id"])["links"] == 0
        assert status_at(bobs["url"]) == 200

    def test_without_policies_a_link_ends_by_itself(
        self, acting: Store, id_: str, database: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        database.execute("update datastore.container_key set revoked_at = now()")
        link = acting.link(id_)
        assert (status_at(link["url"]), "si=" in link["url"]) == (200, False)
        assert acting.links()[0]["is_revocable"] is False
