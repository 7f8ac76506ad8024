"""Groups, sharing, and the history."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from datastore_db import Conflict, InvalidDocument, NotAllowed, NotFound, Store
from datastore_db.aio import User
from datastore_db.store.people_groups import Group
from datastore_db.upload import NewPicture
from tests.support.commands import run
from tests.support.pictures import picture


@pytest.fixture
def bob(store: Store) -> User:
    return store.register_user("bob@example.org")


@pytest.fixture
def lab(acting: Store) -> Group:
    """Ana's group."""
    return acting.create_group("Seed lab")


@pytest.fixture
def picture_id(acting: Store) -> str:
    (uploaded,) = acting.upload_pictures([(picture(), {"user_data": {"description": "Ana's"}})])
    return str(uploaded["picture_id"])


class TestGroups:
    def test_the_maker_of_a_group_owns_it(self, acting: Store, lab: Group, ana: User, bob: User) -> None:
        assert lab["members"] == [{"user_id": ana["user_id"], "email": ana["email"], "role": "owner", "accepted": True}]
        changed = acting.set_member(lab["group_id"], "BOB@example.org", "contributor")
        assert [(member["email"], member["role"]) for member in changed["members"]] == [
            ("ana@example.org", "owner"), ("bob@example.org", "contributor"),
        ]  # fmt: skip
        assert acting.set_member(lab["group_id"], bob["email"], "contributor") == changed
        # Until he joins, he sees its name and nothing of its members, and they see nothing of him.
        assert acting.groups(user_id=bob["user_id"]) == [
            {"group_id": lab["group_id"], "name": "Seed lab", "invited": True, "members": [], "containers": []}
        ]
        joined = acting.join_group(lab["group_id"], user_id=bob["user_id"])
        assert [member["accepted"] for member in joined["members"]] == [True, True]
        assert acting.groups() == acting.groups(user_id=bob["user_id"]) == [joined]

    def test_an_invitation_is_for_the_invited_user(self, acting: Store, lab: Group, bob: User) -> None:
        eve = acting.register_user("eve@example.org")
        acting.set_member(lab["group_id"], bob["email"], "contributor")
        with pytest.raises(NotFound):
            acting.join_group(lab["group_id"], user_id=eve["user_id"])
        with pytest.raises(NotAllowed):
            acting.share(lab["group_id"], user_id=bob["user_id"])
        acting.share(lab["group_id"])
        assert len(acting.containers(user_id=bob["user_id"])) == 1
        assert acting.remove_member(lab["group_id"], bob["email"], user_id=bob["user_id"]) is None
        with pytest.raises(NotFound):
            acting.join_group(lab["group_id"], user_id=bob["user_id"])

    def test_a_maker_who_left_a_group_gets_no_access_back(
        self, acting: Store, lab: Group, ana: User, bob: User
    ) -> None:
        acting.set_member(lab["group_id"], bob["email"], "owner")
        acting.join_group(lab["group_id"], user_id=bob["user_id"])
        acting.remove_member(lab["group_id"], ana["email"], user_id=bob["user_id"])
        assert acting.groups() == []
        with pytest.raises(NotFound):
            acting.set_member(lab["group_id"], ana["email"], "owner")

    def test_members_find_a_group_by_name_or_id(self, acting: Store, lab: Group, bob: User) -> None:
        assert acting.find_group("seed LAB") == acting.find_group(lab["group_id"]) == lab["group_id"]
        for name in ("Seed lab", lab["group_id"]):
            with pytest.raises(NotFound):
                acting.find_group(name, user_id=bob["user_id"])
        other = acting.create_group("Seed lab", user_id=bob["user_id"])
        acting.set_member(other["group_id"], "ana@example.org", user_id=bob["user_id"])
        with pytest.raises(Conflict, match=other["group_id"]):
            acting.find_group("Seed lab")

    def test_the_name_of_a_group_is_unique(self, acting: Store, lab: Group) -> None:
        with pytest.raises(Conflict):
            acting.create_group(" seed lab")
        with pytest.raises(InvalidDocument):
            acting.create_group("  ")

    def test_only_owners_manage_members(self, acting: Store, lab: Group, ana: User, bob: User) -> None:
        acting.set_member(lab["group_id"], bob["email"], "contributor")
        as_bob = bob["user_id"]
        acting.join_group(lab["group_id"], user_id=as_bob)
        with pytest.raises(NotAllowed):
            acting.set_member(lab["group_id"], bob["email"], "owner", user_id=as_bob)
        with pytest.raises(NotAllowed):
            acting.remove_member(lab["group_id"], ana["email"], user_id=as_bob)
        with pytest.raises(NotAllowed):
            acting.delete_group(lab["group_id"], user_id=as_bob)
        assert acting.remove_member(lab["group_id"], bob["email"], user_id=as_bob) is None
        with pytest.raises(NotFound):
            acting.set_member(lab["group_id"], bob["email"], user_id=as_bob)
        with pytest.raises(NotFound):
            acting.remove_member(lab["group_id"], bob["email"])

    def test_the_last_owner_stays(self, acting: Store, lab: Group, ana: User, bob: User) -> None:
        with pytest.raises(Conflict):
            acting.remove_member(lab["group_id"], ana["email"])
        with pytest.raises(Conflict):
            acting.set_member(lab["group_id"], ana["email"], "reader")
        acting.set_member(lab["group_id"], bob["email"], "owner")
        with pytest.raises(Conflict):
            acting.remove_member(lab["group_id"], ana["email"])
        acting.join_group(lab["group_id"], user_id=bob["user_id"])
        assert acting.remove_member(lab["group_id"], ana["email"]) is None

    def test_an_unknown_address_or_role_is_refused(self, acting: Store, lab: Group, bob: User) -> None:
        with pytest.raises(NotFound):
            acting.set_member(lab["group_id"], "nobody@example.org")
        with pytest.raises(InvalidDocument):
            acting.set_member(lab["group_id"], bob["email"], "king")


