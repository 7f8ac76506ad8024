"""Storage without an account key: an identity's tokens, and user delegation keys that sign keys and links."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from azure.core.exceptions import HttpResponseError

from datastore_db import InvalidDocument, Store
from tests.identity.containers import fetched, keys_of, opened, policies
from tests.support import identity
from tests.support.commands import run
from tests.support.identity import SecureStorage, TokenService
from tests.support.pictures import picture, write_folder

pytestmark = pytest.mark.usefixtures("kek")


class TestStorageByItsAddress:
    def test_a_folder_goes_up_and_comes_down_by_commands(
        self, tmp_path: Path, environment: dict[str, str], secure: SecureStorage, tokens: TokenService
    ) -> None:
        kek = {"DATASTORE_KEK": os.environ["DATASTORE_KEK"], "SSL_CERT_FILE": str(secure.certificate)}
        here = environment | kek | tokens.environment | {"DATASTORE_STORAGE_CONNECTION_STRING": secure.url}
        folder = write_folder(tmp_path / "folder", {"a.tiff": picture(1), "b.tiff": picture(2)})
        registered = run(here, "register", "ana@example.org", "--json")
        assert registered.status == 0, registered.err
        container = json.loads(registered.out)["container_name"]
        sent = run(here, "upload", folder, "--user", "ana@example.org")
        assert sent.status == 0, sent.err
        assert policies(secure, container) == []
        assert {resource for resource, _ in tokens.given} == {identity.STORAGE}

        # A backend beside it has neither an identity nor a key of the account: the keys in the database open it.
        backend = {name: value for name, value in here.items() if name not in tokens.environment}
        del backend["DATASTORE_STORAGE_CONNECTION_STRING"]
        listed = run(backend, "ls", "--json", "--user", "ana@example.org")
        assert listed.status == 0, listed.err
        (found,) = [folder for folder in json.loads(listed.out) if folder["pictures"]]
        came = run(backend, "download", found["picture_set_id"], tmp_path / "down", "--user", "ana@example.org")
        assert came.status == 0, came.err
        assert sorted(file.read_bytes() for file in (tmp_path / "down").rglob("*.tiff")) == sorted(
            [picture(1), picture(2)]
        )

        revoked = run(here, "keys", "revoke", "--container", "ana@example.org")
        assert revoked.status == 1
        assert "az storage account revoke-delegation-keys" in revoked.err
        answer = json.loads(run(here, "keys", "revoke", "--container", "ana@example.org", "--json").out)
        assert (answer["in_storage"], "until 20" in answer["to_do"]) == (False, True)

    def test_keys_live_a_day_and_have_only_their_permissions(
        self, by_identity: Store, secure: SecureStorage, database: psycopg.Connection
    ) -> None:
        ana = by_identity.register_user("ana@example.org")
        keys = keys_of(database)
        assert [key[:2] for key in keys] == [("read", None), ("write", None)]
        assert all(timedelta(hours=23) < key[2] <= timedelta(days=1) for key in keys)
        issued = {
            permission: opened(secure, str(by_identity.issue_key("ana@example.org", permission=permission)["url"]))
            for permission in ("write", "read")
        }
        issued["write"].upload_blob("x", b"1")
        assert issued["read"].download_blob("x").readall() == b"1"
        for refused in (
            lambda: issued["read"].upload_blob("y", b"1"),
            lambda: list(issued["read"].list_blobs()),
            lambda: issued["write"].delete_blob("x"),
        ):
            with pytest.raises(HttpResponseError):
                refused()
        assert policies(secure, ana["container_name"]) == []

    def test_a_key_for_a_person_lives_a_day_at_most(self, by_identity: Store) -> None:
        by_identity.register_user("ana@example.org")
        with pytest.raises(InvalidDocument) as refused:
            by_identity.issue_key("ana@example.org", hours=25)
        assert "1 day, because an identity signs the key" in refused.value.errors[0]["message"]

    def test_links_are_signed(self, by_identity: Store, secure: SecureStorage) -> None:
        ana = by_identity.register_user("ana@example.org")
        (uploaded,) = by_identity.upload_pictures([(picture(1), None)], user_id=ana["user_id"])
        link = by_identity.link(uploaded["picture_id"], user_id=ana["user_id"])
        assert fetched(secure, link["url"]) == picture(1)
        assert "skoid=" in link["url"]
        (known,) = by_identity.links(user_id=ana["user_id"])
        assert known["is_revocable"] is False
        revoked = by_identity.revoke_links("ana@example.org", user_id=ana["user_id"])
        assert (revoked["links"], revoked["to_do"]) == (0, None)

    def test_a_revoked_key_is_given_to_no_process_and_replaced(
        self, by_identity: Store, database: psycopg.Connection
    ) -> None:
        ana = by_identity.register_user("ana@example.org")
        revoked = by_identity.revoke_keys(container="ana@example.org")
        assert not revoked["in_storage"]
        assert [key["has_policy"] for key in revoked["keys"]] == [False, False]
        assert "until 20" in str(revoked["to_do"])
        assert "revoke-delegation-keys" in str(revoked["to_do"])
        states = {key["key_id"]: key["state"] for key in by_identity.keys("ana@example.org")}
        assert [states.pop(key["key_id"]) for key in revoked["keys"]] == ["revoked", "revoked"]
        assert list(states.values()) == ["current", "current"]
        assert by_identity.renew_keys() == []
        database.execute(
            "update datastore.container_key set starts_at = now() - interval '2 days', expires_at = now()"
            " where revoked_at is not null"
        )
        (done,) = by_identity.renew_keys()
        assert (done.issued, done.removed) == ([], 2)
        (uploaded,) = by_identity.upload_pictures([(picture(1), None)], user_id=ana["user_id"])
        assert uploaded["picture_id"]

    def test_revoking_all_keys_names_the_step_that_is_left(self, by_identity: Store) -> None:
        by_identity.register_user("ana@example.org")
        by_identity.register_user("bob@example.org")
        revoked = by_identity.revoke_all_keys()
        assert (len(revoked["keys"]), revoked["in_storage"]) == (4, False)
        assert "revoke-delegation-keys" in str(revoked["to_do"])

    def test_a_key_is_renewed_before_it_ends(self, by_identity: Store, database: psycopg.Connection) -> None:
        by_identity.register_user("ana@example.org")
        database.execute(
            "update datastore.container_key"
            " set starts_at = now() - interval '20 hours', expires_at = now() + interval '4 hours'"
        )
        (done,) = by_identity.renew_keys()
        assert sorted(done.issued) == ["read", "write"]
        assert len(keys_of(database)) == 4
        assert by_identity.renew_keys() == []


class TestFromAnAccountKeyToAnIdentity:
    def test_keys_with_policies_go_on_and_are_followed_by_keys_without(
        self, by_key: Store, by_identity: Store, secure: SecureStorage, database: psycopg.Connection
    ) -> None:
        ana = by_key.register_user("ana@example.org")
        names = policies(secure, ana["container_name"])
        assert len(names) == 2
        assert by_identity.renew_keys() == []
        (done,) = by_identity.rotate_keys()
        assert (done.error, sorted(done.issued)) == (None, ["read", "write"])
        assert policies(secure, ana["container_name"]) == names
        assert [key[1] is None for key in keys_of(database)] == [False, True, False, True]
        database.execute("update datastore.container_key set retires_at = now() where retires_at is not null")
        assert by_identity.renew_keys() == []
        (cleaned,) = by_key.renew_keys()
        assert cleaned.removed == 2
        assert policies(secure, ana["container_name"]) == []

    def test_a_policy_is_left_to_a_process_with_the_account_key(
        self, by_key: Store, by_identity: Store, secure: SecureStorage
    ) -> None:
        ana = by_key.register_user("ana@example.org")
        theirs = opened(secure, str(by_key.issue_key("ana@example.org", permission="write")["url"]))
        theirs.upload_blob("x", b"1")
        revoked = by_identity.revoke_keys(container="ana@example.org")
        assert not revoked["in_storage"]
        assert "datastore-db keys renew" in str(revoked["to_do"])
        theirs.upload_blob("y", b"1")
        by_key.renew_keys()
        with pytest.raises(HttpResponseError):
            theirs.upload_blob("z", b"1")
        assert policies(secure, ana["container_name"]) == []

    def test_keys_get_policies_again_with_the_account_key(
        self, by_key: Store, by_identity: Store, secure: SecureStorage
    ) -> None:
        ana = by_identity.register_user("ana@example.org")
        by_identity.upload_pictures([(picture(1), None)], user_id=ana["user_id"])
        (done,) = by_key.rotate_keys()
        assert sorted(done.issued) == ["read", "write"]
        assert len(policies(secure, ana["container_name"])) == 2
        by_key.upload_pictures([(picture(2), None)], user_id=ana["user_id"])
