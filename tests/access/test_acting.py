"""A store has an acting user or refuses: the roles that it is opened as, and the stores that are bound to a user."""

from __future__ import annotations

import asyncio
import contextvars
import os
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread
from typing import Any

import psycopg
import pytest
from psycopg import sql

from datastore_db import NotAllowed, Store, aio, connect
from datastore_db.aio import User
from datastore_db.database.calls import WITHOUT_ACTING_USER, AsRole, Database, _execute_as_worker, _statement
from datastore_db.database.url import DatabaseUrl
from tests.conftest import make_url
from tests.support.people import World
from tests.support.pictures import picture
from tests.support.storage import blobs


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The functions whose calls went to the database, from now on."""
    calls: list[str] = []
    send = Database._send

    async def noted(self: Database, query: sql.Composed, *rest: Any, **options: Any) -> Any:
        calls.append(query.as_string().partition('"."')[2].partition('"')[0])
        return await send(self, query, *rest, **options)

    monkeypatch.setattr(Database, "_send", noted)
    return calls


FORGOTTEN: list[Callable[[Store], object]] = [
    lambda store: store.folders(),
    lambda store: store.folders(user_id=None),
    lambda store: store.seeds(),
    lambda store: store.pipelines(),
    lambda store: store.endpoints(),
    lambda store: store.containers(),
    lambda store: store.audit(),
    lambda store: store.keys(),
    lambda store: store.evaluation(),
    lambda store: store.picture(uuid.uuid4()),
    lambda store: store.create_picture_set({}),
    lambda store: store.upload_pictures([(picture(1), {})]),
    # What works on all containers
    lambda store: store.sweep(),
    lambda store: store.renew_keys(),
    lambda store: store.take_over_containers(),
    lambda store: store.instance(),
    lambda store: store.new_instance(),
]


class TestWithoutAnActingUser:
    @pytest.mark.parametrize("call", FORGOTTEN)
    def test_a_call_without_an_acting_user_is_refused_before_it_is_sent(
        self, store: Store, sent: list[str], call: Callable[[Store], object]
    ) -> None:
        with pytest.raises(NotAllowed, match=r"for_user.*acting_as.*user_id.*as_role"):
            call(store)
        assert sent == []

    def test_only_a_worker_rotates_keys(self, store: Store, monkeypatch: pytest.MonkeyPatch, sent: list[str]) -> None:
        monkeypatch.setenv("DATASTORE_KEK", "k:" + "A" * 43 + "=")
        for rotate in (store.rotate_keys, store.rotate_key_encryption_key):
            with pytest.raises(NotAllowed, match="as_role"):
                rotate()
        assert sent == []

    @pytest.mark.parametrize("opened_as", ["app", "owner"])
    def test_a_store_for_the_user_none_is_refused(self, store: Store, owner: Store, opened_as: str) -> None:
        asked: Any = {"app": store, "owner": owner}[opened_as]
        with pytest.raises(NotAllowed, match="acting user is None"):
            asked.for_user(None)
        with pytest.raises(NotAllowed, match="acting user is None"), asked.acting_as(None):
            pass

    def test_register_user_and_find_user_need_no_acting_user(self, store: Store, sent: list[str]) -> None:
        user = store.register_user("Eve@example.org")
        assert store.find_user("eve@example.org") == user
        assert {function for function in sent if function in WITHOUT_ACTING_USER} == set(WITHOUT_ACTING_USER)


class TestRoles:
    @pytest.mark.parametrize(("as_role", "role"), [("app", "datastore_app"), ("worker", "datastore_worker")])
    def test_each_connection_takes_the_role(self, database_url: str, as_role: AsRole, role: str) -> None:
        async def use() -> list[object]:
            database = await Database.connect(DatabaseUrl(database_url), as_role=as_role, max_connections=4)
            together = asyncio.Barrier(4)

            async def ask() -> object:
                async with database._pool.connection() as connection:
                    await together.wait()
                    return await (await connection.execute("select current_user, pg_backend_pid()")).fetchone()

            try:
                return await asyncio.gather(*(ask() for _ in range(4)))
            finally:
                await database.close()

        found: list[Any] = asyncio.run(use())
        assert {user for user, _ in found} == {role}
        assert len({pid for _, pid in found}) == 4

    def test_the_owner_sees_all_and_the_worker_sees_all(
        self, store: Store, owner: Store, worker: Store, ana: User
    ) -> None:
        store.register_user("bob@example.org")
        assert len(store.folders(user_id=ana["user_id"])) == 1
        assert len(owner.folders()) == len(worker.folders()) == 2
        assert len(owner.folders(user_id=ana["user_id"])) == 1

    def test_a_worker_acts_for_no_user(self, worker: Store, ana: User, sent: list[str]) -> None:
        with pytest.raises(NotAllowed, match="acts for no user"):
            worker.folders(user_id=ana["user_id"])
        assert sent == []

    def test_an_unknown_role_is_refused(self, database_url: str) -> None:
        wrong: Any = "admin"
        with pytest.raises(Exception, match="as_role: expected app, worker, owner"):
            connect(database_url, as_role=wrong)

    @pytest.mark.parametrize(
        ("login", "as_role"),
        [("app", "worker"), ("worker", "app"), ("reader", "app"), ("reader", "worker"), ("nothing", "app")],
    )
    def test_a_login_that_may_not_take_the_role_is_refused(
        self, urls: dict[str, str], login: str, as_role: AsRole
    ) -> None:
        with pytest.raises(NotAllowed, match=rf"grant datastore_{as_role} to it.*docs/access\.md") as refused:
            connect(urls[login], as_role=as_role)
        assert "hostile" not in str(refused.value)

    def test_the_prefix_of_the_roles_can_be_set(self, server_url: str, make_database: Callable[[], str]) -> None:
        from datastore_db.database.migrations import migrate

        url = make_database()
        migrate(make_url(url, options=f"-c datastore.role_prefix=acting_{os.getpid()}"))
        try:
            with connect(url) as store, connect(url, as_role="worker") as worker:
                user = store.register_user("ana@example.org")
                assert len(store.folders(user_id=user["user_id"])) == len(worker.folders()) == 1
        finally:
            with psycopg.connect(url, autocommit=True) as connection:
                for part in ("owner", "worker", "app", "reader"):
                    role = f"acting_{os.getpid()}_{part}"
                    connection.execute(f"drop owned by {role} cascade; drop role {role}".encode())


@pytest.fixture
def both(server_url: str, urls: dict[str, str]) -> Iterator[str]:
    """A backend's login that is in the role of workers as well."""
    name = f"both_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(
            f"create role {name} login password 'hostile' in role datastore_app, datastore_worker".encode()
        )
        yield make_url(urls["app"], user=name)
        connection.execute(f"drop role {name}".encode())


