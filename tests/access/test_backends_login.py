"""SQL with the backend's login reads the rows of its users, and no others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest

from datastore_db import CannotSign, NotAllowed, NotReady, connect
from datastore_db.sealing.key_ring import new_key
from tests.access.sessions import acts, refused, rows
from tests.support.inferences import boxes_of
from tests.support.people import World
from tests.support.pictures import EXAMPLE, picture

DOCS = Path(__file__).parents[2] / "docs"


class TestBackend:
    def test_a_login_without_an_acting_user_sees_nothing(self, backend: psycopg.Connection, world: World) -> None:
        assert rows(backend, "select count(*) from datastore.picture") == [(0,)]
        assert rows(backend, "select datastore.rebuild_containers()") == [([],)]
        one_statement = "select datastore.rebuild_picture(%s) ->> 'picture_id' from datastore.act_as(%s)"
        ids = [world.anas["picture_id"], world.users["reader"]["user_id"]]
        assert rows(backend, one_statement, *ids) == [(world.anas["picture_id"],)]
        # Nothing of it is left behind.
        assert rows(backend, "select count(*) from datastore.picture") == [(0,)]
        assert rows(backend, "select datastore.acting_user()") == [(None,)]

    def test_the_acting_user_may_change_within_a_transaction(self, backend: psycopg.Connection, world: World) -> None:
        """The backend names the acting user, and is believed (docs/security.md). So is the setting behind it."""
        with backend.transaction():
            acts(backend, world, "stranger")
            assert rows(
                backend, "select count(*) from datastore.picture where container_id = %s", world.anas["container_id"]
            ) == [(0,)]
            acts(backend, world, "owner")
            assert rows(
                backend,
                "select count(*) > 0 from datastore.picture where container_id = %s",
                world.anas["container_id"],
            ) == [(True,)]
            setting = " ".join(world.users["stranger"][key] for key in ("user_id", "container_id"))
            backend.execute("select set_config('datastore.acting', %s, true)", [setting])
            assert rows(
                backend, "select count(*) from datastore.picture where container_id = %s", world.anas["container_id"]
            ) == [(0,)]

    @pytest.mark.parametrize("statement", [
        "set role datastore_owner", "set role datastore_worker", "set session authorization postgres",
        "alter table datastore.picture disable row level security", "drop policy app_reads on datastore.picture",
        "alter role datastore_app bypassrls", "grant datastore_worker to current_user",
        "create or replace function datastore.acting_user() returns uuid language sql as 'select null::uuid'",
        "create table datastore.mine ()", "insert into datastore.user_account (email) values ('a@example.org')",
        "update datastore.container set user_id = gen_random_uuid()", "truncate datastore.picture",
        "update datastore.picture set container_id = gen_random_uuid()", "copy datastore.picture to program 'cat'",
        "insert into datastore.document_schema values ('picture', 2, '{}')", "delete from datastore.user_account",
    ])  # fmt: skip
    def test_the_login_has_no_further_rights(self, backend: psycopg.Connection, world: World, statement: str) -> None:
        with backend.transaction(force_rollback=True), refused("42501"):
            acts(backend, world, "stranger")
            backend.execute(statement.encode())

    def test_another_login_has_no_rights(self, urls: dict[str, str], world: World) -> None:
        with pytest.raises(NotAllowed, match=r"docs/access\.md"):
            connect(urls["nothing"])
        with connect(urls["nothing"], as_role="owner") as store, pytest.raises(NotAllowed, match=r"docs/access\.md"):
            store.picture(world.anas["picture_id"], user_id=world.users["owner"]["user_id"])

    def test_an_analyst_reads_all_but_keys(self, urls: dict[str, str], world: World) -> None:
        with psycopg.connect(urls["reader"], autocommit=True) as reader:
            assert rows(reader, "select count(*) > 5 from datastore.history") == [(True,)]
            assert rows(reader, "select datastore.rebuild_picture(%s) ->> 'picture_id'", world.anas["picture_id"])
            for statement in (
                "select * from datastore.model_secret",
                "delete from datastore.picture",
                "select datastore.register_user('eve@example.org')",
                "select datastore.update_picture(picture_id, '{}') from datastore.picture",
            ):
                with refused("42501"):
                    reader.execute(statement.encode())


def test_a_backend_works_with_its_login_and_the_key_alone(
    urls: dict[str, str],
    database: psycopg.Connection,
    database_url: str,
    storage_connection_string: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In `datastore_app` and nothing else, and without the storage account's credentials."""
    monkeypatch.setenv("DATASTORE_KEK", new_key())
    with connect(urls["app"]) as backend:
        ana = backend.register_user("ana@example.org")
        database.execute("select datastore.set_site_role('ana@example.org', 'administrator')")
        with backend.acting_as(ana["user_id"]):
            with pytest.raises(NotReady, match="keys renew"):
                backend.upload_folder(EXAMPLE)
            # Elsewhere, as a timer does it
            with connect(database_url, storage_connection_string, as_role="worker") as elsewhere:
                elsewhere.renew_keys()
            assert backend.upload_folder(EXAMPLE).counts == {"uploaded": 5, "refused": 1}
            assert backend.upload_folder(EXAMPLE).counts == {"unchanged": 5, "refused": 1}
            (stored,) = backend.upload_pictures([(picture(1), {"seed": "Lolium temulentum"})])
            assert backend.read_picture(stored["picture_id"])[0] == picture(1)
            backend.update_picture(stored["picture_id"], {"user_data": {"zoom": 7}, "metadata": {"mine": 1}})
            backend.create_picture_set({"name": "lot 7"})
            backend.import_pipelines(
                {
                    "pipelines": [{"pipeline_name": "P", "models": ["m"], "default": True}],
                    "models": [{"model_name": "m", "task": "classification", "api_key": "k", "endpoint": "e"}],
                }
            )
            assert str(backend.endpoints()[0]["api_key"]) == "k"
            pipelines: Any = backend.pipelines()
            backend.choose_pipeline(pipelines["pipelines"][0]["pipeline_id"])
            guessed = boxes_of([[("Lolium temulentum", 0.6), ("nobody's seed", 0.2)]]) | {"verified": True}
            answer: Any = backend.import_inference(stored["picture_id"], guessed)
            backend.import_inferences([(stored["picture_id"], boxes_of([[("Solanum nigrum", 0.6)]]))])
            drawn = {
                "boxId": "",
                "label": "Bromus japonicus",
                "box": {"topX": 1, "topY": 1, "bottomX": 2, "bottomY": 2},
            }
            boxes: Any = [{"boxId": answer["boxes"][0]["box_id"], "label": "Carduus nutans", "comment": "sure"}, drawn]
            verified: Any = backend.record_feedback({"inferenceId": answer["inference_id"], "boxes": boxes})
            assert verified["verified"] is True
            backend.reopen_inference(answer["inference_id"])
            unreviewed: Any = backend.unreviewed_seeds()
            known: Any = backend.find_seed_named("Bromus japonicus")
            backend.merge_seed(unreviewed["seeds"][0]["seed_id"], known["seed_id"])
            assert backend.evaluation()["verified_boxes"] == 2
            assert len(backend.folders()) == 4
            assert backend.review()["looked_at"] == 2
            assert backend.training()["seeds"]
            with pytest.raises(CannotSign):
                backend.link(stored["picture_id"])
    with pytest.raises(NotAllowed, match="datastore_worker"):
        connect(urls["app"], storage_connection_string, as_role="worker")


def test_a_worker_sweeps_and_renews(
    urls: dict[str, str],
    database: psycopg.Connection,
    storage_connection_string: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In `datastore_worker` and nothing else: it sees every container, and acts for no user."""
    monkeypatch.setenv("DATASTORE_KEK", new_key())
    with connect(urls["worker"], storage_connection_string, as_role="worker") as worker:
        ana = worker.register_user("ana@example.org")
        with connect(urls["app"]) as backend, backend.acting_as(ana["user_id"]):
            (stored,) = backend.upload_pictures([(picture(1), {})])
            worker.rotate_keys(overlap_hours=0)
            assert backend.read_picture(stored["picture_id"])[0] == picture(1)
        database.execute("delete from datastore.picture")
        database.execute("update datastore.blob_deletion set queued_at = now() - interval '1 day'")
        assert worker.sweep() == 1
        assert worker.rotate_key_encryption_key().problems == []
        assert worker.keys()
        with pytest.raises(NotAllowed):
            worker.folders(user_id=ana["user_id"])
