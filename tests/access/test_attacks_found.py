"""Attacks by plain SQL with the backend's or the worker's login that worked once: each is tried as it was."""

from __future__ import annotations

import psycopg
import pytest

from tests.access.sessions import refused, rows
from tests.people import World

NO_ONE = "11111111-1111-4111-8111-111111111111"
VERDICT = (
    "insert into datastore.verdict (container_id, inference_id, box_id, is_current, said, said_by, outcome, label)"
    " values (%(container_id)s, %(inference_id)s, %(box_id)s, false, '{}', %(ana)s, 'species', 'x')"
)


def values(world: World) -> dict[str, object]:
    return world.anas | {"ana": world.users["owner"]["user_id"], "group_id": world.group_id}


def set_acting(session: psycopg.Connection, setting: str) -> None:
    session.execute("select set_config('datastore.acting', %s, true)", [setting])


class TestSetting:
    """Who acts is a setting that every session can write: it names a user with an account, and their own container."""

    def test_a_container_without_a_user_opens_nothing(self, backend: psycopg.Connection, world: World) -> None:
        with backend.transaction(force_rollback=True):
            set_acting(backend, f" {world.anas['container_id']}")
            assert rows(backend, "select datastore.acting_container()") == [(None,)]
            for table in ("container", "picture", "verdict", "picture_personal_data", "container_key"):
                assert rows(backend, f"select from datastore.{table} limit 1") == [], table
            changed = backend.execute("update datastore.picture set md5 = decode(repeat('00', 16), 'hex')").rowcount
            assert changed == 0
            with refused("42501"):
                backend.execute(VERDICT, values(world))

    @pytest.mark.parametrize("kind", ["stranger", "no one"])
    @pytest.mark.parametrize(("statement", "codes"), [
        ("select datastore.publish_container(true, %(container_id)s)", ["DS403"]),
        ("select datastore.share_personal_data(true, %(container_id)s)", ["DS403"]),
        ("select datastore.update_picture(%(picture_id)s, '{}')", ["DS403"]),
        ("insert into datastore.container_publication (container_id) values (%(container_id)s)", ["42501"]),
        (VERDICT, ["42501"]),
    ])  # fmt: skip
    def test_a_user_beside_the_container_of_another_changes_nothing(
        self, backend: psycopg.Connection, world: World, kind: str, statement: str, codes: list[str]
    ) -> None:
        user_id = NO_ONE if kind == "no one" else world.users[kind]["user_id"]
        with backend.transaction(force_rollback=True):
            set_acting(backend, f"{user_id} {world.anas['container_id']}")
            with refused(*codes):
                backend.execute(statement.encode(), values(world))

    def test_it_deletes_nothing_either(self, backend: psycopg.Connection, world: World) -> None:
        for kind in ("stranger", "owner"):
            with backend.transaction(force_rollback=True):
                set_acting(backend, f"{world.users[kind]['user_id']} {world.anas['container_id']}")
                call = "select datastore.remove_share(%(container_id)s, %(group_id)s)"
                found = backend.execute(call.encode(), values(world)).fetchone()
                assert found == (kind == "owner",)

    @pytest.mark.parametrize("call", [
        "set_site_role('bob@example.org', 'administrator')",
        "accept_seed((select seed_id from datastore.seed limit 1))",
        "recognise_models()",
        "import_pipelines('{\"pipelines\": [], \"models\": []}'::jsonb)",
    ])  # fmt: skip
    def test_a_user_without_an_account_has_no_site_role(
        self, backend: psycopg.Connection, world: World, call: str
    ) -> None:
        with backend.transaction(force_rollback=True), refused("DS403"):
            set_acting(backend, NO_ONE)
            backend.execute(f"select datastore.{call}".encode())


def test_workers_delete_no_stored_pictures(urls: dict[str, str], database: psycopg.Connection, world: World) -> None:
    stored = "select count(*) from datastore.picture where state <> 'pending'"
    before = rows(database, stored)
    with psycopg.connect(urls["worker"], autocommit=True) as worker:
        for statement in ("delete from datastore.picture", "lock table datastore.picture in access exclusive mode"):
            with refused("42501"), worker.transaction():
                worker.execute(statement.encode())
        assert rows(worker, "select datastore.delete_pending_pictures('-1 hour') > 0") == [(True,)]
    assert rows(database, stored) == before