@pytest.mark.parametrize("role", ["worker", "reader"])
def test_reports_of_all_containers(urls: dict[str, str], world: World, role: str) -> None:
    """Those that see every container may ask for every figure."""
    with connect(urls[role], as_role="worker" if role == "worker" else "owner") as store:
        assert store.evaluation()["verified_boxes"] == 6
        assert len(store.training()["seeds"]) > 2
        assert store.review()["looked_at"] == 4
        assert len(store.containers()) == 5


class TestWorkOfAWorkerDuringACall:
    """The work of a backend as worker for its users' containers."""

    def test_a_login_in_both_roles_makes_containers(self, both: str, storage_connection_string: str) -> None:
        with connect(both, storage_connection_string) as store:
            user = store.register_user("ana@example.org")
            (stored,) = store.upload_pictures([(picture(1), {})], user_id=user["user_id"])
            assert store.read_picture(stored["picture_id"], user_id=user["user_id"])[0] == picture(1)
            assert len(blobs(storage_connection_string, user["container_name"])) == 1
            with pytest.raises(NotAllowed, match="needs an acting user"):
                store.renew_keys()

    def test_a_login_in_one_role_leaves_containers_to_a_worker(
        self, urls: dict[str, str], storage_connection_string: str
    ) -> None:
        with connect(urls["app"], storage_connection_string) as store:
            user = store.register_user("ana@example.org")
            assert blobs(storage_connection_string, user["container_name"]) == {}
            with pytest.raises(NotAllowed, match=r"role datastore_worker, and app_\d+ is not in it"):
                store.upload_pictures([(picture(1), {})], user_id=user["user_id"])

    def test_the_role_ends_with_the_call(self, both: str, ana: User) -> None:
        async def use() -> None:
            database = await Database.connect(DatabaseUrl(both), max_connections=1)
            try:
                everything = await database.call_as_worker("rebuild_containers")
                assert isinstance(everything, list)
                assert len(everything) == 1
                async with database._pool.connection() as connection:
                    row = await (
                        await connection.execute(
                            "select current_user, current_setting('datastore.acting', true),"
                            " (select count(*) from datastore.container)"
                        )
                    ).fetchone()
                assert row == ("datastore_app", "", 0)
                for _ in range(7):  # also when its statements are prepared ones
                    assert await database.call_as_worker("own_instance") is not None
            finally:
                await database.close()

        asyncio.run(use())

    def test_taking_the_workers_role_and_a_call_are_one_round_trip(self, database_url: str, tmp_path: Path) -> None:
        query = _statement("own_instance", (), acts=False)

        async def use() -> None:
            database = await Database.connect(DatabaseUrl(database_url), max_connections=1)
            try:
                await database.call_as_worker("own_instance")  # what it has to learn about types
                async with database._pool.connection() as connection:
                    with (tmp_path / "trace").open("w") as file:
                        connection.pgconn.trace(file.fileno())
                        assert await _execute_as_worker(connection, query, {}) is not None
                        connection.pgconn.untrace()
            finally:
                await database.close()

        asyncio.run(use())
        traced = (tmp_path / "trace").read_text()
        assert traced.count("ReadyForQuery") == traced.count("\tSync") == 1