class TestShared:
    @pytest.fixture
    def shared(self, acting: Store, lab: Group, bob: User, picture_id: str) -> Iterator[Store]:
        """Bob acts, a contributor to Ana's container."""
        acting.set_member(lab["group_id"], bob["email"], "contributor")
        acting.join_group(lab["group_id"], user_id=bob["user_id"])
        acting.share(lab["group_id"])
        with acting.acting_as(bob["user_id"]):
            yield acting

    def test_contributors_see_and_change_a_shared_container(
        self, shared: Store, ana: User, bob: User, picture_id: str
    ) -> None:
        own, other = shared.containers()
        assert (own["email"], own["permission"]) == (bob["email"], "owner")
        assert (other["email"], other["permission"]) == (ana["email"], "contributor")
        assert [folder["folder_name"] for folder in shared.folders()] == ["General"]
        folder: Any
        (folder,) = shared.folders(other["container_id"])
        assert [listed["picture_id"] for listed in folder["pictures"]] == [picture_id]
        assert shared.read_picture(picture_id)[0] == picture()
        shared.update_picture(picture_id, {"user_data": {"description": "Bob's"}})
        changed: Any = shared.picture(picture_id, user_id=ana["user_id"])
        assert changed["audit_trail"]["edited_by"] == bob["user_id"]
        (mine,) = shared.upload_pictures(NewPicture(picture(7)), picture_set_id=folder["picture_set_id"])
        assert shared.picture(mine["picture_id"], user_id=ana["user_id"])["picture_set_id"] == folder["picture_set_id"]

    @pytest.mark.parametrize(("role", "share_role"), [("reader", "contributor"), ("contributor", "reader")])
    def test_readers_only_see_a_shared_container(
        self, acting: Store, lab: Group, ana: User, bob: User, picture_id: str, role: str, share_role: str
    ) -> None:
        acting.set_member(lab["group_id"], bob["email"], role)
        acting.join_group(lab["group_id"], user_id=bob["user_id"])
        acting.share(lab["group_id"], share_role)
        answer: Any = acting.import_inference(picture_id, {"boxes": [], "totalBoxes": 0})
        with acting.acting_as(bob["user_id"]):
            assert acting.read_picture(picture_id)[0] == picture()
            assert acting.containers()[1]["permission"] == "reader"
            refused: list[Callable[[], object]] = [
                lambda: acting.update_picture(picture_id, {}),
                lambda: acting.import_inference(picture_id, {"boxes": [], "totalBoxes": 0}),
                lambda: acting.import_inferences([(picture_id, {"boxes": [], "totalBoxes": 0})]),
                lambda: acting.record_feedback({"inferenceId": answer["inference_id"], "boxes": []}),
                lambda: acting.reopen_inference(answer["inference_id"]),
                lambda: acting.upload_pictures(NewPicture(picture(7)), picture_set_id=ana["picture_set_id"]),
            ]
            for change in refused:
                with pytest.raises(NotAllowed):
                    change()

    def test_unsharing_ends_access(self, shared: Store, lab: Group, ana: User, bob: User, picture_id: str) -> None:
        assert shared.unshare(lab["group_id"], user_id=ana["user_id"])["shared_with"] == []
        with pytest.raises(NotFound):
            shared.picture(picture_id)
        with pytest.raises(NotFound):
            shared.unshare(lab["group_id"], user_id=ana["user_id"])

    def test_only_its_owner_shares_it_and_with_groups_of_their_own(
        self, shared: Store, ana: User, bob: User, database: psycopg.Connection
    ) -> None:
        bobs = shared.create_group("Friends")
        query = "select datastore.share_container(%s, 'reader', %s) from datastore.act_as(%s)"
        with pytest.raises(psycopg.Error, check=lambda error: error.sqlstate == "DS403"):
            database.execute(query, [bobs["group_id"], ana["container_id"], bob["user_id"]])
        with pytest.raises(NotFound):
            shared.share(bobs["group_id"], user_id=ana["user_id"])

    def test_a_published_container_is_seen_by_every_user(
        self, acting: Store, ana: User, bob: User, picture_id: str
    ) -> None:
        assert acting.publish()["is_public"] is True
        assert acting.picture(picture_id, user_id=bob["user_id"])["picture_id"] == picture_id
        with pytest.raises(NotAllowed):
            acting.update_picture(picture_id, {}, user_id=bob["user_id"])
        assert acting.publish(False)["is_public"] is False
        with pytest.raises(NotFound):
            acting.picture(picture_id, user_id=bob["user_id"])

    def test_email_addresses_of_strangers_are_not_seen(self, acting: Store, database: psycopg.Connection) -> None:
        acting.register_user("eve@example.org")
        with database.transaction(force_rollback=True):
            acting_id = acting.find_user("ana@example.org")["user_id"]
            database.execute("select datastore.act_as(%s)", [acting_id])
            seen = database.execute("select email from datastore.user_account").fetchall()
        assert seen == [("ana@example.org",)]


