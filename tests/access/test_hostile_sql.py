"""What somebody gets who speaks SQL with the backend's login: their users' rows, and nothing else."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.json import Jsonb

from datastore_db import CannotSign, NotAllowed, NotReady, connect
from datastore_db.database.migrations import migrate
from datastore_db.resources import SQL
from datastore_db.sealing.key_ring import new_key
from tests.access.sessions import acts, refused, rows
from tests.conftest import make_url
from tests.support.inferences import boxes_of
from tests.support.people import ANAS, World, people
from tests.support.pictures import EXAMPLE, picture

DOCS = Path(__file__).parents[2] / "docs"


class TestBackend:
    def test_it_is_nobody_until_it_says_for_whom_it_asks(self, backend: psycopg.Connection, world: World) -> None:
        assert rows(backend, "select count(*) from datastore.picture") == [(0,)]
        assert rows(backend, "select datastore.rebuild_containers()") == [([],)]
        one_statement = "select datastore.rebuild_picture(%s) ->> 'picture_id' from datastore.act_as(%s)"
        ids = [world.anas["picture_id"], world.users["reader"]["user_id"]]
        assert rows(backend, one_statement, *ids) == [(world.anas["picture_id"],)]
        # Nothing of it is left behind.
        assert rows(backend, "select count(*) from datastore.picture") == [(0,)]
        assert rows(backend, "select datastore.acting_user()") == [(None,)]

    def test_who_acts_may_change_within_a_transaction(self, backend: psycopg.Connection, world: World) -> None:
        """The backend says who acts, and is believed: docs/security.md. So it is with the setting behind it."""
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
    def test_it_is_no_more_than_that(self, backend: psycopg.Connection, world: World, statement: str) -> None:
        with backend.transaction(force_rollback=True), refused("42501"):
            acts(backend, world, "stranger")
            backend.execute(statement.encode())

    def test_another_login_is_nothing(self, urls: dict[str, str], world: World) -> None:
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
            said: Any = [{"boxId": answer["boxes"][0]["box_id"], "label": "Carduus nutans", "comment": "sure"}, drawn]
            verified: Any = backend.record_feedback({"inferenceId": answer["inference_id"], "boxes": said})
            assert verified["verified"] is True
            backend.reopen_inference(answer["inference_id"])
            unreviewed: Any = backend.unreviewed_seeds()
            known: Any = backend.find_species("Bromus japonicus")
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
    """In `datastore_worker` and nothing else: it sees every container, and acts for nobody."""
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


class TestMixedIds:
    """A document, or a row, that names things of two containers."""

    def test_rows_that_point_across(self, backend: psycopg.Connection, world: World) -> None:
        stranger = world.users["stranger"]
        points_across = [
            ("picture_set_id", "picture (container_id, picture_set_id) values (%s, %s)"),
            ("picture_id", "inference (container_id, picture_id, document) values (%s, %s, '{\"boxes\": []}')"),
            ("inference_id", "box (container_id, inference_id, position, document) values (%s, %s, 1, '{}')"),
        ]  # fmt: skip
        for key, statement in points_across:
            with backend.transaction(force_rollback=True), refused("23503", "23514"):
                acts(backend, world, "stranger")
                backend.execute(
                    f"insert into datastore.{statement}".encode(), [stranger["container_id"], world.anas[key]]
                )

    def test_batches(self, backend: psycopg.Connection, world: World) -> None:
        with backend.transaction():
            acts(backend, world, "stranger")
            row = backend.execute(
                "select datastore.announce_pictures(%s, '[{}]') #>> '{0,picture_id}'",
                [world.users["stranger"]["picture_set_id"]],
            ).fetchone()
        assert row is not None
        both = [row[0], world.anas["picture_id"]]
        documents = [{"picture_id": id_, "document": {"boxes": [], "totalBoxes": 0}} for id_ in both]
        feedback = {"inferenceId": world.pias["inference_id"], "boxes": [{"boxId": world.anas["box_id"]}]}
        for function, document in [
            ("confirm_pictures", [{"picture_id": id_} for id_ in both]),
            ("import_inferences", documents),
            ("record_feedback", {"inferenceId": world.anas["inference_id"], "boxes": []}),
        ]:
            with backend.transaction(force_rollback=True), refused("DS404"):
                acts(backend, world, "stranger")
                backend.execute(f"select datastore.{function}(%s)".encode(), [Jsonb(document)])
        with backend.transaction(force_rollback=True), refused("DS404"):
            acts(backend, world, "publisher")
            backend.execute("select datastore.record_feedback(%s)", [Jsonb(feedback)])
        assert rows(
            backend,
            "select datastore.rebuild_picture(%s) from datastore.act_as(%s)",
            row[0],
            world.users["stranger"]["user_id"],
        )

    def test_a_container_that_is_named_beside_an_id_of_another(self, backend: psycopg.Connection, world: World) -> None:
        call = "select datastore.rebuild_picture(%s, %s) from datastore.act_as(%s)"
        stranger = world.users["stranger"]
        with refused("DS404"):
            backend.execute(call, [world.anas["picture_id"], stranger["container_id"], stranger["user_id"]])


class TestShadows:
    """Functions, operators and tables under the names that the functions use, in front of the search path."""

    @pytest.fixture
    def shadowed(
        self, database: psycopg.Connection, backend: psycopg.Connection, logins: dict[str, str]
    ) -> psycopg.Connection:
        database.execute(
            sql.SQL("create schema evil authorization {}; grant create, usage on schema public to {}").format(
                sql.Identifier(logins["app"]), sql.Identifier(logins["app"])
            )
        )
        for schema in ("evil", "public"):
            for statement in (
                # Everything is equal to everything, is set, and exists.
                "create function {0}.yes(uuid, uuid) returns boolean language sql immutable as 'select true'",
                "create operator {0}.= (leftarg = uuid, rightarg = uuid, function = {0}.yes)",
                "create function {0}.yes(text, text) returns boolean language sql immutable as 'select true'",
                "create operator {0}.= (leftarg = text, rightarg = text, function = {0}.yes)",
                "create operator {0}.<> (leftarg = text, rightarg = text, function = {0}.yes)",
                "create function {0}.current_setting(text, boolean) returns text language sql as 'select null::text'",
                "create function {0}.set_config(text, text, boolean) returns text language sql as 'select null::text'",
                "create function {0}.now() returns timestamptz language sql as 'select null::timestamptz'",
                "create function {0}.to_jsonb(anyelement) returns jsonb language sql as 'select null::jsonb'",
                "create type {0}.uuid as (stolen text)",
                "create type {0}.jsonb as (stolen text)",
                "create table {0}.membership as select 1 as one",
            ):
                backend.execute(statement.format(schema).encode())
        for statement in (
            "create temporary table membership (user_id pg_catalog.uuid, group_id pg_catalog.uuid)",
            "create temporary table container_share (container_id pg_catalog.uuid, group_id pg_catalog.uuid)",
            "create temporary table history (container_id pg_catalog.uuid)",
            "create temporary table new_rows (container_id pg_catalog.uuid, picture_id pg_catalog.uuid)",
            "set search_path = pg_temp, evil, public, pg_catalog",
        ):
            backend.execute(statement.encode())
        return backend

    def test_nobody_elses_rows_are_seen(self, shadowed: psycopg.Connection, world: World) -> None:
        with shadowed.transaction():
            acts(shadowed, world, "stranger")
            for table in ("picture", "inference", "history", "picture_document", "verdict"):
                query = (
                    f"select count(*) from datastore.{table}"
                    " where container_id operator(pg_catalog.=) %s::pg_catalog.uuid"
                )
                assert rows(shadowed, query, world.anas["container_id"]) == [(0,)], table
            assert rows(shadowed, "select datastore.shared_containers('contributor')") == []
            assert rows(shadowed, "select count(*) from datastore.user_account") == [(2,)]

    def test_what_is_written_is_still_told_of(
        self, shadowed: psycopg.Connection, database: psycopg.Connection, world: World
    ) -> None:
        with shadowed.transaction():
            acts(shadowed, world, "owner")
            shadowed.execute(
                "update datastore.picture set document = '{\"user_data\": {}}'"
                " where picture_id operator(pg_catalog.=) %s::pg_catalog.uuid",
                [world.anas["picture_id"]],
            )
        told = rows(
            database,
            "select action, acted_by::text, before #>> '{user_data,description}' from datastore.history"
            " where entity_id = %s order by history_id desc limit 1",
            world.anas["picture_id"],
        )
        assert told == [("changed", world.users["owner"]["user_id"], ANAS)]

    @pytest.mark.parametrize(
        "document", [{"user_data": {"zoom": "big"}}, {"client_feedback": {"correct_identification": 1}}]
    )
    def test_what_is_not_valid_is_still_refused(
        self, shadowed: psycopg.Connection, world: World, document: dict[str, object]
    ) -> None:
        with shadowed.transaction(force_rollback=True), refused("23514"):
            acts(shadowed, world, "owner")
            shadowed.execute(
                "update datastore.picture set document = %s"
                " where picture_id operator(pg_catalog.=) %s::pg_catalog.uuid",
                [Jsonb(document), world.anas["picture_id"]],
            )


class TestOwner:
    """Whoever installs is no superuser: a login that may create roles, or is given those that are there."""

    @pytest.fixture
    def installer(self, server_url: str) -> Iterator[str]:
        name = f"installer_{os.getpid()}"
        with psycopg.connect(server_url, autocommit=True) as connection:
            role, home = sql.Identifier(name), sql.Identifier(f"{name}_home")
            connection.execute(
                sql.SQL("create role {} login createrole nosuperuser nobypassrls password 'hostile'").format(role)
            )
            connection.execute(sql.SQL("create database {} owner {}").format(home, role))
            yield make_url(server_url, user=name, password="hostile", dbname=f"{name}_home")
            connection.execute(sql.SQL("drop database {} with (force)").format(home))
            for part in ("owner", "worker", "app", "reader"):
                connection.execute(sql.SQL("drop role if exists {}").format(sql.Identifier(f"lab_{part}")))
            connection.execute(sql.SQL("drop role {}").format(role))

    @pytest.mark.parametrize("how", ["migrate", "psql"])
    def test_roles_of_their_own(self, installer: str, psql: str, how: str) -> None:
        options = "-cdatastore.role_prefix=lab"
        if how == "migrate":
            migrate(make_url(installer, options=options))
            migrate(installer)  # the database knows its prefix
        else:
            subprocess.run(
                [psql, "-qX", "-v", "ON_ERROR_STOP=1", "-d", installer, "-f", str(SQL / "install.sql")],
                env=os.environ | {"PGOPTIONS": options}, check=True, timeout=120,
            )  # fmt: skip
        with psycopg.connect(installer, autocommit=True) as connection:
            roles = rows(
                connection,
                "select distinct pg_get_userbyid(relowner) from pg_class"
                " where relnamespace = 'datastore'::regnamespace and relkind = 'r'",
            )
            assert roles == [("lab_owner",)]
            world = people(connection)
            acting = "select datastore.rebuild_picture(%s) ->> 'picture_id' from datastore.act_as(%s)"
            ids = [world.anas["picture_id"], world.users["owner"]["user_id"]]
            assert rows(connection, acting, *ids) == [(world.anas["picture_id"],)]
            with refused("DS404"):
                rows(connection, acting, ids[0], world.users["stranger"]["user_id"])

    def test_who_may_not_make_roles_makes_the_rest(
        self, installer: str, server_url: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        name = str(conninfo_to_dict(installer)["user"])
        url = make_url(installer, options="-cdatastore.role_prefix=lab")
        with psycopg.connect(server_url, autocommit=True) as dba:
            dba.execute(sql.SQL("alter role {} nocreaterole").format(sql.Identifier(name)))
            migrate(url)
            assert "create role lab_app nologin" in caplog.text
            with psycopg.connect(installer, autocommit=True) as connection:
                user = rows(connection, "select datastore.register_user('ana@example.org') ->> 'user_id'")[0][0]
                with refused("DS403"):
                    connection.execute("select datastore.act_as(%s)", [user])
                for part in ("owner", "worker", "app", "reader"):
                    dba.execute(f"create role lab_{part} nologin; grant lab_{part} to {name}".encode())
                migrate(installer)
                acting = "select jsonb_array_length(datastore.rebuild_folders()) from datastore.act_as(%s)"
                assert rows(connection, acting, user) == [(1,)]

    def test_a_backfill_touches_every_row(self, installer: str) -> None:
        migrate(make_url(installer, options="-cdatastore.role_prefix=lab"))
        with psycopg.connect(installer, autocommit=True) as connection:
            people(connection)
            count = rows(connection, "select count(*) from datastore.box")
            connection.execute("alter table datastore.box add column backfilled boolean")
            done = connection.execute("update datastore.box set backfilled = true").rowcount
        assert [(done,)] == count != [(0,)]
