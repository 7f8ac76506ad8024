"""The acting user in a web application: FastAPI's dependencies and endpoints, async and in threads."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, Header
from fastapi.testclient import TestClient

from datastore_db import NotAllowed, Store, aio, connect
from datastore_db.aio import User

# Stands for the check of a session or a signed token.
UserId = Annotated[str, Header(alias="user")]


@pytest.fixture
def people(store: Store) -> list[User]:
    return [store.register_user(f"{name}@example.org") for name in ("ana", "bob")]


@pytest.fixture
def client(database_url: str) -> Iterator[TestClient]:
    with TestClient(application(database_url)) as client:
        yield client


def application(database_url: str) -> FastAPI:
    """Every kind of dependency with every kind of endpoint, on an async store and on a blocking one."""
    stores: dict[str, Any] = {}

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with aio.connect(database_url) as stores["async"]:
            with connect(database_url) as stores["blocking"]:
                yield

    app = FastAPI(lifespan=lifespan)

    # The trap: this runs in a thread, and what it sets is gone there.
    def block_in_a_thread(user_id: UserId) -> Iterator[None]:
        with stores["async"].acting_as(user_id), stores["blocking"].acting_as(user_id):
            yield

    async def block_in_the_task(user_id: UserId) -> AsyncIterator[None]:
        with stores["async"].acting_as(user_id), stores["blocking"].acting_as(user_id):
            yield

    def bound_in_a_thread(user_id: UserId) -> dict[str, Any]:
        return {kind: store.for_user(user_id) for kind, store in stores.items()}

    async def bound_in_the_task(user_id: UserId) -> dict[str, Any]:
        return {kind: store.for_user(user_id) for kind, store in stores.items()}

    def bound_by_a_block_in_a_thread(user_id: UserId) -> Iterator[dict[str, Any]]:
        with stores["async"].acting_as(user_id) as mine, stores["blocking"].acting_as(user_id) as mine_too:
            yield {"async": mine, "blocking": mine_too}

    for dependency in (
        block_in_a_thread, block_in_the_task, bound_in_a_thread, bound_in_the_task, bound_by_a_block_in_a_thread
    ):  # fmt: skip
        name = dependency.__name__

        @app.get(f"/{name}/async")
        async def in_the_task(given: Any = Depends(dependency)) -> Any:
            return await (given or stores)["async"].folders()

        @app.get(f"/{name}/sync")
        def in_a_thread(given: Any = Depends(dependency)) -> Any:
            return (given or stores)["blocking"].folders()

    @app.get("/argument/async")
    async def argument_in_the_task(user_id: UserId) -> Any:
        return await stores["async"].folders(user_id=user_id)

    @app.get("/argument/sync")
    def argument_in_a_thread(user_id: UserId) -> Any:
        return stores["blocking"].folders(user_id=user_id)

    @app.get("/forgotten/async")
    async def forgotten_in_the_task() -> Any:
        return await stores["async"].folders()

    @app.get("/forgotten/sync")
    def forgotten_in_a_thread() -> Any:
        return stores["blocking"].folders()

    return app


def ask(client: TestClient, path: str, user: User) -> list[str]:
    answer = client.get(path, headers={"user": user["user_id"]})
    assert answer.status_code == 200, answer.text
    return [folder["picture_set_id"] for folder in answer.json()]


RIGHT = ["block_in_the_task", "bound_in_a_thread", "bound_in_the_task", "bound_by_a_block_in_a_thread", "argument"]


@pytest.mark.parametrize("endpoint", ["async", "sync"])
@pytest.mark.parametrize("dependency", RIGHT)
def test_each_request_has_its_own_acting_user(
    client: TestClient, people: list[User], dependency: str, endpoint: str
) -> None:
    for _ in range(3):
        for user in people:
            assert ask(client, f"/{dependency}/{endpoint}", user) == [user["picture_set_id"]]


@pytest.mark.parametrize("endpoint", ["async", "sync"])
@pytest.mark.parametrize("dependency", ["block_in_a_thread", "forgotten"])
def test_a_block_that_does_not_reach_the_endpoint_is_refused(
    client: TestClient, people: list[User], dependency: str, endpoint: str
) -> None:
    with pytest.raises(NotAllowed, match=r"needs an acting user.*for_user"):
        client.get(f"/{dependency}/{endpoint}", headers={"user": people[0]["user_id"]})