class TestAudit:
    def test_the_history_names_user_and_action(
        self, acting: Store, lab: Group, ana: User, bob: User, picture_id: str
    ) -> None:
        acting.update_picture(picture_id, {"user_data": {"description": "again"}})
        acting.set_member(lab["group_id"], bob["email"])
        acting.share(lab["group_id"], "reader")
        acting.unshare(lab["group_id"])
        acting.publish()
        entries = [(item["action"], item["entity"]) for item in acting.audit()]
        assert entries[:6] == [
            ("published", "container_publication"), ("unshared", "container_share"), ("shared", "container_share"),
            ("invited", "membership"), ("changed", "picture"), ("created", "picture"),
        ]  # fmt: skip
        (changed, created) = acting.audit(picture_id)
        assert changed["before"]["user_data"] == {"description": "Ana's"}
        assert (created["by"], created["email"]) == (ana["user_id"], ana["email"])
        # A stranger sees nothing of it, a reader neither.
        assert {item["container_id"] for item in acting.audit(user_id=bob["user_id"])} == {bob["container_id"]}

    def test_the_history_names_the_login_of_a_dba(
        self, acting: Store, database: psycopg.Connection, picture_id: str
    ) -> None:
        database.execute("delete from datastore.picture")
        (deleted, _) = acting.audit(picture_id)
        assert (deleted["action"], "by" in deleted, deleted["database_user"]) == ("deleted", False, database.info.user)

    @pytest.mark.parametrize("role", ["app", "worker", "reader"])
    def test_no_role_but_the_owner_changes_the_history(self, database: psycopg.Connection, role: str) -> None:
        row = database.execute("select datastore.register_user('ana@example.org') ->> 'user_id'").fetchone()
        for statement in (
            "delete from datastore.history",
            "update datastore.history set acted_by = null",
            "truncate datastore.history",
            "insert into datastore.history (entity, entity_id, action) values ('picture', gen_random_uuid(), 'lie')",
            "alter table datastore.history disable trigger all",
            "drop trigger audit_update on datastore.picture",
        ):
            with database.transaction(force_rollback=True):
                if role == "app":
                    database.execute("select datastore.act_as(%s)", row)
                else:
                    database.execute(f"set local role datastore_{role}".encode())
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    database.execute(statement.encode())

    def test_the_caller_cannot_choose_the_author_of_a_row(
        self, acting: Store, database: psycopg.Connection, ana: User, picture_id: str
    ) -> None:
        someone = uuid.uuid4()
        for statement in (
            "update datastore.picture set edited_by = %s",
            "update datastore.picture set created_by = %s",
            "update datastore.verdict set given_by = %s",
        ):
            with database.transaction(force_rollback=True):
                database.execute("select datastore.act_as(%s)", [ana["user_id"]])
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    database.execute(statement.encode(), [someone])
        with database.transaction():
            database.execute("select datastore.act_as(%s)", [ana["user_id"]])
            database.execute("update datastore.picture set document = '{\"a\": 1}'")
        row = database.execute("select created_by::text, edited_by::text from datastore.picture").fetchone()
        assert row == (ana["user_id"], ana["user_id"])