class TestBoundStores:
    def test_a_bound_store_goes_to_other_threads(self, store: Store, ana: User) -> None:
        bob = store.register_user("bob@example.org")
        with store.acting_as(ana["user_id"]) as mine, ThreadPoolExecutor(1) as pool:
            (folder,) = pool.submit(mine.folders).result()
            assert folder["picture_set_id"] == ana["picture_set_id"]
            with pytest.raises(NotAllowed):  # the block holds for its own thread
                pool.submit(store.folders).result()
            with store.acting_as(bob["user_id"]):
                assert mine.folders()[0]["picture_set_id"] == ana["picture_set_id"]
                assert store.folders()[0]["picture_set_id"] == bob["picture_set_id"]
            assert mine.folders(user_id=bob["user_id"])[0]["picture_set_id"] == bob["picture_set_id"]

    def test_a_bound_store_uploads_reads_and_lists(self, store: Store, ana: User) -> None:
        mine = store.for_user(ana["user_id"])
        assert type(mine) is type(store)
        (stored,) = mine.upload_pictures([(picture(1), {})])
        assert mine.read_picture(stored["picture_id"])[0] == picture(1)
        mine.close()  # it is not its to close
        with mine as same:
            assert same.folders()
        assert store.folders(user_id=ana["user_id"])

    def test_an_async_store_is_bound_as_well(self, database_url: str, ana: User) -> None:
        async def use() -> None:
            async with aio.connect(database_url) as store:
                mine = store.for_user(ana["user_id"])
                elsewhere = contextvars.Context().run(asyncio.create_task, mine.folders())
                folders = await elsewhere
                assert len(folders) == 1
                async with mine:
                    pass
                assert await mine.folders() == folders
                with pytest.raises(NotAllowed):
                    await store.folders()

        asyncio.run(use())

    def test_a_block_may_be_left_in_another_context(self, store: Store, ana: User) -> None:
        """As a framework does that runs both halves of a generator in threads with copies of the context."""
        block = store.acting_as(ana["user_id"])
        mine = contextvars.copy_context().run(block.__enter__)
        with pytest.raises(NotAllowed):
            store.folders()
        assert len(mine.folders()) == 1
        thread = Thread(target=lambda: contextvars.copy_context().run(block.__exit__, None, None, None))
        thread.start()
        thread.join()
        contextvars.copy_context().run(store.acting_as(ana["user_id"]).__enter__)