def test_groups_and_sharing_on_the_command_line(environment: dict[str, str], picture_id: str, bob: User) -> None:
    as_ana = ("--user", "ana@example.org")
    assert "Seed lab" in run(environment, "group", "create", "Seed lab", *as_ana).out
    added = run(environment, "group", "add", "seed lab", "bob@example.org", "--role", "contributor", *as_ana)
    assert "bob@example.org  contributor, invited" in added.out
    joined = run(environment, "group", "join", "Seed lab", "--user", "bob@example.org")
    assert "ana@example.org  owner" in joined.out
    shared = run(environment, "share", "Seed lab", "--role", "reader", *as_ana)
    assert "is shared with Seed lab (reader)" in shared.out
    assert "bob@example.org (contributor)" in run(environment, "group", "ls", *as_ana).out
    listed = run(environment, "containers", "--user", "bob@example.org")
    assert (
        "ana@example.org  reader" in " ".join(listed.out.split("  ")).replace(" ana", "  ana") or "reader" in listed.out
    )
    entries = run(environment, "audit", picture_id, *as_ana)
    assert "created" in entries.out
    assert "ana@example.org" in entries.out
    assert "is not shared" in run(environment, "unshare", "Seed lab", *as_ana).out
    assert "every user (reader)" in run(environment, "share", "--public", *as_ana).out
    assert "is not shared" in run(environment, "unshare", "--public", *as_ana).out
    assert run(environment, "group", "delete", "Seed lab", *as_ana).status == 0
    assert run(environment, "share", "Seed lab", *as_ana).status == 2
    assert "expected a GROUP or --public" in run(environment, "share", *as_ana).err
    assert run(environment, "share", "Seed lab").status == 2
